"""One shape of error for machines: problem+json (RFC 9457) with a stable `code` and errors by field."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, json
from marshmallow import Schema, fields

from hub.core.errors import HubError
from hub.infra.logs import request_id_var


class ProblemSchema(Schema):
    """How every refusal is told; `code` is stable, `errors` names fields as the request's body does."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True, metadata={"description": "What is wrong and how to put it right"})
    request_id = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.String())
    reference = fields.String(metadata={"description": "already_referred: the open referral's reference"})
    referral_id = fields.String(metadata={"description": "already_referred: the open referral's id"})
    retry_after = fields.Integer(metadata={"description": "too_many_requests: seconds to wait"})
    current_version = fields.Integer(metadata={"description": "stale: the version that is there now"})


def problem(error: HubError) -> Response:
    """The answer to an API request that ended in `error`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": request_id_var.get(),
    }
    if error.errors:
        body["errors"] = error.errors
    body.update(error.extra)
    return problem_response(body, error.status)


def problem_response(body: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def flatten(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as (`learner.postcode`, words) pairs."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            name = "" if key == "_schema" else str(key)
            yield from flatten(inner, f"{path}.{name}".strip(".") if name else path)
    elif isinstance(messages, list):
        for inner in messages:
            yield from flatten(inner, path)
    else:
        yield path or "body", str(messages)
