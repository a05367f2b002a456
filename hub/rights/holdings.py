"""A person's rows over all slices, children before their parents: what a copy shows and what erasure works through.

Cases stand under keys of their own and stay with their dates; the words of an erased person's case go with it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Date, and_, cast

from hub.assessment.holdings import CONTACTS as ASSESSMENT_CONTACTS
from hub.assessment.holdings import HOLDINGS as ASSESSMENT
from hub.consent.holdings import CONTACTS as CONSENT_CONTACTS
from hub.consent.holdings import HOLDINGS as CONSENT
from hub.eligibility.holdings import HOLDINGS as ELIGIBILITY
from hub.infra.audit import AuditEntry
from hub.infra.idempotency import SWEEPS as REQUEST_SWEEPS
from hub.infra.outbox import OutboxEntry, OutboxState
from hub.infra.personal import Holding, by_person, within
from hub.infra.sweeping import NOW, Sweep, Then
from hub.learners.holdings import CONTACTS as LEARNER_CONTACTS
from hub.learners.holdings import HOLDINGS as LEARNERS
from hub.learners.holdings import LIVING
from hub.learners.holdings import SWEEPS as LINK_SWEEPS
from hub.matching.holdings import CONTACTS as OFFER_CONTACTS
from hub.matching.holdings import HOLDINGS as MATCHING
from hub.matching.holdings import SWEEPS as ROUND_SWEEPS
from hub.messaging.holdings import CONTACTS as MESSAGE_CONTACTS
from hub.messaging.holdings import HOLDINGS as MESSAGING
from hub.messaging.holdings import SWEEPS as MESSAGE_SWEEPS
from hub.oversight.holdings import HOLDINGS as OVERSIGHT
from hub.referrals.holdings import CONTACTS as REFERRAL_CONTACTS
from hub.referrals.holdings import HOLDINGS as REFERRALS
from hub.referrals.holdings import SWEEPS as REFERRAL_SWEEPS
from hub.rights.models import (
    DataBreach,
    LegalHold,
    RetentionNotice,
    RightsCase,
    RightsEvent,
    RightsNotice,
    RightsPackage,
)
from hub.steps.holdings import HOLDINGS as STEPS
from hub.waitlist.holdings import CONTACTS as ENTRY_CONTACTS
from hub.waitlist.holdings import HOLDINGS as WAITLIST

CASES = Holding(RightsCase, by_person(RightsCase.learner_id))
OWN = (
    Holding(RightsEvent, within(RightsEvent.case_id, CASES)),
    Holding(RightsPackage, within(RightsPackage.case_id, CASES)),
    Holding(RightsNotice, within(RightsNotice.case_id, CASES)),
    Holding(LegalHold, by_person(LegalHold.learner_id)),
    Holding(RetentionNotice, by_person(RetentionNotice.learner_id)),
    CASES,
)
AUDIT = (Holding(AuditEntry, by_person(AuditEntry.subject_id)),)
HOLDINGS: Sequence[Holding] = (
    *STEPS, *MATCHING, *WAITLIST, *ASSESSMENT, *ELIGIBILITY, *MESSAGING, *CONSENT, *REFERRALS, *OVERSIGHT, *OWN,
    *LEARNERS, *AUDIT,
)  # fmt: skip

_OWN_SWEEPS = {
    "package": (Sweep(RightsPackage, lambda now: RightsPackage.expires_on < cast(now, Date)),),
    "rights_case": (
        Sweep(
            RightsCase,
            lambda before: and_(RightsCase.closed_at < before, RightsCase.wiped_at.is_(None)),
            Then.SHRED,
            {"wiped_at": NOW},
        ),
        Sweep(
            DataBreach,
            lambda before: and_(DataBreach.closed_at < before, DataBreach.wiped_at.is_(None)),
            Then.SHRED,
            {"wiped_at": NOW},
        ),
    ),
    "outbox": (
        Sweep(
            OutboxEntry,
            lambda before: and_(
                OutboxEntry.state.not_in([OutboxState.PENDING, OutboxState.SENDING]),
                OutboxEntry.created_at < before,
            ),
        ),
    ),
}
SWEEPS: Mapping[str, Sequence[Sweep]] = {
    **REFERRAL_SWEEPS, **MESSAGE_SWEEPS, **REQUEST_SWEEPS, **LINK_SWEEPS, **ROUND_SWEEPS,
    **_OWN_SWEEPS,
}  # fmt: skip
"""Rule -> what it takes; each slice declares its own. Learners' records go by `service.retention`."""

WATCHED: Mapping[str, Sweep] = {
    "told": Sweep(RetentionNotice, lambda _: RetentionNotice.ended_at.is_(None)),
    "known_for_long": LIVING,
}
"""What must be there before it is worth to look for learners whose time is over."""

CONTACTS = (
    *LEARNER_CONTACTS, *CONSENT_CONTACTS, *ASSESSMENT_CONTACTS, *MESSAGE_CONTACTS, *ENTRY_CONTACTS,
    *OFFER_CONTACTS, *REFERRAL_CONTACTS,
)  # fmt: skip
