"""The shape of the code, checked where import-linter cannot."""
