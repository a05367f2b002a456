"""One e-mail per person per working day about what is overdue: counts and links, never a name."""

from collections import Counter
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.core.wording import count_of, day_and_date
from hub.infra import outbox
from hub.infra.db import runtime
from hub.infra.outbox import Outcome
from hub.infra.sms import OutgoingEmail
from hub.steps import reads as steps

KIND = "staff_digest"


def ask_for_digest(session: Session, user_id: UUID, day: object, clock: Clock) -> None:
    """Queue today's digest of one person; asked twice it is still one."""
    outbox.enqueue(session, KIND, user_id, dedupe=f"digest:{user_id}:{day}", clock=clock)


def may_go(session: Session, user_id: UUID, clock: Clock) -> bool:
    """Whether there is still something overdue to tell, and the person still works here."""
    try:
        user = accounts.user(session, user_id)
    except NotFound:
        return False
    actor = accounts.actor_for(session, user_id)
    return user.is_active and user.wants_digest and steps.count_held(session, actor, clock.today())[1] > 0


def render(session: Session, user_id: UUID, reference: str, clock: Clock) -> OutgoingEmail:
    """Overdue steps by kind, oldest kind first, with a link to My work."""
    user = accounts.user(session, user_id)
    held = steps.held_steps(session, accounts.actor_for(session, user_id), clock.today())
    counts = Counter(step.title for step in held)
    settings = runtime().settings
    lines = "\n".join(f"* {title}: {count}" for title, count in counts.items())
    body = (
        f"Hello,\n\n{day_and_date(clock.today())}: {count_of(len(held), 'step is', 'steps are')} overdue and "
        f"waiting for you.\n\n{lines}\n\nOpen your work: {settings.base_url}/\n\n"
        f"This e-mail goes out once on each working day while something is overdue.\n{settings.hub_name}"
    )
    subject = f"{count_of(len(held), 'overdue step', 'overdue steps')} at {settings.hub_name}"
    return OutgoingEmail(user.email, subject, body, reference)


def settle(session: Session, user_id: UUID, outcome: Outcome, clock: Clock) -> None:
    """Nothing is kept: tomorrow's digest says what is still overdue."""
