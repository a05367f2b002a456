"""A person's rows in this slice, and what becomes of them at erasure.

The learner stays as an id without a face, and so do decisions about pairs: other rows point at them.
"""

from sqlalchemy import and_, exists, or_

from hub.infra.personal import Contact, Holding, OnErasure, by_person, by_record, by_subject
from hub.infra.subject_keys import SubjectKey
from hub.infra.sweeping import Sweep
from hub.learners.domain.pairs import PairDecision
from hub.learners.models import (
    BlindIndex,
    DuplicatePair,
    Learner,
    LearningNeeds,
    LinkDecision,
    PersonalLink,
    SourceRecord,
    SplitItem,
)

HOLDINGS = (
    Holding(PersonalLink, by_person(PersonalLink.learner_id), OnErasure.DELETE),
    Holding(BlindIndex, by_subject(BlindIndex.subject_id), OnErasure.DELETE),
    Holding(LearningNeeds, by_record(LearningNeeds.source_record_id), OnErasure.DELETE),
    Holding(
        DuplicatePair,
        lambda subject: and_(
            DuplicatePair.decision == PairDecision.OPEN,
            or_(
                DuplicatePair.left_id.in_(subject.person_ids), DuplicatePair.right_id.in_(subject.person_ids)
            ),
        ),
        OnErasure.DELETE,  # nobody is to decide about somebody who is gone
    ),
    Holding(
        DuplicatePair,
        lambda subject: or_(
            DuplicatePair.left_id.in_(subject.person_ids), DuplicatePair.right_id.in_(subject.person_ids)
        ),
    ),
    Holding(
        SplitItem,
        lambda subject: and_(
            SplitItem.settled_at.is_(None),
            or_(SplitItem.learner_id.in_(subject.person_ids), SplitItem.other_id.in_(subject.person_ids)),
        ),
        OnErasure.DELETE,
    ),
    Holding(
        SplitItem,
        lambda subject: or_(
            SplitItem.learner_id.in_(subject.person_ids), SplitItem.other_id.in_(subject.person_ids)
        ),
    ),
    Holding(
        LinkDecision,
        lambda subject: or_(
            LinkDecision.person_id.in_(subject.person_ids),
            LinkDecision.source_record_id.in_(subject.record_ids),
        ),
    ),
    Holding(SourceRecord, by_person(SourceRecord.home_learner_id)),
    Holding(Learner, by_person(Learner.id)),
)

LIVING = Sweep(
    SourceRecord,
    lambda before: and_(
        SourceRecord.created_at < before,
        exists().where(SubjectKey.subject_id == SourceRecord.subject_id, SubjectKey.wrapped.is_not(None)),
    ),
)
"""Never swept: whether anybody is known for so long that their time could be over."""
SWEEPS = {"link": (Sweep(PersonalLink, lambda before: PersonalLink.expires_at < before),)}
CONTACTS = (
    Contact(SourceRecord.learner_id, (SourceRecord.created_at, SourceRecord.contact_confirmed_at)),
    Contact(PersonalLink.learner_id, (PersonalLink.last_opened_at,)),
)
