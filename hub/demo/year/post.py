"""Texts and e-mails through the real client to the stand-in, receipts, and what people answer."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from re import search
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.core.clock import SystemClock
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM, learner_actor
from hub.demo.people import SimPerson
from hub.demo.year.world import World
from hub.fake_notify.app import create_app, state_of
from hub.fake_notify.records import Callback, Notification
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.store import FakeNotify
from hub.fake_notify.transport import InProcessAdapter
from hub.infra.config import Settings
from hub.infra.db import handle, transaction
from hub.infra.outbox import Worker
from hub.infra.sms import notify_sender
from hub.learners import service as learners
from hub.learners.domain import LinkPurpose
from hub.matching import service as matching
from hub.matching.domain.offers import LearnerAnswer
from hub.messaging import service as messaging
from hub.messaging.domain import NewReceived, Receipt
from hub.waitlist import service as waitlist

BATCH = 200
_TOKEN = r"/l/([A-Za-z0-9_-]+)"  # noqa: S105 - a pattern
_REASONS = ("time", "location", "childcare", "work_or_caring")
_WORDS = ("Can I bring my son?", "I am at work now, please call later", "what time", "thank you so much")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody will do about a message: text `words`, or open the link of `token`."""

    person: SimPerson
    words: str = ""
    number: str = ""
    token: str = ""
    yes: bool = True


@dataclass(slots=True)
class Post:
    """The way out and back: the outbox worker, the stand-in, and answers that people have in mind."""

    world: World
    worker: Worker
    stand_in: FakeNotify
    answers: dict[date, list[Answer]] = field(default_factory=lambda: defaultdict(list))

    @staticmethod
    def open(world: World, settings: Settings) -> "Post":
        app = create_app(FakeSettings(rate_per_minute=1_000_000), world.clock)
        sender = notify_sender(settings, world.clock, InProcessAdapter(app))
        worker = Worker("demo", sender, world.clock, SystemClock())
        return Post(world, worker, state_of(app))

    def deliver(self) -> None:
        """Send what is due, take in receipts, and let people read."""
        while self.worker.drain(BATCH):
            pass
        self.stand_in.deliver_due(everything=True)
        self._take_in(self.stand_in.take_callbacks())
        sent = list(self.stand_in.notifications)
        self.stand_in.forget()
        self._read(sent)

    def _take_in(self, callbacks: list[Callback]) -> None:
        """Receipts together, then each text by itself, as the hub's API would be called."""
        receipts = [_receipt(one) for one in callbacks if one.kind == "delivery"]
        if receipts:
            with transaction(SYSTEM) as session:
                messaging.note_receipts(session, receipts, self.world.clock)
        texts = [_received(one) for one in callbacks if one.kind != "delivery"]
        if texts:
            with transaction(SYSTEM) as session:
                for text_ in texts:
                    messaging.receive(session, text_, self.world.clock)
                    handle(session)

    def _read(self, sent: list[Notification]) -> None:
        """Everybody looks at what came, and some will answer."""
        asked = self._asked([one.reference for one in sent if one.reference])
        for one in sent:
            if one.reference in asked:
                template, kind, learner_id = asked[one.reference]
                person = self.world.people.get(learner_id)
                if person is not None and not template.endswith("_reminder"):
                    self._think(person, one, kind)

    def _asked(self, references: list[str]) -> dict[str, tuple[str, str | None, UUID]]:
        if not references:
            return {}
        with transaction(SYSTEM) as session:
            rows = session.execute(_MESSAGES, {"references": references}).all()
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def _think(self, person: SimPerson, one: Notification, kind: str | None) -> None:
        world, rng = self.world, self.world.rng
        if one.kind == "sms" and not person.stopped and world.happens("says_stop"):
            person.stopped = True
            self._plan(1, Answer(person, "STOP", one.to))
        elif one.kind == "sms" and world.happens("sends_own_words"):
            self._plan(1, Answer(person, _WORDS[rng.randrange(len(_WORDS))], one.to))
        elif kind == "appointment":
            self._about_appointment(person, one)
        elif kind == "check_in" and not world.happens("check_in_silent"):
            self._reply(person, one, yes=not world.happens("check_in_no"))
        elif kind == "offer" and not world.happens("learner_silent"):
            self._reply(person, one, yes=not world.happens("learner_says_no"))
        elif kind == "number":
            self._reply(person, one, yes=True)

    def _about_appointment(self, person: SimPerson, one: Notification) -> None:
        if self.world.happens("refuses_appointment_by_text"):
            self._reply(person, one, yes=False)
        elif one.kind == "sms" and self.world.rng.random() < 0.2:
            self._reply(person, one, yes=True)

    def _reply(self, person: SimPerson, one: Notification, *, yes: bool) -> None:
        days = self.world.rng.choices((0, 1, 2), (2, 5, 2))[0]
        found = search(_TOKEN, one.body)
        if found and (one.kind == "email" or self.world.happens("answers_by_link")):
            self._plan(days, Answer(person, token=found[1], yes=yes))
        elif one.kind == "sms":
            self._plan(days, Answer(person, "Yes" if yes else "NO", one.to, yes=yes))

    def _plan(self, days: int, answer: Answer) -> None:
        self.answers[self.world.today + timedelta(days=days)].append(answer)

    def write(self, person: SimPerson, words: str) -> None:
        """Somebody texts the hub of their own accord."""
        self.stand_in.reply(person.person.phone or "", words)
        self._take_in(self.stand_in.take_callbacks())

    def answer(self) -> None:
        """People text back or open their links."""
        due = [day for day in sorted(self.answers) if day <= self.world.today]
        for one in [one for day in due for one in self.answers.pop(day)]:
            if one.token:
                self._open_link(one)
            else:
                self.stand_in.reply(one.number, one.words)
        self._take_in(self.stand_in.take_callbacks())

    def _open_link(self, one: Answer) -> None:
        world = self.world
        try:
            with transaction(SYSTEM) as session:
                born = one.person.person.date_of_birth or world.today
                if learners.confirm_birth_date(session, one.token, born, world.clock):
                    _answer_by_link(session, one, world)
        except HubError as error:  # too late, or answered before: the page says so
            world.refused[error.code] += 1


_MESSAGES = text(
    "SELECT reference, template, asks_kind, learner_id FROM message "
    "WHERE reference = ANY(:references) AND learner_id IS NOT NULL"
)


def _receipt(one: Callback) -> Receipt:
    return Receipt(one.payload["id"], one.payload["reference"], one.payload["status"])


def _received(one: Callback) -> NewReceived:
    payload = one.payload
    at = datetime.fromisoformat(payload["date_received"]).astimezone(UTC)
    return NewReceived(payload["id"], f"+{payload['source_number']}", payload["message"], at)


def _answer_by_link(session: Session, one: Answer, world: World) -> None:
    opened = learners.open_link(session, one.token, world.clock)
    actor = learner_actor(opened.learner_id)
    if opened.subject_id is None:
        return
    if opened.purpose is LinkPurpose.OFFER:
        reason = None if one.yes else _REASONS[world.rng.randrange(len(_REASONS))]
        answer = LearnerAnswer(one.yes, reason)
        matching.answer_as_learner(session, opened.subject_id, answer, actor, world.clock)
    elif opened.purpose is LinkPurpose.CHECK_IN:
        waitlist.check_in_replied(session, opened.subject_id, one.yes, actor, world.clock)
