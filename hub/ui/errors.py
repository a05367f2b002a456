"""Faults as a learner is told them, in the language of their pages."""

from flask import render_template, request

from hub.ui.speech import SHARED, spoken

_LEARNERS_PATHS = ("/l/", "/refer-yourself")
_KINDS = {404: "not_found", 410: "not_found", 429: "too_many"}
"""By status; other faults of ours are told as such, the rest as an answer that did not come through."""


def speaks_to_learner(path: str) -> bool:
    """Whether an address is one of a learner's own pages."""
    return path.startswith(_LEARNERS_PATHS)


def learners_error(status: int, reference: str | None) -> str:
    """The page that tells a learner what went wrong; the number to tell us where the fault is ours."""
    ours = status >= 500
    kind = "went_wrong" if ours else _KINDS.get(status, "not_taken")
    words = spoken(SHARED).context(lambda code: f"{request.path}?lang={code}")
    if request.method != "GET":
        words["languages"] = []  # what was sent cannot be asked for again
    return render_template(
        "ui/errors/learner.html", kind=kind, reference=reference if ours else None, **words
    )
