"""Staff pages that look across the slices: my work, the board, one learner's page, search."""
