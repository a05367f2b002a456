"""The tests; see README.md at the root for how they are laid out."""
