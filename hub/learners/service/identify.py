"""Taking in a person: always a new learner; whoever it may be already is only suggested to the hub."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.vault import new_subject
from hub.infra.writes import put
from hub.learners import queries, reads
from hub.learners.domain.blocking import keys_of
from hub.learners.domain.keys import LOCKED_KINDS, Key
from hub.learners.domain.model import Model
from hub.learners.domain.needs import NewNeeds, needs_faults
from hub.learners.domain.pairs import Suggestion
from hub.learners.domain.person import Identified, NewPerson, person_faults
from hub.learners.domain.scoring import Zone, comparable, prepare, reasons_of
from hub.learners.models import Learner
from hub.learners.service.likeness import likest
from hub.learners.service.records import Belonging, index_record, make_needs, make_record
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
    model = reads.recognition_model(clock.today())
    asked = prepare(comparable(person), model)
    keys = keys_of(asked)
    hashed = queries.hashes(keys)
    sought = hashed | queries.former_hashes(keys)
    queries.lock_keys(session, (one for one, key in sought.items() if key.kind in LOCKED_KINDS))
    known = likest(session, asked, sought, model)
    made = _store(session, person, needs, organisation_id, clock, (hashed, model))
    suggestions = [
        Suggestion(one.home_id, made.learner_id, reasons_of(one.comparison), one.comparison) for one in known
    ]
    suggest(session, suggestions, clock, is_new=True)
    audit.record(session, actor, "learner.created", "learner", made.learner_id, clock=clock)
    suspected = tuple(one.now_id for one in known if one.comparison.zone is not Zone.NEW)
    return Identified(made.learner_id, made.source_record_id, made.subject_id, suspected)


def _store(  # noqa: PLR0913, PLR0917 - as above, with the hashes made once
    session: Session,
    person: NewPerson,
    needs: NewNeeds | None,
    organisation_id: UUID | None,
    clock: Clock,
    indexing: tuple[dict[bytes, Key], Model],
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
    hashed, model = indexing
    record = make_record(person, belongs, model, clock.now())
    told = [make_needs(needs, record, clock)] if needs is not None else []
    put(session, learner, record, *told)
    index_record(session, record, hashed)
    queries.note_taken_in(session, record)
    return Identified(learner.id, record.id, subject_id)
