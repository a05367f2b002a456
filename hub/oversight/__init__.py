"""Oversight: who did what with whose record, the proof that nobody changed it since, emergency access."""
