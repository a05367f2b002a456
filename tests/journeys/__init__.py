"""Whole stories in users' words, in a real browser."""
