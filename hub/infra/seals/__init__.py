"""Seals over the audit: signed batches in a hash chain, and the proof that nothing was changed since."""
