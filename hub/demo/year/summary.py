"""What came of the year, in figures: read from the hub's database alone."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_COUNTS = {
    "learners": "SELECT count(*) FROM learner WHERE merged_into_id IS NULL",
    "duplicates_suggested": "SELECT count(*) FROM duplicate_pair",
    "duplicates_found": "SELECT count(*) FROM duplicate_pair WHERE decision = 'same'",
    "classes": "SELECT count(*) FROM esol_class",
    "places": "SELECT coalesce(sum(capacity), 0) FROM esol_class",
    "assessed": "SELECT count(*) FROM assessment WHERE status = 'completed'",
    "appointments_missed": "SELECT count(*) FROM appointment WHERE state = 'not_attended'",
    "rounds": "SELECT count(*) FROM match_round WHERE released_at IS NOT NULL",
    "offers": "SELECT count(*) FROM offer",
    "accepted": "SELECT count(*) FROM offer WHERE state = 'confirmed'",
    "placed": "SELECT count(DISTINCT learner_id) FROM enrolment WHERE started_on IS NOT NULL",
    "completed": "SELECT count(*) FROM enrolment WHERE state = 'completed'",
    "messages_sent": "SELECT count(*) FROM message WHERE state IN ('sent', 'delivered', 'failed')",
    "texts_received": "SELECT count(*) FROM received_text",
    "chases": "SELECT count(*) FROM step WHERE chased_at IS NOT NULL",
    "audit_entries": "SELECT count(*) FROM audit_entry",
}
_GROUPS = {
    "referrals_by_channel": "SELECT channel, count(*) FROM referral GROUP BY channel ORDER BY channel",
    "referrals_by_state": "SELECT coalesce(outcome, state), count(*) FROM referral GROUP BY 1 ORDER BY 1",
    "assessed_by_level": "SELECT level, count(*) FROM placement GROUP BY level",
    "offers_by_state": "SELECT state, count(*) FROM offer GROUP BY state ORDER BY state",
    "waiting_by_level": (
        "SELECT level, count(*) FROM waitlist_entry WHERE state IN ('waiting', 'check_in_due', 'paused') "
        "GROUP BY level"
    ),
}
_MEDIANS = {
    "median_days_referral_to_assessment": (
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY a.closed_at::date - l.first_referred_on) "
        "FROM assessment a JOIN learner l ON l.id = a.learner_id WHERE a.status = 'completed'"
    ),
    "median_days_referral_to_start": (
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY e.started_on - l.first_referred_on) "
        "FROM enrolment e JOIN learner l ON l.id = e.learner_id WHERE e.started_on IS NOT NULL"
    ),
}
_LEVELS = ("PRE", "E1", "E2", "E3", "L1", "L2")


def summary(session: Session) -> dict[str, Any]:
    """Counts, groups and medians by name."""
    found: dict[str, Any] = {name: session.scalar(text(sql)) for name, sql in _COUNTS.items()}
    for name, sql in _GROUPS.items():
        counts = {str(key): int(number) for key, number in session.execute(text(sql))}
        if name.endswith("_by_level"):
            counts = {level: counts.get(level, 0) for level in _LEVELS}
        found[name] = counts
    found |= {name: session.scalar(text(sql)) for name, sql in _MEDIANS.items()}
    return found
