"""Telling the partners who have somebody's data that it was corrected or is to be deleted (Art 19), and tracking
that they have done it. What leaves the building is one e-mail without a name."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import audit, outbox
from hub.infra.db import runtime
from hub.infra.outbox import Outcome
from hub.infra.sms import OutgoingEmail
from hub.learners import reads as learners
from hub.matching import reads as matching
from hub.matching.domain import OfferState
from hub.referrals import reads as referrals
from hub.rights import queries
from hub.rights.domain.cases import Act
from hub.rights.models import RightsCase, RightsNotice
from hub.rights.service.casework import Line, write
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind

KIND = "rights_notice"


def recipients(session: Session, learner_id: UUID) -> set[UUID]:
    """The organisations outside the hub that were given, or gave, the learner's name: referrers, and providers
    whose offer the learner accepted. A provider that only saw an anonymous profile has nothing to delete."""
    ids = list(learners.same_person_ids(session, learner_id) | {learner_id})
    found = {one.organisation_id for each in referrals.referrals_of(session, ids).values() for one in each}
    offers = [one for each in matching.offers_of(session, ids).values() for one in each]
    found |= {one.organisation_id for one in offers if one.state is OfferState.CONFIRMED}
    found |= {one.organisation_id for each in matching.enrolments_of(session, ids).values() for one in each}
    return found - {accounts.hub_organisation(session).id}


def tell_partners(session: Session, row: RightsCase, about: Sequence[str], clock: Clock) -> None:
    """One notice for each partner, with a step of its own until the partner has confirmed it."""
    if row.learner_id is None:
        return
    known = {one.organisation_id for one in queries.notices_of(session, row.id)}
    told = recipients(session, row.learner_id) - known
    for organisation_id in sorted(told):
        notice = RightsNotice(
            case_id=row.id, organisation_id=organisation_id, about=list(about), told_at=clock.now()
        )
        session.add(notice)
        session.flush()
        _ask(session, notice, clock)
    if told:
        write(session, row, Line(Act.TELL), SYSTEM, clock)


def tell_again(session: Session, row: RightsCase, about: Sequence[str], clock: Clock) -> None:
    """Those who were told once are told what has become of it, and confirm that too."""
    for notice in queries.notices_of(session, row.id):
        notice.about, notice.told_at = list(about), clock.now()
        notice.acknowledged_at = notice.acknowledged_by = None
        _ask(session, notice, clock)


def _ask(session: Session, notice: RightsNotice, clock: Clock) -> None:
    home = accounts.organisation(session, notice.organisation_id)
    role = Role.PROVIDER if home.kind is OrganisationKind.PROVIDER else Role.REFERRER
    owner = Owner.of_role(notice.organisation_id, role)
    due = steps.due(session, "notice_days", clock)
    steps.open_step(
        session, NewStep(StepKind.NOTICE_TO_CONFIRM, "rights_notice", notice.id, owner, due), clock
    )
    outbox.enqueue(
        session, KIND, notice.id, dedupe=f"{KIND}:{notice.id}:{'+'.join(notice.about)}", clock=clock
    )


def confirm(session: Session, notice_id: UUID, actor: Actor, clock: Clock) -> None:
    """The partner has done it. A second time changes nothing. NotFound for somebody else's notice."""
    row = queries.notice(session, notice_id, actor)
    if row.acknowledged_at is not None:
        return
    row.acknowledged_at, row.acknowledged_by = clock.now(), actor.id
    steps.close_step(session, StepKind.NOTICE_TO_CONFIRM, row.id, clock, "confirmed")
    audit.record(session, actor, "rights.notice_confirmed", "rights_case", row.case_id, clock=clock)


def may_go(session: Session, notice_id: UUID, clock: Clock) -> bool:
    """While the partner has not confirmed it yet, and there is an address."""
    row = session.get(RightsNotice, notice_id)
    return row is not None and row.acknowledged_at is None and bool(_address(session, row))


def render(session: Session, notice_id: UUID, reference: str, clock: Clock) -> OutgoingEmail:
    """No name and no reference of the learner: those stand behind the sign-in."""
    row = session.get(RightsNotice, notice_id)
    if row is None:
        raise LookupError("a notice that passed its gate is there")
    settings = runtime().settings
    body = (
        "Hello,\n\nsomebody has asked us to correct, delete or stop using their data, and you have a copy of it.\n\n"
        f"Sign in to see what it is about, and confirm when you have done the same: {settings.base_url}"
        f"/notices\n\n{settings.hub_name}"
    )
    return OutgoingEmail(
        _address(session, row) or "", "Please check your copy of somebody's data", body, reference
    )


def settle(session: Session, notice_id: UUID, outcome: Outcome, clock: Clock) -> None:
    """Nothing is kept: the step stays open until the partner confirms."""


def _address(session: Session, row: RightsNotice) -> str | None:
    return accounts.organisation(session, row.organisation_id).email
