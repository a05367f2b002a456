"""The learner's own pages behind a personal link."""
