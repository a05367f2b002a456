"""Pages of the service itself that anyone may read, and its static files."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, render_template, request, send_from_directory

from hub.infra.access import allow_public
from hub.ui.assets import STATIC

_LONG = int(timedelta(days=365).total_seconds())
_SHORT = int(timedelta(hours=1).total_seconds())

blueprint = Blueprint("ui", __name__, template_folder="templates")


@blueprint.get("/static/ui/<path:filename>", endpoint="static")
@allow_public
def static_file(filename: str) -> Response:
    """Our own stylesheet and script, and the vendor files; kept for a year when the address has the hash."""
    answer = send_from_directory(STATIC, filename, max_age=_LONG if "v" in request.args else _SHORT)
    answer.cache_control.public = True
    return answer


@blueprint.get("/favicon.ico")
@allow_public
def favicon() -> Response:
    """Browsers ask for this address whatever the page says."""
    return send_from_directory(STATIC, "favicon.svg", max_age=_SHORT)


@blueprint.get("/privacy")
@allow_public
def privacy() -> str:
    """What is kept about people, why, for how long, and their rights."""
    return render_template("ui/privacy.html")


@blueprint.get("/accessibility")
@allow_public
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("ui/accessibility.html")


@blueprint.get("/help")
@allow_public
def help_page() -> str:
    """How the service works, in short, and whom to ask."""
    return render_template("ui/help.html")
