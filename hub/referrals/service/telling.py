"""One e-mail to the referrer when a referral has closed: its reference and a link, never a name or an outcome."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.infra import outbox
from hub.infra.db import runtime
from hub.infra.outbox import Outcome
from hub.infra.sms import OutgoingEmail
from hub.referrals import queries
from hub.referrals.domain import ReferralState
from hub.referrals.models import Referral

KIND = "referral_closed"
INTAKE = "P01"


def tell_referrer(session: Session, referral_id: UUID, clock: Clock) -> None:
    """Queue the e-mail; asked twice for the same closing it is one."""
    dedupe = f"{KIND}:{referral_id}:{clock.now().isoformat()}"
    outbox.enqueue(session, KIND, referral_id, dedupe=dedupe, clock=clock)


def may_go(session: Session, referral_id: UUID, clock: Clock) -> bool:
    """Whether the case is still closed, there is an address, and we may: that a referral has ended is part of
    receiving it (P01); how it ended is not in the e-mail, and asks P07 on the page."""
    referral = _referral(session, referral_id)
    return (
        referral is not None
        and referral.state is ReferralState.CLOSED
        and bool(_address(session, referral))
        and consents.may(session, referral.learner_id, INTAKE, clock.today())
    )


def render(session: Session, referral_id: UUID, reference: str, clock: Clock) -> OutgoingEmail:
    """The words; what became of the case stands on the page behind sign-in, as far as the learner agreed."""
    referral = _referral(session, referral_id)
    if referral is None:
        raise LookupError("the referral is gone")
    settings = runtime().settings
    body = (
        f"Hello,\n\nyour referral {referral.reference} is closed.\n\n"
        f"See what became of it: {settings.base_url}/my-referrals/{referral.id}\n\n{settings.hub_name}"
    )
    subject = f"Referral {referral.reference} is closed"
    return OutgoingEmail(_address(session, referral) or "", subject, body, reference)


def settle(session: Session, referral_id: UUID, outcome: Outcome, clock: Clock) -> None:
    """Nothing is kept: the page tells the same."""


def _referral(session: Session, referral_id: UUID) -> Referral | None:
    found = queries.referrals_by_id(session, [referral_id])
    return found[0] if found else None


def _address(session: Session, referral: Referral) -> str | None:
    """The worker's, while they work there; else the organisation's own."""
    if referral.worker_id is not None:
        worker = accounts.user(session, referral.worker_id)
        if worker.is_active:
            return worker.email
    return accounts.organisation(session, referral.organisation_id).email
