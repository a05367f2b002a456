"""People's rights over their data: access, correction, complaint, erasure, holds, breaches, retention."""
