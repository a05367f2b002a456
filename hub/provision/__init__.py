"""Where English is taught: providers, venues, classes, and how many places are free."""
