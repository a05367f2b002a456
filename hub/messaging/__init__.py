"""Texts and e-mails to learners and staff, what became of them, and what people answered."""
