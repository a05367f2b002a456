"""A labelled borough and the measuring of recognition on it: independent of the scorer's own tables."""
