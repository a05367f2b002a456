"""The pure shared kernel: standard library only, no database, no web."""
