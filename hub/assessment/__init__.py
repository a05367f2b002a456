"""Appointments and the common initial assessment."""
