"""The HTTP endpoints of Notify, as far as the hub uses them."""

import time
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest

from hub.core.clock import SystemClock
from hub.fake_notify import rules
from hub.fake_notify.errors import NotifyError, bad_request
from hub.fake_notify.moods import SLOW_SECONDS, Mood, refusal
from hub.fake_notify.records import Notification, ReceivedText
from hub.fake_notify.store import PAGE_SIZE, FakeNotify, notify_time
from hub.fake_notify.tokens import check_token

blueprint = Blueprint("notify", __name__, url_prefix="/v2")

EXTENSION = "fake_notify"
LOST_HEADER = "X-Fake-Notify"  # tells the in-process transport that a real network would have given no answer


def fake() -> FakeNotify:
    """The state of this application."""
    found: FakeNotify = current_app.extensions[EXTENSION]
    return found


@blueprint.before_request
def authorise() -> None:
    """Every request carries a good token; moods that concern everybody come first."""
    mood = fake().behaviour.mood
    if mood is Mood.DOWN and request.method == "GET":
        raise NotifyError(503, "ServiceUnavailable", "Service unavailable")
    check_token(request.headers.get("Authorization"), fake().settings, SystemClock().now().timestamp())


@blueprint.errorhandler(NotifyError)
def answer_error(error: NotifyError) -> tuple[Response, int]:
    """Notify's error shape."""
    return jsonify(error.body()), error.status


@blueprint.post("/notifications/sms")
def send_sms() -> Response:
    """Accept a text."""
    mood = _mood("phone_number")
    payload = rules.check_sms(_json())
    if rules.phone_key(payload["phone_number"]) in fake().refused_numbers:
        raise NotifyError(400, "ValidationError", "phone_number Number is not valid")
    _check_template(payload, fake().settings.sms_template_id)
    body = rules.text_as_sent(rules.fill("((body))", payload.get("personalisation", {})))
    if len(body) > rules.TEXT_MAX:
        raise bad_request(f"Your message is too long. Text messages cannot be longer than {rules.TEXT_MAX}")
    one = fake().accept(_notification("sms", payload["phone_number"], body, None, payload))
    content = {"body": body, "from_number": fake().settings.sms_sender}
    return _accepted(one, content, mood)


@blueprint.post("/notifications/email")
def send_email() -> Response:
    """Accept an e-mail."""
    mood = _mood("email_address")
    payload = rules.check_email(_json())
    _check_template(payload, fake().settings.email_template_id)
    values = payload.get("personalisation", {})
    subject, body = rules.fill("((subject))", values), rules.fill("((body))", values)
    if len(body.encode()) > rules.EMAIL_MAX_BYTES:
        raise bad_request("Emails cannot be longer than 2000000 bytes.")
    one = fake().accept(_notification("email", payload["email_address"], body, subject, payload))
    content = {"body": body, "subject": subject, "from_email": fake().settings.email_sender}
    return _accepted(one, content, mood)


@blueprint.get("/notifications/<notification_id>")
def one_notification(notification_id: str) -> Response:
    """A message by id."""
    found = fake().find(notification_id)
    if found is None:
        raise NotifyError(404, "NoResultFound", "No result found")
    return jsonify(_dump(found))


@blueprint.get("/notifications")
def all_notifications() -> Response:
    """Messages by reference, status and type; pages of 250."""
    names = {"reference": "reference", "status": "status", "template_type": "kind"}
    wanted = {names[key]: value for key, value in request.args.items() if key in names}
    found = fake().page(wanted, request.args.get("older_than"))
    links = {"current": request.url}
    if found:
        links["next"] = f"{request.base_url}?older_than={found[-1].id}"
    return jsonify({"notifications": [_dump(one) for one in found], "links": links})


@blueprint.get("/received-text-messages")
def received_texts() -> Response:
    """Texts from the phones, newest first; pages of 250."""
    texts = list(reversed(fake().received))
    older_than = request.args.get("older_than")
    if older_than:
        places = [place for place, one in enumerate(texts) if one.id == older_than]
        texts = texts[places[0] + 1 :] if places else []
    texts = texts[:PAGE_SIZE]
    links = {"current": request.url}
    if texts:
        links["next"] = f"{request.base_url}?older_than={texts[-1].id}"
    return jsonify({"received_text_messages": [_dump_received(one) for one in texts], "links": links})


def _mood(recipient_field: str) -> Mood:
    mood = fake().behaviour.next_mood()
    error = refusal(mood, recipient_field)
    if error:
        raise error
    return mood


def _json() -> Any:
    try:
        return request.get_json(force=True)
    except BadRequest:
        raise bad_request("Invalid JSON supplied in POST data") from None


def _check_template(payload: Mapping[str, Any], known: str) -> None:
    if payload["template_id"] != known:
        raise bad_request("Template not found")


def _notification(
    kind: str, to: str, body: str, subject: str | None, payload: Mapping[str, Any]
) -> Notification:
    now = fake().clock.now()
    return Notification(kind, to, body, subject, payload.get("reference"), payload["template_id"], now)


def _accepted(one: Notification, content: dict[str, str], mood: Mood) -> Response:
    if mood is Mood.SLOW and not request.environ.get("hub.in_process"):
        time.sleep(SLOW_SECONDS)
    if mood is Mood.LOST_ANSWER:
        response = jsonify(NotifyError(504, "GatewayTimeout", "Gateway timeout").body())
        response.status_code = 504
        response.headers[LOST_HEADER] = "lost"
        return response
    host = request.host_url.rstrip("/")
    response = jsonify(
        {
            "id": one.id,
            "reference": one.reference,
            "content": content,
            "uri": f"{host}/v2/notifications/{one.id}",
            "template": {"id": one.template_id, "version": 1, "uri": f"{host}/v2/template/{one.template_id}"},
            "scheduled_for": None,
        }
    )
    response.status_code = 201
    return response


def _dump(one: Notification) -> dict[str, Any]:
    lines = {f"line_{number}": None for number in range(1, 7)}
    return {
        "id": one.id,
        "reference": one.reference,
        "email_address": one.to if one.kind == "email" else None,
        "phone_number": one.to if one.kind == "sms" else None,
        **lines,
        "postcode": None,
        "type": one.kind,
        "status": one.status,
        "template": {"id": one.template_id, "version": 1},
        "body": one.body,
        "subject": one.subject,
        "created_at": notify_time(one.created_at),
        "sent_at": notify_time(one.created_at),
        "completed_at": notify_time(one.completed_at),
        "scheduled_for": None,
    }


def _dump_received(one: ReceivedText) -> dict[str, Any]:
    settings = fake().settings
    return {
        "id": one.id,
        "user_number": one.from_number,
        "notify_number": settings.sms_sender.replace(" ", ""),
        "service_id": settings.service_id,
        "content": one.message,
        "created_at": notify_time(one.received_at),
    }
