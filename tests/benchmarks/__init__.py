"""Measured figures beside their targets: `make bench`, or `make bench ONLY=matching`."""
