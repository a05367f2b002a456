"""What must always be true (product, 'What must always be true'), as queries that must find nothing.

Each names rows by id only. Those that no data can show (4 at the moment of acting, 9, 10, 11) are proved by the
tests of their slices; here stands what can be seen.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction

_LIVE_OFFER = "('with_provider', 'decline_review', 'hub_decides', 'with_learner')"
_ACTIVE_ENTRY = "('waiting', 'offered', 'paused', 'check_in_due')"

# Built from constants of this file alone; nothing from outside comes into these queries.
# ruff: noqa: S608
INVARIANTS: dict[str, str] = {
    "1_capacity": (
        "SELECT id FROM esol_class WHERE held < 0 OR enrolled < 0 OR places_free < 0 "
        "OR held + enrolled + places_free > capacity"
    ),
    "1_places_counted": (
        "SELECT c.id FROM esol_class c WHERE c.held <> (SELECT count(*) FROM offer o "
        f"WHERE o.esol_class_id = c.id AND o.state IN {_LIVE_OFFER}) OR c.enrolled <> (SELECT count(*) "
        "FROM enrolment e WHERE e.esol_class_id = c.id AND e.state IN ('expected', 'started', 'no_show'))"
    ),
    "2_one_active_entry": (
        f"SELECT learner_id FROM waitlist_entry WHERE state IN {_ACTIVE_ENTRY} "
        "GROUP BY learner_id, strand HAVING count(*) > 1"
    ),
    "3_one_live_offer": (
        f"SELECT learner_id FROM offer WHERE state IN {_LIVE_OFFER} GROUP BY learner_id, strand HAVING count(*) > 1"
    ),
    "3_offered_has_offer": (
        "SELECT e.id FROM waitlist_entry e WHERE e.state = 'offered' AND NOT EXISTS "
        f"(SELECT 1 FROM offer o WHERE o.entry_id = e.id AND o.state IN {_LIVE_OFFER})"
    ),
    "4_enrolled_with_permission": (
        "SELECT e.id FROM enrolment e JOIN offer o ON o.id = e.offer_id WHERE NOT EXISTS (SELECT 1 FROM consent c "
        "JOIN consent_event ch ON ch.consent_id = c.id JOIN source_record s ON s.id = c.source_record_id "
        "WHERE s.learner_id = e.learner_id AND ch.purpose = 'P05' AND ch.state IN ('given', 'renewed', 'unknown'))"
    ),
    "4_texted_with_permission": (
        "SELECT m.id FROM message m WHERE m.channel = 'sms' AND m.state IN ('sent', 'delivered') "
        "AND m.purpose = 'P06' AND NOT EXISTS (SELECT 1 FROM consent c "
        "JOIN consent_event ch ON ch.consent_id = c.id JOIN source_record s ON s.id = c.source_record_id "
        "JOIN source_record own ON own.learner_id = s.learner_id "
        "WHERE own.home_learner_id = m.learner_id AND ch.purpose = 'P06' "
        "AND ch.state IN ('given', 'renewed', 'unknown'))"
    ),
    "5_open_referral_has_step": (
        "SELECT r.id FROM referral r WHERE r.state <> 'closed' AND NOT EXISTS (SELECT 1 FROM step s "
        "WHERE s.state = 'open' AND (s.subject_id = r.id OR s.learner_id = r.learner_id))"
    ),
    "5_active_entry_has_step": (
        f"SELECT e.id FROM waitlist_entry e WHERE e.state IN {_ACTIVE_ENTRY} AND NOT EXISTS (SELECT 1 FROM step s "
        "WHERE s.state = 'open' AND (s.subject_id = e.id OR (e.state = 'offered' AND s.subject_id IN "
        "(SELECT o.id FROM offer o WHERE o.entry_id = e.id))))"
    ),
    "5_live_offer_has_step": (
        f"SELECT o.id FROM offer o WHERE o.state IN {_LIVE_OFFER} AND NOT EXISTS "
        "(SELECT 1 FROM step s WHERE s.state = 'open' AND s.subject_id = o.id)"
    ),
    "5_enrolment_has_step": (
        "SELECT e.id FROM enrolment e WHERE e.state IN ('expected', 'started', 'no_show') AND NOT EXISTS "
        "(SELECT 1 FROM step s WHERE s.state = 'open' AND s.subject_id = e.id)"
    ),
    "5_open_appointment_has_step": (
        "SELECT a.id FROM appointment a WHERE a.state IN ('proposed', 'booked') AND NOT EXISTS "
        "(SELECT 1 FROM step s WHERE s.state = 'open' AND s.subject_id = a.case_id)"
    ),
    "5_open_pair_has_step": (
        "SELECT p.id FROM duplicate_pair p WHERE p.decision = 'open' "
        "AND (p.zone IS DISTINCT FROM 'new' OR p.sampled_on IS NOT NULL) AND NOT EXISTS "
        "(SELECT 1 FROM step s WHERE s.state = 'open' AND s.kind = 'duplicate_to_decide' AND s.subject_id = p.id)"
    ),
    "5_no_step_left_behind": (
        "SELECT s.id FROM step s JOIN referral r ON r.id = s.subject_id WHERE s.state = 'open' AND r.state = 'closed'"
    ),
    "6_queue_date_is_first_referral": (
        "SELECT e.id FROM waitlist_entry e JOIN learner l ON l.id = e.learner_id "
        f"WHERE e.state IN {_ACTIVE_ENTRY} AND e.queue_on > l.first_referred_on"
    ),
    "6_first_referral_is_earliest": (
        "SELECT l.id FROM learner l WHERE l.merged_into_id IS NULL AND l.first_referred_on > "
        "(SELECT min(s.referred_on) FROM source_record s WHERE s.learner_id = l.id)"
    ),
    "7_closed_with_outcome": (
        "SELECT id FROM referral WHERE state = 'closed' AND (outcome IS NULL OR closed_at IS NULL)"
    ),
    "7_closed_with_message": (
        "SELECT r.id FROM referral r WHERE r.state = 'closed' AND r.outcome NOT IN ('duplicate', 'achieved') "
        "AND NOT EXISTS (SELECT 1 FROM message m WHERE m.template = 'referral_closed' AND m.about_id = r.id)"
    ),
    "8_referral_move_audited": (
        "SELECT h.id FROM referral_history h WHERE NOT EXISTS (SELECT 1 FROM audit_entry a "
        "WHERE a.subject_id = h.referral_id AND a.at = h.at)"
    ),
    "8_entry_change_audited": (
        "SELECT h.id FROM waitlist_entry_history h WHERE NOT EXISTS "
        "(SELECT 1 FROM audit_entry a WHERE a.at = h.at AND a.action LIKE 'waitlist\\_entry.%')"
    ),
    "8_offer_change_audited": (
        "SELECT h.id FROM offer_history h WHERE NOT EXISTS "
        "(SELECT 1 FROM audit_entry a WHERE a.at = h.at AND a.action LIKE 'offer.%')"
    ),
    "8_record_audited": (
        "SELECT s.id FROM source_record s WHERE NOT EXISTS "
        "(SELECT 1 FROM audit_entry a WHERE a.subject_id = s.home_learner_id)"
    ),
    "10_merged_moved_all": (
        "SELECT l.id FROM learner l WHERE l.merged_into_id IS NOT NULL AND EXISTS "
        "(SELECT 1 FROM source_record s WHERE s.learner_id = l.id)"
    ),
    "12_stop_is_not_silence": (
        "SELECT r.id FROM received_text r WHERE r.meaning = 'stop' AND NOT EXISTS "
        "(SELECT 1 FROM step s WHERE s.kind = 'stop_to_handle' AND s.subject_id = r.id)"
    ),
    "12_nothing_lapsed_after_stop": (
        "SELECT o.id FROM offer o WHERE o.state = 'lapsed' AND o.hold_reason = 'stop'"
    ),
}


@dataclass(slots=True)
class Violations:
    """How many each check found, over all checks made; the ids of the first few, for whoever looks into it."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, found: "Violations") -> None:
        self.counts.update(found.counts)
        for name, ids in found.examples.items():
            self.examples.setdefault(name, ids)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """Every invariant by name, also those without a violation."""
        return {name: self.counts[name] for name in INVARIANTS}


def check(clock: Clock) -> Violations:
    """Look at the whole database now, in one transaction that changes nothing."""
    with transaction(SYSTEM) as session:
        return find(session)


def find(session: Session) -> Violations:
    found = Violations()
    for name, sql in INVARIANTS.items():
        ids = [str(row[0]) for row in session.execute(text(sql.replace(":", "\\:")))]
        found.counts[name] = len(ids)
        if ids:
            found.examples[name] = ids[:5]
    return found
