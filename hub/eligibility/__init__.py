"""Whom public money may teach: dated age rules, the pots that pay, and evidence that was seen."""
