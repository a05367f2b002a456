"""Watching over sharing agreements: nothing may stop being shared by surprise."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.reads import AgreementView
from hub.core.clock import Clock
from hub.infra.sight import open_to_the_hub
from hub.steps import reads as open_steps
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

WARNED_BEFORE = timedelta(days=60)
"""How long before its end, or its review, an agreement becomes a step (specification, section 1)."""


def watch_agreements(session: Session, clock: Clock) -> int:
    """Open a step for each agreement that ends or is to be reviewed soon, until another goes on after it.

    The step is due on that day. How many agreements are watched now.
    """
    open_to_the_hub(session)
    today, register = clock.today(), accounts.agreements(session)
    ending = {one.id: one for one in register if _ends_soon(one, register, today)}
    known = open_steps.open_steps(session, [one.id for one in register], today)
    for one in register:
        is_open = any(step.kind is StepKind.AGREEMENT_TO_RENEW for step in known.get(one.id, []))
        if one.id in ending and not is_open:
            owner = steps.hub_role(session)
            new = NewStep(StepKind.AGREEMENT_TO_RENEW, "sharing_agreement", one.id, owner, _day(one, today))
            steps.open_step(session, new, clock)
        elif one.id not in ending and is_open:
            steps.close_step(session, StepKind.AGREEMENT_TO_RENEW, one.id, clock, "settled")
    return len(ending)


def _ends_soon(one: AgreementView, register: Sequence[AgreementView], today: date) -> bool:
    soon = one.status(today).in_force and _day(one, today) <= today + WARNED_BEFORE
    return soon and not any(_goes_on(other, one, today) for other in register)


def _day(one: AgreementView, today: date) -> date:
    """The review while it is to come, else the end."""
    review = one.terms.review_on
    return review if review is not None and review >= today else one.ends_on


def _goes_on(other: AgreementView, one: AgreementView, today: date) -> bool:
    """Whether `other` lets the same pass between the same two after `one` has ended, without a gap."""
    return (
        other.id != one.id
        and other.ended_at is None
        and other.parties == one.parties
        and set(one.purposes) <= set(other.purposes)
        and set(one.fields) <= set(other.fields)
        and other.starts_on <= one.ends_on + timedelta(days=1)
        and other.ends_on > max(one.ends_on, today + WARNED_BEFORE)
    )
