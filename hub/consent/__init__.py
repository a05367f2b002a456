"""Permission: purposes, the exact words shown, what each learner agreed to, withdrawal."""
