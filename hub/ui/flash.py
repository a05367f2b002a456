"""Messages shown once, at the top of the next page."""

from __future__ import annotations

from flask import flash


def success(message: str) -> None:
    """Tell the person on the next page that what they did worked ("Referral sent")."""
    flash(message, "success")


def notice(message: str) -> None:
    """Tell the person on the next page something they should know, neither success nor error."""
    flash(message, "notice")
