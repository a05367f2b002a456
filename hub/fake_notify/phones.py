"""The page of phones: read what the hub sent, answer it, and make the stand-in misbehave."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from hub.core.clock import LONDON
from hub.core.wording import clock_time, day_and_date
from hub.fake_notify.endpoints import fake
from hub.fake_notify.moods import MOOD_LABELS, Behaviour, Mood
from hub.fake_notify.records import Notification
from hub.fake_notify.rules import phone_fault, phone_key
from hub.fake_notify.store import FakeNotify

blueprint = Blueprint("phones", __name__, template_folder="templates")

PHONES_SHOWN = 24
EMAILS_SHOWN = 60
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_STATUS_WORDS = {
    "sending": "On its way",
    "sent": "Sent, no receipt",
    "delivered": "Delivered",
    "temporary-failure": "Not delivered: phone off or no signal",
    "permanent-failure": "Not delivered: number does not exist",
    "technical-failure": "Not delivered: technical fault",
}


@dataclass(frozen=True)
class Bubble:
    """One text in a thread; `mine` is from the phone's owner."""

    order: int
    at: datetime
    body: str
    mine: bool
    note: str


@dataclass
class Phone:
    """One number and its thread, newest text first."""

    key: str
    bubbles: list[Bubble]

    @property
    def number(self) -> str:
        """07700 900123, or +90 ... for numbers abroad."""
        if self.key.startswith("447") and len(self.key) == 12:
            return f"0{self.key[2:6]} {self.key[6:]}"
        return f"+{self.key}"


@blueprint.before_request
def only_from_here() -> None:
    """There is no sign-in: another site's page must not be able to send forms here."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


@blueprint.app_template_filter("linked")
def linked(text: str) -> Markup:
    """The text with its web addresses made into links; line breaks kept by the style sheet."""
    pieces: list[str | Markup] = []
    end = 0
    for found in _LINK.finditer(text):
        link = found.group(0)
        pieces += [text[end : found.start()], Markup('<a href="{0}" target="_blank">{0}</a>').format(link)]
        end = found.end()
    pieces.append(text[end:])
    return Markup().join(escape(piece) for piece in pieces)


@blueprint.app_template_filter("moment")
def moment(at: datetime) -> str:
    """Tuesday 12 January, 10:30am."""
    return f"{day_and_date(at.astimezone(LONDON).date())}, {clock_time(at)}"


@blueprint.get("/")
def index() -> str:
    """All phones, the one with the newest text first; `q` looks for digits or words."""
    query = request.args.get("q", "").strip()
    phones = [phone for phone in _phones(fake()) if _matches(phone, query)]
    return render_template(
        "fake_notify/phones.html",
        phones=phones[:PHONES_SHOWN],
        found=len(phones),
        query=query,
        refused=fake().refused_numbers,
        **_shared(),
    )


@blueprint.get("/emails")
def emails() -> str:
    """All e-mails, newest first."""
    sent = [one for one in reversed(fake().notifications) if one.kind == "email"]
    return render_template(
        "fake_notify/emails.html", emails=sent[:EMAILS_SHOWN], found=len(sent), **_shared()
    )


@blueprint.get("/pulse")
def pulse() -> Response:
    """A number that grows with every message; the page asks for it to know when to reload."""
    return jsonify({"changes": fake().changes})


@blueprint.post("/reply")
def reply() -> Response:
    """A text from a phone to the hub."""
    number, message = request.form.get("number", ""), request.form.get("message", "").strip()
    if phone_fault(number) or not message:
        return redirect(url_for("phones.index"))
    fake().reply(number, message[:1600])
    return redirect(url_for("phones.index", q=request.form.get("q") or None))


@blueprint.post("/refuse")
def refuse() -> Response:
    """Refuse one number from now on (400), or take it again."""
    key = phone_key(request.form.get("number", ""))
    fake().refused_numbers ^= {key}
    return redirect(url_for("phones.index", q=request.form.get("q") or None))


@blueprint.post("/mood")
def mood() -> Response:
    """Misbehave: `mood` and, optionally, for how many requests."""
    wanted = request.form.get("mood", "")
    remaining = request.form.get("count", "")
    if wanted not in set(Mood) or (remaining and not remaining.isdigit()):
        abort(400)
    fake().behaviour = Behaviour(Mood(wanted), int(remaining) if remaining else None)
    return redirect(url_for("phones.index"))


@blueprint.post("/forget")
def forget() -> Response:
    """Start over."""
    fake().forget()
    return redirect(url_for("phones.index"))


def _shared() -> dict[str, object]:
    state = fake()
    texts = sum(one.kind == "sms" for one in state.notifications)
    return {
        "moods": MOOD_LABELS,
        "mood_now": state.behaviour.mood,
        "changes": state.changes,
        "texts_total": texts,
        "emails_total": len(state.notifications) - texts,
        "hub_url": state.settings.hub_url,
    }


def _phones(state: FakeNotify) -> list[Phone]:
    threads: dict[str, list[Bubble]] = {}
    for one in list(state.notifications):
        if one.kind == "sms":
            threads.setdefault(phone_key(one.to), []).append(_from_hub(one))
    for text in list(state.received):
        bubble = Bubble(text.order, text.received_at, text.message, True, "")
        threads.setdefault(text.from_number, []).append(bubble)
    phones = [
        Phone(key, sorted(bubbles, key=lambda bubble: -bubble.order)) for key, bubbles in threads.items()
    ]
    return sorted(phones, key=lambda phone: -phone.bubbles[0].order)


def _from_hub(one: Notification) -> Bubble:
    parts = f" · {one.fragments} parts" if one.fragments > 1 else ""
    note = _STATUS_WORDS.get(one.status, one.status) + parts
    return Bubble(one.order, one.created_at, one.body, False, note)


def _matches(phone: Phone, query: str) -> bool:
    if not query:
        return True
    digits = re.sub(r"\D", "", query)
    if digits and not re.search(r"[a-z]", query, re.IGNORECASE):
        return phone_key(query) in phone.key or digits in phone.key
    return any(query.lower() in bubble.body.lower() for bubble in phone.bubbles)
