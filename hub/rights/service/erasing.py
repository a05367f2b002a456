"""Erasure: the case is closed first and those who have the data are told; then the keys are destroyed."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import SYSTEM, Actor
from hub.core.wording import day_and_date
from hub.infra import audit, erasures, personal
from hub.infra.db import record
from hub.infra.erasures import Erased
from hub.infra.personal import DataSubject
from hub.learners import reads as learners
from hub.learners import service as people
from hub.policy import reads as policy
from hub.referrals import reads as referrals
from hub.referrals import service as referring
from hub.referrals.domain import Ending, Outcome
from hub.rights import queries
from hub.rights.domain.cases import Act, CaseState
from hub.rights.domain.events import ErasureGranted, PersonErased
from hub.rights.holdings import HOLDINGS
from hub.rights.models import RightsCase
from hub.rights.service import notices, telling
from hub.rights.service.casework import Line, write
from hub.steps import reads as open_steps
from hub.steps import service as steps

WITHDREW = "no_longer_interested"
EVERYTHING = ("everything",)


def approve(session: Session, row: RightsCase, actor: Actor, clock: Clock) -> None:
    """Erasure was granted: close what is open, tell partners and the person, and set the day."""
    if row.learner_id is None:
        raise LookupError("a case that was found erasable has a learner")
    close_open_cases(session, row.learner_id, clock)
    notices.tell_partners(session, row, EVERYTHING, clock)
    days = policy.number(session, "erasure_wait_days", clock.today())
    row.erase_on = clock.today() + timedelta(days=days)
    values = {"by": day_and_date(row.erase_on)}
    telling.send(session, row.learner_id, "erasure_granted", values, row.id, clock)


def require_erasable(session: Session, row: RightsCase) -> None:
    """RuleBroken beside `decision` while a legal hold stands on the learner, or where we do not know whom."""
    if row.learner_id is None:
        raise RuleBroken("First say which learner this is about.", field="decision", code="learner_missing")
    if is_held(session, row.learner_id):
        raise RuleBroken(
            "A legal hold stands on this record: it cannot be erased until it is lifted.",
            field="decision", code="legal_hold",
        )  # fmt: skip


def is_held(session: Session, learner_id: UUID) -> bool:
    return bool(queries.held(session, learners.same_person_ids(session, learner_id) | {learner_id}))


def close_open_cases(session: Session, learner_id: UUID, clock: Clock) -> None:
    """Close the learner's open referrals, and with them entries, offers and appointments; then what stands alone.

    What is told to whom is the usual thing for a learner who withdraws.
    """
    ids = learners.same_person_ids(session, learner_id) | {learner_id}
    ending = Ending(Outcome.WITHDRAWN_BY_LEARNER, WITHDREW)
    for each in referrals.referrals_of(session, list(ids)).values():
        for one in each:
            if one.is_open:
                referring.close(session, one.id, ending, SYSTEM, clock)
    record(session, ErasureGranted(tuple(sorted(ids))))


def carry_out(session: Session, case_id: UUID, clock: Clock) -> bool:
    """Erase the person of a granted case, and close it. False, and nothing done, while a hold stands or a case
    of the person is open again: then a person looks at it."""
    row = queries.case(session, case_id, lock=True)
    if row.state is not CaseState.DECIDED or row.learner_id is None:
        return False
    if is_held(session, row.learner_id) or has_open_case(session, row.learner_id):
        return False
    write(session, row, Line(Act.CARRY_OUT), SYSTEM, clock)
    row.closed_at = clock.now()
    write(session, row, Line(Act.CLOSE), SYSTEM, clock)
    erase_person(session, row.learner_id, SYSTEM, clock)
    return True


def has_open_case(session: Session, learner_id: UUID) -> bool:
    ids = learners.same_person_ids(session, learner_id) | {learner_id}
    return any(one.is_open for each in referrals.referrals_of(session, list(ids)).values() for one in each)


def erase_person(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> DataSubject:
    """Destroy every data key of the person, and wipe or delete their rows in all slices. For ever.

    Audit entries stay: they hold ids only. Conflict while a legal hold stands.
    """
    people.lock_person(session, learner_id)
    if is_held(session, learner_id):
        raise Conflict("A legal hold stands on this record.", code="legal_hold")
    subject = learners.data_subject(session, learner_id)
    _close_steps(session, subject, clock)
    _wipe(session, subject, learner_id, clock)
    audit.record(session, actor, "learner.erased", "learner", learner_id, clock=clock)
    return subject


def _close_steps(session: Session, subject: DataSubject, clock: Clock) -> None:
    """Nothing is to be done any more for somebody who is gone, but what is open about their rights."""
    own = {one.id for one in queries.open_cases_of(session, subject.person_ids)}
    held = open_steps.learner_steps(session, subject.person_ids, clock.today())
    steps.close_steps(session, {one.subject_id for one in held} - own, clock, "erased")


def _wipe(session: Session, subject: DataSubject, person_id: UUID, clock: Clock) -> None:
    closed = [one for one in queries.cases_of(session, subject.person_ids) if one.state is CaseState.CLOSED]
    for one in closed:
        one.wiped_at = clock.now()
    erasures.remember(session, subject, person_id, clock.now())
    personal.erase(session, HOLDINGS, subject, clock.now())
    personal.shred(session, [one.subject_id for one in closed], clock.now())
    record(session, PersonErased(person_id, tuple(sorted(subject.person_ids))))


def replay(session: Session, erased: Sequence[Erased], clock: Clock) -> int:
    """After a restore: erase again whom these tombstones name, as far as the restored tables know them.

    By data key, not by person: who was merged with whom may have been otherwise on the day of the backup.
    Returns how many people were there. Doing it twice changes nothing.
    """
    by_person: dict[UUID, set[UUID]] = {}
    for one in erased:
        by_person.setdefault(one.person_id, set()).add(one.subject_id)
    return sum(_replay(session, person_id, keys, clock) for person_id, keys in by_person.items())


def _replay(session: Session, person_id: UUID, keys: set[UUID], clock: Clock) -> bool:
    subject = learners.data_subject_of_keys(session, keys)
    if not subject.record_ids:
        erasures.remember(session, subject, person_id, clock.now())
        return False
    for one in referrals.open_of_records(session, subject.record_ids):
        referring.close(session, one, Ending(Outcome.WITHDRAWN_BY_LEARNER, WITHDREW), SYSTEM, clock)
    record(session, ErasureGranted(tuple(sorted(subject.person_ids))))
    _close_steps(session, subject, clock)
    _wipe(session, subject, person_id, clock)
    audit.record(session, SYSTEM, "learner.erased_again", "learner", person_id, clock=clock)
    return True
