"""Where GOV.UK Notify calls back. Quick, the same twice is once, and 5xx when the fault is ours (it tries again)."""

import hmac

from flask import request

from hub.core.errors import Conflict, NotSignedIn, Unavailable
from hub.infra.access import allow_public
from hub.infra.db import runtime, transaction
from hub.infra.http import api_blueprint
from hub.infra.sight import open_to_the_hub
from hub.messaging import service
from hub.messaging.domain import NewReceived, Receipt
from hub.messaging.schemas import DeliverySchema, ReceivedSchema

blueprint = api_blueprint(
    "messaging", __name__, "Callbacks of GOV.UK Notify: delivery receipts, texts received"
)


@blueprint.before_request
def require_token() -> None:
    """One of the tokens of `HUB_NOTIFY_TOKENS` (two while they are being changed), compared in constant time."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    matches = [hmac.compare_digest(given, token.encode()) for token in runtime().settings.notify_tokens]
    if not any(matches):
        raise NotSignedIn("Send the callback token: Authorization: Bearer <token>.")


@blueprint.post("/callbacks/notify/delivery")
@blueprint.doc(security=[{"callback": []}])
@blueprint.arguments(DeliverySchema)
@blueprint.response(204)
@allow_public
def delivery(receipt: Receipt) -> None:
    """What became of a message; a receipt about nothing of ours is taken and forgotten."""
    try:
        with transaction() as session:
            open_to_the_hub(session)  # the caller's token is the right to it
            service.note_receipts(session, [receipt], runtime().clock)
    except Conflict as error:
        raise Unavailable("Busy with this very message. Call again.") from error


@blueprint.post("/callbacks/notify/received")
@blueprint.doc(security=[{"callback": []}])
@blueprint.arguments(ReceivedSchema)
@blueprint.response(204)
@allow_public
def received(text: NewReceived) -> None:
    """A text from a phone."""
    try:
        with transaction() as session:
            open_to_the_hub(session)  # the caller's token is the right to it
            service.receive(session, text, runtime().clock)
    except Conflict as error:
        raise Unavailable("Busy with this very message. Call again.") from error
