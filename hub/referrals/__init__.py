"""Referrals: how a learner comes in (page, API, file), what becomes of the case, and who is told."""
