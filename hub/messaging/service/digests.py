"""One e-mail per person per working day about what is overdue: counts and links, never a name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.reads import UserView
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.core.wording import count_of, day_and_date
from hub.infra import outbox
from hub.infra.db import runtime
from hub.infra.outbox import Outcome
from hub.infra.sms import OutgoingEmail
from hub.steps import reads as steps
from hub.steps.domain import TITLES, StepKind

KIND = "staff_digest"
_BATCH = "hub_digests_in_hand"


def ask_for_digest(session: Session, user_id: UUID, day: object, clock: Clock) -> None:
    """Queue today's digest of one person; asked twice it is still one."""
    outbox.enqueue(session, KIND, user_id, dedupe=f"digest:{user_id}:{day}", clock=clock)


@dataclass(slots=True)
class _Batch:
    """The people of a batch, looked up together when the first is asked about, and what each holds."""

    user_ids: Sequence[UUID]
    users: dict[UUID, UserView] | None = None
    held: dict[UUID, dict[StepKind, int]] = field(default_factory=dict)

    def user(self, session: Session, user_id: UUID) -> UserView | None:
        if self.users is None:
            self.users = accounts.users(session, self.user_ids)
        return self.users.get(user_id)

    def overdue(self, session: Session, user: UserView, clock: Clock) -> dict[StepKind, int]:
        if user.id not in self.held:
            actor = Actor("user", user.id, user.name, user.role, user.organisation_id)
            self.held[user.id] = steps.overdue_by_kind(session, actor, clock.today())
        return self.held[user.id]


def preload(session: Session, user_ids: Sequence[UUID], clock: Clock) -> None:
    """Begin a batch."""
    session.info[_BATCH] = _Batch(user_ids)


def may_go(session: Session, user_id: UUID, clock: Clock) -> bool:
    """Whether there is still something overdue to tell, and the person still works here and wants to be told."""
    batch: _Batch = session.info[_BATCH]
    user = batch.user(session, user_id)
    if user is None or not (user.is_active and user.wants_digest):
        return False
    return bool(batch.overdue(session, user, clock))


def render(session: Session, user_id: UUID, reference: str, clock: Clock) -> OutgoingEmail:
    """Overdue steps by kind, oldest kind first, with a link to My work."""
    batch: _Batch = session.info[_BATCH]
    user = batch.user(session, user_id)
    if user is None:
        raise LookupError("a person whose digest passed its gate is there")
    held = batch.overdue(session, user, clock)
    settings = runtime().settings
    lines = "\n".join(f"* {TITLES[kind][0]}: {count}" for kind, count in held.items())
    total = sum(held.values())
    body = (
        f"Hello,\n\n{day_and_date(clock.today())}: {count_of(total, 'step is', 'steps are')} overdue and "
        f"waiting for you.\n\n{lines}\n\nOpen your work: {settings.base_url}/\n\n"
        f"This e-mail goes out once on each working day while something is overdue.\n{settings.hub_name}"
    )
    subject = f"{count_of(total, 'overdue step', 'overdue steps')} at {settings.hub_name}"
    return OutgoingEmail(user.email, subject, body, reference)


def settle(session: Session, user_id: UUID, outcome: Outcome, clock: Clock) -> None:
    """Nothing is kept: tomorrow's digest says what is still overdue."""
