"""A person's rows in this slice: what was offered and attended stays as a figure of nobody.

A round's snapshot names nobody and stands under a key of the round's own, which ends by a rule of its own.
"""

from sqlalchemy import and_, inspect, or_

from hub.infra.personal import Contact, Holding, by_person, by_record, within
from hub.infra.sweeping import Sweep, Then
from hub.matching.models import (
    AttendanceWeek,
    Enrolment,
    EnrolmentHistory,
    MatchLine,
    MatchRound,
    Offer,
    OfferHistory,
    SharingNotice,
)

OFFERS = Holding(Offer, by_record(Offer.source_record_id))
ENROLMENTS = Holding(Enrolment, by_record(Enrolment.source_record_id))
HOLDINGS = (
    Holding(MatchLine, by_person(MatchLine.learner_id)),
    Holding(OfferHistory, within(OfferHistory.offer_id, OFFERS)),
    OFFERS,
    Holding(SharingNotice, within(SharingNotice.enrolment_id, ENROLMENTS)),
    Holding(AttendanceWeek, within(AttendanceWeek.enrolment_id, ENROLMENTS)),
    Holding(EnrolmentHistory, within(EnrolmentHistory.enrolment_id, ENROLMENTS)),
    ENROLMENTS,
)
_ROUND = inspect(MatchRound).columns
SWEEPS = {
    "round": (
        Sweep(
            MatchRound,
            lambda before: and_(
                MatchRound.created_at < before,
                or_(_ROUND["snapshot_sealed"].is_not(None), _ROUND["result_sealed"].is_not(None)),
            ),
            Then.SHRED,
        ),
    )
}
CONTACTS = (
    Contact(Offer.learner_id, (Offer.answered_at,)),
    Contact(Enrolment.learner_id, (Enrolment.created_at, Enrolment.ended_on, Enrolment.course_ends_on)),
)
