"""Letting go what is over its time, by the rules; a learner is told first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.core.wording import day_and_date
from hub.infra import audit, sweeping
from hub.infra.seals import removing
from hub.messaging import service as messaging
from hub.messaging.domain import NewMessage
from hub.rights import queries
from hub.rights.domain.retention import NOTICE, rules
from hub.rights.holdings import SWEEPS
from hub.rights.models import RetentionNotice
from hub.rights.reads.retention import (
    LearnerOver,
    archives_over,
    audit_wanted,
    held_among,
    keeps_archives,
    learners_over,
    moment,
)
from hub.rights.service.erasing import erase_person
from hub.rights.service.telling import personal_link

MOST_TOLD = 200


def sweep(session: Session, code: str, clock: Clock) -> int:
    """Let one batch of a rule go; how many. 0: nothing is left, or the rule is off."""
    at = moment(session, rules()[code], clock)
    if at is None:
        return 0
    gone = sum(sweeping.run(session, one, at, clock.now()) for one in SWEEPS[code])
    if gone:
        audit.record(
            session, SYSTEM, "retention.swept", "rule", _NO_SUBJECT, clock=clock,
            fields=(code,), reason=f"{gone} rows",
        )  # fmt: skip
    return gone


_NO_SUBJECT = UUID(int=0)


def remove_audit(session: Session, code: str, clock: Clock) -> int:
    """Remove whole months from the audit by this rule, or their security entries; how many entries.

    Conflict when the audit was changed: it is evidence then, and stays.
    """
    wanted = audit_wanted(session, code, clock)
    made = (
        removing.remove(session, wanted, clock, archived=keeps_archives(session, clock)) if wanted else None
    )
    return made.entries if made else 0


def destroy_archives(session: Session, clock: Clock) -> int:
    """Delete archives of audit entries whose time is over; how many."""
    over = archives_over(session, clock)
    for path in over:
        path.unlink(missing_ok=True)
    if over:
        audit.record(
            session, SYSTEM, "audit.archives_destroyed", "audit", _NO_SUBJECT, clock=clock,
            reason=f"{len(over)} files",
        )  # fmt: skip
    return len(over)


@dataclass(frozen=True, slots=True)
class Over:
    """Learners whose time is over today, and those of them who are not held: looked for once for all that follows."""

    all: Mapping[UUID, LearnerOver]
    free: Mapping[UUID, LearnerOver]


def look(session: Session, clock: Clock) -> Over:
    """Who is over their time today."""
    over = {one.learner_id: one for one in learners_over(session, clock)}
    held = held_among(session, over.values())
    return Over(over, {learner_id: one for learner_id, one in over.items() if learner_id not in held})


def tell_learners(session: Session, over: Over, clock: Clock) -> int:
    """Tell learners whose time is over that their record will be erased in 28 days; how many.

    Whoever gets in touch meanwhile keeps the record, and so does whoever is under a legal hold.
    """
    known = {row.learner_id: row for row in queries.open_retention_notices(session)}
    for learner_id, row in known.items():
        if learner_id not in over.all:
            queries.end_retention_notice(row, "kept", clock.now())
    new = [one for learner_id, one in over.free.items() if learner_id not in known][:MOST_TOLD]
    for one in new:
        _tell(session, one, clock)
    session.flush()
    return len(new)


def _tell(session: Session, one: LearnerOver, clock: Clock) -> None:
    erase_on = clock.today() + NOTICE
    row = RetentionNotice(learner_id=one.learner_id, rule=one.rule, told_at=clock.now(), erase_on=erase_on)
    session.add(row)
    session.flush()
    values = {"by": day_and_date(erase_on), "link": personal_link(session, one.learner_id, clock)}
    message = NewMessage(
        learner_id=one.learner_id, template="retention_notice", values=values, about_id=row.id,
        useless_after=clock.now() + timedelta(days=7),
    )  # fmt: skip
    messaging.send(session, message, SYSTEM, clock)
    audit.record(
        session, SYSTEM, "retention.told", "learner", one.learner_id, clock=clock, fields=(one.rule,)
    )


def notices_due(session: Session, over: Over, clock: Clock) -> list[UUID]:
    """Learners who were told, whose 28 days are over, who are still over their time and not held."""
    rows = queries.open_retention_notices(session)
    return [row.learner_id for row in rows if row.erase_on <= clock.today() and row.learner_id in over.free]


def erase_over(session: Session, learner_id: UUID, clock: Clock) -> None:
    """Erase one learner whose time is over."""
    erase_person(session, learner_id, SYSTEM, clock)
    for row in queries.open_retention_notices(session):
        if row.learner_id == learner_id:
            queries.end_retention_notice(row, "erased", clock.now())
    session.flush()
