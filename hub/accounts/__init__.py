"""Organisations, the people in them, their keys and sign-ins, and agreements to share."""
