"""Recording and ending agreements to share."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries, reads
from hub.accounts.domain import NewAgreement, OrganisationKind, agreement_faults
from hub.accounts.models import SharingAgreement
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit


def agree(session: Session, new: NewAgreement, actor: Actor, clock: Clock) -> SharingAgreement:
    """Record a signed agreement to share between two organisations. NotFound, RuleBroken by field."""
    parties = [reads.organisation(session, one) for one in (new.from_id, new.to_id)]
    with_health = any(one.kind is OrganisationKind.HEALTH for one in parties)
    if faults := agreement_faults(new, with_health=with_health):
        raise RuleBroken.many(faults, code="agreement_faulty")
    row = SharingAgreement(
        from_organisation_id=new.from_id, to_organisation_id=new.to_id, purposes=list(new.purposes),
        fields=list(new.fields), starts_on=new.starts_on, ends_on=new.ends_on, created_at=clock.now(),
        **asdict(new.terms),
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "sharing_agreement.made", "sharing_agreement", row.id, clock=clock)
    session.flush()
    return row


def end_agreement(session: Session, agreement_id: UUID, actor: Actor, clock: Clock) -> None:
    """From this moment nothing more is shared under it. A second time changes nothing. NotFound."""
    row = queries.agreement(session, agreement_id)
    if row is None:
        raise NotFound("There is no such agreement.")
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by = clock.now(), actor.id
    audit.record(session, actor, "sharing_agreement.ended", "sharing_agreement", row.id, clock=clock)
