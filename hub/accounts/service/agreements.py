"""Recording and ending agreements to share."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts.domain import NewAgreement
from hub.accounts.models import SharingAgreement
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit


def agree(session: Session, new: NewAgreement, actor: Actor, clock: Clock) -> SharingAgreement:
    """Record a signed agreement to share between two organisations."""
    if new.starts_on > new.ends_on:
        raise RuleBroken("The end must be after the start.", field="ends_on", code="dates_out_of_order")
    row = SharingAgreement(
        from_organisation_id=new.from_id, to_organisation_id=new.to_id, purposes=list(new.purposes),
        fields=list(new.fields), starts_on=new.starts_on, ends_on=new.ends_on, created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "sharing_agreement.made", "sharing_agreement", row.id, clock=clock)
    session.flush()
    return row


def end_agreement(session: Session, agreement_id: UUID, actor: Actor, clock: Clock) -> None:
    row = session.get(SharingAgreement, agreement_id)
    if row is None:
        raise NotFound("There is no such agreement.")
    row.ended_at = row.ended_at or clock.now()
    audit.record(session, actor, "sharing_agreement.ended", "sharing_agreement", row.id, clock=clock)
