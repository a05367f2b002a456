"""The one blueprint that the page modules share, and what they all need of the request."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import segno
from flask import redirect, request, url_for
from markupsafe import Markup

from hub.accounts import service, sessions
from hub.accounts.domain.places import Where, device_of, place_of
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.infra.limits import network

blueprint = pages_blueprint("accounts", "hub.accounts")  # the templates stand beside the slice

View = TypeVar("View", bound=Callable[..., Any])


def here() -> Where:
    """The device and the named network of this request."""
    device = device_of(request.headers.get("User-Agent", ""))
    return Where(device, place_of(network(), runtime().settings.networks))


def safe_next(target: str | None) -> str:
    """Where to go after sign-in: a path of ours, never another site."""
    parts = urlsplit(target or "")
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc:
        return target
    return "/"


def proved(endpoint: str) -> Callable[[View], View]:
    """The view changes what protects an account: who gave no password and code for ten minutes gives them first, and
    comes back to the page `endpoint`. Stands above `allow`."""

    def declare(view: View) -> View:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> Any:
            token = sessions.token_of_request()
            with transaction() as session:
                is_fresh = token is not None and service.is_proved(session, token, runtime().clock)
            if is_fresh:
                return view(*args, **kwargs)
            known = {name: value for name, value in kwargs.items() if name in {"organisation_id", "user_id"}}
            return redirect(url_for("accounts.prove", next=url_for(endpoint, **known)))

        return cast(View, asked)

    return declare


def picture_of(address: str) -> Markup:
    """The address for an authenticator app as a QR code: SVG, inside the page."""
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(
        border=4, dark="#000", light="#fff", svgclass="hub-qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - segno's own drawing
