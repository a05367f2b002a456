"""Corrections: a new record that amends an old one, never a change of what a source said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.sight import as_the_hub
from hub.learners import queries, reads
from hub.learners.domain.needs import Barrier, NewNeeds, needs_faults
from hub.learners.domain.person import ContactChange, DocumentSeen, NewPerson, person_faults
from hub.learners.models import Learner, SourceRecord
from hub.learners.queries import deciding
from hub.learners.service.records import (
    Belonging,
    hashed_keys,
    index_record,
    make_needs,
    make_record,
    person_of,
)

_CONTACT = (
    "phone",
    "second_phone",
    "email",
    "postcode",
    "address",
    "preferred_language",
    "interpreter_needed",
    "safe_to_text",
    "safe_to_call",
)
_NAMES = {"given_names", "family_name"}


def update_contact(
    session: Session, learner_id: UUID, change: ContactChange, actor: Actor, clock: Clock
) -> None:
    """Record new contact details of a learner; the old ones stay findable as aliases.

    Nothing is written when nothing is new and nothing newly confirmed. NotFound; RuleBroken by field.
    """
    learner, record = _newest_record(session, learner_id)
    person = replace(person_of(record), **{name: getattr(change, name) for name in _CONTACT})
    if faults := person_faults(person, clock.today()):
        raise RuleBroken.many(faults)
    changed = [name for name in _CONTACT if getattr(person, name) != getattr(person_of(record), name)]
    if not changed and not change.confirmed_by_learner:
        return
    new = _amend(session, record, person, clock)
    new.contact_confirmed_at = clock.now() if change.confirmed_by_learner else None
    audit.record(
        session, actor, "learner.contact_changed", "learner", learner.id, fields=changed, clock=clock
    )


def correct(
    session: Session, learner_id: UUID, changes: Mapping[str, Any], actor: Actor, clock: Clock
) -> list[str]:
    """Put right what somebody showed to be wrong; returns the fields that changed. NotFound; RuleBroken by field.

    A new record amends the newest, and counts as verified in what was put right, so that no older record of
    another source wins over it.
    """
    learner, record = _newest_record(session, learner_id)
    golden = reads.person(session, learner.id)
    changed = [name for name, value in changes.items() if value != getattr(golden, name)]
    if not changed:
        return []
    right = {name: getattr(golden, name) for name in _counted_with(changed)} | dict(changes)
    person = replace(person_of(record), **{name: right[name] for name in _counted_with(changed)})
    if faults := person_faults(person, clock.today()):
        raise RuleBroken.many(faults)
    new = _amend(session, record, person, clock)
    if _NAMES & set(changed):
        new.name_verified_at = clock.now()
    if "date_of_birth" in changed:
        new.birth_date_verified_at = clock.now()
    if set(_CONTACT) & set(changed):
        new.contact_confirmed_at = clock.now()
    audit.record(session, actor, "learner.corrected", "learner", learner.id, fields=changed, clock=clock)
    return changed


def _counted_with(changed: Collection[str]) -> set[str]:
    """What counts as a whole with these fields: both names, all contact details (see `domain.golden`)."""
    names, contact = _NAMES & set(changed), set(_CONTACT) & set(changed)
    return {*changed, *(_NAMES if names else ()), *(_CONTACT if contact else ())}


def lock_person(session: Session, learner_id: UUID) -> None:
    """Nobody merges, takes apart or erases this person at the same time, until the commit. NotFound."""
    deciding.lock_decisions(session)
    _survivor(session, learner_id)


def update_needs(session: Session, learner_id: UUID, needs: NewNeeds, actor: Actor, clock: Clock) -> None:
    """Record what the learner needs now; the newest telling counts. NotFound; RuleBroken by field."""
    if faults := needs_faults(needs):
        raise RuleBroken.many(faults)
    learner, record = _newest_record(session, learner_id)
    session.add(make_needs(needs, record, clock))
    session.flush()
    audit.record(session, actor, "learner.needs_changed", "learner", learner.id, clock=clock)


def mark_verified(session: Session, learner_id: UUID, seen: DocumentSeen, actor: Actor, clock: Clock) -> None:
    """Note that a document was seen with the name or date of birth as one source wrote it; it is not kept.

    Without `record_id` the newest record is meant. NotFound for a record of somebody else, RuleBroken where
    nothing was seen or the record has no such thing.
    """
    learner, newest = _newest_record(session, learner_id)
    record = newest
    if seen.record_id is not None:
        rows = queries.records_by_id(session, [seen.record_id])
        if not rows or rows[0].learner_id != learner.id or rows[0].superseded_at is not None:
            raise NotFound("There is no such record.")
        record = rows[0]
    if not (seen.name or seen.date_of_birth):
        raise RuleBroken("Select what the document shows", field="name")
    if seen.date_of_birth and record.date_of_birth is None:
        raise RuleBroken("This record has no date of birth", field="date_of_birth")
    if seen.name:
        record.name_verified_at = clock.now()
    if seen.date_of_birth:
        record.birth_date_verified_at = clock.now()
    session.flush()
    fields = [name for name in ("name", "date_of_birth") if getattr(seen, name)]
    audit.record(session, actor, "learner.verified", "learner", learner.id, fields=fields, clock=clock)


def move_correction(
    session: Session, wrong: SourceRecord, target: SourceRecord, moved_before: Collection[UUID], clock: Clock
) -> None:
    """Contact details that were noted on the wrong one of two people go to the right one.

    There they become a correction like any other. Here the details before them count again, and they are no
    alias: they were never this person's. `moved_before` are corrections that went the same way earlier.
    """
    details = {name: getattr(person_of(wrong), name) for name in _CONTACT}
    to = max(_current_at_home(session, target.home_learner_id), key=lambda row: (row.created_at, row.id))
    new = _amend(session, to, replace(person_of(to), **details), clock)
    new.contact_confirmed_at = wrong.contact_confirmed_at
    if wrong.superseded_at is None:
        chain = queries.records_at_home_in(session, [wrong.home_learner_id])
        before = [row for row in chain if row.created_at < wrong.created_at and row.id not in moved_before]
        max(before, key=lambda row: (row.created_at, row.id)).superseded_at = None
        wrong.superseded_at = clock.now()
    for name in ("phone", "second_phone", "email", "postcode", "address"):
        setattr(wrong, name, None)
    queries.forget_index(session, wrong.id)


def _current_at_home(session: Session, home_learner_id: UUID) -> list[SourceRecord]:
    rows = queries.records_at_home_in(session, [home_learner_id])
    return [row for row in rows if row.superseded_at is None]


def forget_health_needs(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """Wipe what reveals health or disability from all that was told of needs (permission P08 withdrawn).

    The one change of what was told: keeping it would need the consent that has gone.
    """
    learner = _survivor(session, learner_id)
    for row in queries.all_needs_of(session, learner.id):
        answers = dict(row.answers or {})
        answers["barriers"] = [code for code in answers["barriers"] if code != Barrier.HEALTH_OR_DISABILITY]
        answers["support_needed"] = None
        if answers != row.answers:
            row.answers = answers
    audit.record(session, actor, "learner.health_forgotten", "learner", learner.id, clock=clock)


def _survivor(session: Session, learner_id: UUID) -> Learner:
    found = queries.locked_survivors(session, [learner_id])
    if learner_id not in found:
        raise NotFound("There is no such learner.")
    return found[learner_id]


def _newest_record(session: Session, learner_id: UUID) -> tuple[Learner, SourceRecord]:
    """The learner as known now, locked against a merge meanwhile, and the record to correct."""
    learner = _survivor(session, learner_id)
    records: Sequence[SourceRecord] = [row for _, row in queries.records_of(session, [learner.id])]
    current = [row for row in records if row.superseded_at is None]
    return learner, max(current, key=lambda row: (row.created_at, row.id))


def _amend(session: Session, record: SourceRecord, person: NewPerson, clock: Clock) -> SourceRecord:
    queries.forget_taken_in(session)
    belongs = Belonging(
        subject_id=record.subject_id,
        learner_id=record.learner_id,
        home_learner_id=record.home_learner_id,
        organisation_id=record.organisation_id,
        referred_on=record.referred_on,
        amends_id=record.amends_id or record.id,
    )
    record.superseded_at = clock.now()
    model = reads.recognition_model(clock.today())
    new = make_record(person, belongs, model, clock.now())
    session.add(new)
    new.name_verified_at = record.name_verified_at
    new.birth_date_verified_at = record.birth_date_verified_at
    session.flush()
    with as_the_hub(session):  # the learner changes a number; by what people are found is the hub's
        index_record(session, new, hashed_keys(person, model))
    return new
