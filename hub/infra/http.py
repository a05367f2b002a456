"""What both edges share: blueprints, entity tags, body paging, request ids."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import flask
from flask import Flask, Response, current_app, request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, post_dump
from webargs.flaskparser import FlaskParser

from hub.core.errors import Conflict, PreconditionNeeded, RuleBroken
from hub.infra.logs import request_id_var

_LONGEST_ID = 100
PAGE_SIZE = 50
LARGEST_PAGE = 200


def pages_blueprint(slice_name: str, import_name: str) -> flask.Blueprint:
    """Pages of a slice: blueprint `<slice>`, templates in the slice's own `templates` folder."""
    return flask.Blueprint(slice_name, import_name, template_folder="templates")


def asks(name: str, words: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    """A query parameter for the API's description: `@blueprint.doc(parameters=[asks("level", "...")])`."""
    kind = {"type": "string"} | schema
    return {"in": "query", "name": name, "description": words, "required": required, "schema": kind}


PAGING = (
    asks("limit", "How many items", type="integer", minimum=1, maximum=LARGEST_PAGE, default=PAGE_SIZE),
    asks("after", "`next` of the page before"),
)
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag you were given: 428 without it, 409 `stale` when the thing has changed since",
    "schema": {"type": "string"},
}


class _Parser(FlaskParser):
    def load_json(self, req: Any, schema: Any) -> Any:
        """The body; 400 too for what is JSON by the letter but cannot be read: nested without end, giant numbers."""
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError) as error:
            return self._handle_invalid_json_error(error, req)  # type: ignore[arg-type] # it only tells it


class _ApiBlueprint(SmorestBlueprint):  # type: ignore[misc] # flask-smorest carries no types
    ARGUMENTS_PARSER = _Parser()

    def arguments(self, schema: Any, **options: Any) -> Any:
        """As flask-smorest's, with one schema for all requests: webargs would make one for each."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    def route(self, rule: str, **options: Any) -> Any:
        """As flask-smorest's; a generated client names each call after its slice and view."""
        add = super().route(rule, **options)
        slice_name = self.name.removesuffix("_api")
        return lambda view: add(self.doc(operationId=f"{slice_name}_{view.__name__}")(view))


HOLD = "hub_hold"
"""Where `hub.app` installs what holds each answer against the table of fields and roles."""


class Out(Schema):
    """What goes out by the API: fields that the caller's role may not see are left out."""

    @post_dump
    def hold(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        keys = {one.data_key or name: name for name, one in self.fields.items()}
        seen: set[str] = current_app.extensions[HOLD](type(self), keys.values())
        return {key: value for key, value in data.items() if keys[key] in seen}


def api_blueprint(slice_name: str, import_name: str, description: str) -> SmorestBlueprint:
    """The JSON edge of a slice: blueprint `<slice>_api` below /api/v1."""
    return _ApiBlueprint(f"{slice_name}_api", import_name, url_prefix="/api/v1", description=description)


def etag(version: int) -> str:
    return f'"{version}"'


def with_etag(body: Any, version: int, status: int = 200) -> tuple[Any, int, dict[str, str]]:
    """An answer that names the version it shows."""
    return body, status, {"ETag": etag(version)}


def require_match(version: int) -> None:
    """The caller must say which version it changes: 428 without If-Match, 409 when it is stale."""
    given = request.headers.get("If-Match")
    if given is None:
        raise PreconditionNeeded("Send If-Match with the ETag you were given.")
    if given.removeprefix("W/").strip('"') != str(version):
        stale = Conflict("Somebody else changed this first. Read it again.", code="stale")
        stale.extra["current_version"] = version
        raise stale


def page_of(items: Sequence[Any], size: int, marker: Callable[[Any], Any]) -> dict[str, Any]:
    """`{"items": ..., "next": ...}` from up to `size` + 1 items; `next` marks the last one shown."""
    shown = list(items[:size])
    more = len(items) > size
    return {"items": shown, "next": _pack(marker(shown[-1])) if more else None}


def asked_page() -> tuple[Any | None, int]:
    """(marker to go on from, page size) of the request's `after` and `limit`."""
    after, limit = request.args.get("after"), request.args.get("limit", str(PAGE_SIZE))
    if not (limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= LARGEST_PAGE):
        raise RuleBroken(
            f"limit is a whole number from 1 to {LARGEST_PAGE}.", field="limit", code="invalid_input"
        )
    return (_unpack(after) if after else None), int(limit)


def page_number() -> int:
    """The page of a list that a person asked for (`?page=3`); 1 for anything that is no page."""
    text = request.args.get("page", "1")
    return max(int(text), 1) if text.isdecimal() and len(text) < 6 else 1


def _pack(marker: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(marker, default=str).encode()).decode().rstrip("=")


def _unpack(text: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        raise RuleBroken("after is not a marker from `next`.", field="after", code="invalid_input") from None


def install_request_ids(app: Flask) -> None:
    """Take or make an X-Request-Id, keep it for logs and audit, and echo it with X-Correlation-Id."""

    def take() -> None:
        given = request.headers.get("X-Request-Id", "")
        request_id_var.set(given if _harmless(given) else str(uuid4()))

    def echo(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id_var.get() or ""
        correlation = request.headers.get("X-Correlation-Id", "")
        if _harmless(correlation):
            response.headers["X-Correlation-Id"] = correlation
        return response

    app.before_request(take)
    app.after_request(echo)


def _harmless(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and all(c.isalnum() or c in "-_.:" for c in text) and text.isascii()


def as_uuid(text: str) -> UUID | None:
    """The UUID that a form or query sent, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
