"""The one waiting list: entries, priority, position, check-ins."""
