"""Taking in a person: always a new learner; whoever it may be already is only suggested to the hub."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.crypto import new_subject
from hub.infra.writes import put
from hub.learners import queries
from hub.learners.domain.keys import DUPLICATE_KINDS, Key, KeyKind
from hub.learners.domain.needs import NewNeeds, needs_faults
from hub.learners.domain.pairs import MOST_SHARING, Suggestion
from hub.learners.domain.person import Identified, NewPerson, person_faults
from hub.learners.models import Learner
from hub.learners.service.records import Belonging, hashed_keys, index_record, make_needs, make_record
from hub.learners.service.suggesting import suggest


def identify(  # noqa: PLR0913, PLR0917 - the contract of the slices: who, what they need, who sent them
    session: Session,
    person: NewPerson,
    needs: NewNeeds | None,
    organisation_id: UUID | None,
    actor: Actor,
    clock: Clock,
) -> Identified:
    """Store the person as a new learner and suggest whom they may be already, for the hub to decide.

    The same steps and the same answer whether or not anybody is suspected, apart from `suspected`, which must
    stay inside the hub. Two at once with a shared key wait for each other, so the second sees the first.
    Raises RuleBroken naming the fields of what cannot be true.
    """
    if faults := person_faults(person, clock.today()) | (needs_faults(needs) if needs else {}):
        raise RuleBroken.many(faults)
    hashed = hashed_keys(person)
    deciding = {one: key for one, key in hashed.items() if key.kind in DUPLICATE_KINDS}
    queries.lock_keys(session, deciding)
    known = _known_people(session, deciding)
    made = _store(session, person, needs, organisation_id, clock, hashed)
    _suggest(session, made.learner_id, known, clock)
    audit.record(session, actor, "learner.created", "learner", made.learner_id, clock=clock)
    suspected = tuple(dict.fromkeys(now for _, now in known))
    return Identified(made.learner_id, made.source_record_id, made.subject_id, suspected)


def _store(  # noqa: PLR0913, PLR0917 - as above, with the hashes made once
    session: Session,
    person: NewPerson,
    needs: NewNeeds | None,
    organisation_id: UUID | None,
    clock: Clock,
    hashed: dict[bytes, Key],
) -> Identified:
    referred_on = min(person.referred_on or clock.today(), clock.today())
    learner = Learner(first_referred_on=referred_on, created_at=clock.now())
    subject_id = new_subject(new_id())
    belongs = Belonging(
        subject_id=subject_id,
        learner_id=learner.id,
        home_learner_id=learner.id,
        organisation_id=organisation_id,
        referred_on=referred_on,
    )
    record = make_record(person, belongs, clock.now())
    told = [make_needs(needs, record, clock)] if needs is not None else []
    put(session, learner, record, *told)
    index_record(session, record, hashed)
    queries.note_taken_in(session, record)
    return Identified(learner.id, record.id, subject_id)


def _known_people(session: Session, deciding: Mapping[bytes, Key]) -> dict[tuple[UUID, UUID], set[KeyKind]]:
    """(home learner, learner now) of everybody who shares a key, with the kinds they share."""
    found: dict[tuple[UUID, UUID], set[KeyKind]] = defaultdict(set)
    if not deciding:
        return found
    by_hash: dict[bytes, set[tuple[UUID, UUID]]] = defaultdict(set)
    for one, home, now in queries.hits(session, deciding.keys()):
        by_hash[bytes(one)].add((home, now))
    for one, people in by_hash.items():
        kind = deciding[one].kind
        if kind is not KeyKind.BIRTH_NAMES and len({now for _, now in people}) > MOST_SHARING:
            continue
        for who in people:
            found[who].add(kind)
    return found


def _suggest(
    session: Session, learner_id: UUID, known: Mapping[tuple[UUID, UUID], set[KeyKind]], clock: Clock
) -> None:
    """One pair and one step for each person it may be; a person of many records is asked about once."""
    newest: dict[UUID, tuple[UUID, set[KeyKind]]] = {}
    for (home, now), kinds in sorted(known.items()):
        newest[now] = (home, kinds | newest.get(now, (home, set()))[1])
    found = [Suggestion(home, learner_id, tuple(kinds)) for home, kinds in newest.values()]
    suggest(session, found, clock, is_new=True)
