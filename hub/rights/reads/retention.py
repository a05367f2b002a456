"""What is over its time: by rule and count, and which learners."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.infra import personal, sweeping
from hub.infra.audit import AuditEntry
from hub.infra.seals import archiving, removing
from hub.infra.seals.removing import Wanted
from hub.infra.sweeping import Sweep
from hub.learners import reads as learners
from hub.matching import reads as matching
from hub.oversight import reads as oversight
from hub.policy import domain as policy_domain
from hub.policy import reads as policy
from hub.referrals import reads as referrals
from hub.rights import queries
from hub.rights.domain.retention import RetentionRule, cutoff, rules, start_of
from hub.rights.holdings import CONTACTS, SWEEPS, WATCHED
from hub.waitlist import reads as waitlists

UNPLACED, ENROLLED, LEARNERS = "learner_unplaced", "learner_enrolled", "learners"
AUDIT, SECURITY_LOG, ARCHIVES = "audit", "security_log", "audit_archive"
AUDIT_RULES = {AUDIT: True, SECURITY_LOG: False}
"""Rules that take from the audit: whether whole periods go, or only the security entries in them."""
DATED_THEMSELVES = frozenset({"draft", "file", "package", "request"})
"""Rules whose rows know their own last day, or whose time does not change: their moment is now."""


@dataclass(frozen=True, slots=True)
class LearnerOver:
    """A learner whose time is over by a rule, since a day of last contact."""

    learner_id: UUID
    rule: str
    last_contact: date


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule today. `due`: what would go now; `held`: what would, but for a legal hold. None: not counted."""

    rule: RetentionRule
    number: str
    before: date | None
    due: int | None
    held: int


def preview(session: Session, clock: Clock) -> list[RuleState]:
    """Every rule with what it would take today. Changes nothing."""
    over = learners_over(session, clock)
    held = held_among(session, over)
    return [_state(session, rule, clock, over, held) for rule in rules().values()]


def _state(
    session: Session, rule: RetentionRule, clock: Clock, over: Collection[LearnerOver], held: set[UUID]
) -> RuleState:
    before, due, kept = _before(session, rule, clock), None, 0
    if rule.code in {UNPLACED, ENROLLED}:
        mine = [one.learner_id for one in over if one.rule == rule.code]
        due, kept = sum(one not in held for one in mine), sum(one in held for one in mine)
    elif rule.code in {AUDIT, SECURITY_LOG}:
        wanted = audit_wanted(session, rule.code, clock)
        found = removing.due(session, wanted) if wanted else None
        due, kept = (found.entries, found.held) if found else (0, 0)
    elif rule.code == ARCHIVES:
        due = len(archives_over(session, clock))
    elif sweeps := SWEEPS.get(rule.code):
        at = moment(session, rule, clock)
        due = sum(sweeping.count(session, one, at) for one in sweeps) if at else 0
    return RuleState(rule, number_in_words(session, rule, clock), before, due, kept)


def number_in_words(session: Session, rule: RetentionRule, clock: Clock) -> str:
    """`24 months`; `Off` for a clock of 0; the fixed words of a rule without a clock."""
    if rule.clock is None:
        return rule.fixed or ""
    number = policy.number(session, rule.clock, clock.today())
    unit = policy_domain.clocks()[rule.clock].unit.replace("_", " ")
    return f"{number} {unit if number != 1 else unit.removesuffix('s')}" if number else "Off"


def moment(session: Session, rule: RetentionRule, clock: Clock) -> datetime | None:
    """The moment before which things are over; None when the rule is off."""
    if rule.code in DATED_THEMSELVES:
        return clock.now()
    before = _before(session, rule, clock)
    if rule.code == "message_body" and before is not None and rule.clock is not None:
        return clock.now() - (clock.today() - before)
    return start_of(before) if before else None


def _before(session: Session, rule: RetentionRule, clock: Clock) -> date | None:
    number = policy.number(session, rule.clock, clock.today()) if rule.clock else 0
    return cutoff(rule, number, clock.today())


def due_now(session: Session, clock: Clock) -> set[str]:
    """The rules that would take something now, and `LEARNERS` where a learner's time could be over or one was told.

    One statement for all: on most days there is nothing to do.
    """
    moments = {code: moment(session, rules()[code], clock) for code in (*SWEEPS, UNPLACED, ENROLLED)}
    asked = [(code, one, at) for code, sweeps in SWEEPS.items() if (at := moments[code]) for one in sweeps]
    latest = max((at for code in (UNPLACED, ENROLLED) if (at := moments[code])), default=None)
    asked += [(LEARNERS, one, latest) for one in WATCHED.values() if latest]
    asked += [
        (code, Sweep(AuditEntry, partial(_over_in_audit, code)), at)
        for code in AUDIT_RULES
        if (at := moment(session, rules()[code], clock))
    ]
    return sweeping.due(session, asked)


def _over_in_audit(code: str, before: datetime) -> ColumnElement[bool]:
    return removing.is_due(Wanted(code, AUDIT_RULES[code], before))


def audit_wanted(session: Session, code: str, clock: Clock) -> Wanted | None:
    """What this rule would have go from the audit; None when it is off. Views of somebody under a legal hold stay."""
    at = moment(session, rules()[code], clock)
    if at is None:
        return None
    held = {one for learner_id in queries.all_held(session) for one in oversight.ids_of(session, learner_id)}
    return Wanted(code, AUDIT_RULES[code], at, frozenset(held))


def keeps_archives(session: Session, clock: Clock) -> bool:
    """Whether what goes from the audit is kept in sealed files for a time."""
    return _before(session, rules()[ARCHIVES], clock) is not None


def archives_over(session: Session, clock: Clock) -> list[Path]:
    """Files of removed audit entries whose time is over: all, where the hub keeps none."""
    before = _before(session, rules()[ARCHIVES], clock)
    return archiving.over(session, start_of(before) if before else clock.now())


def learners_over(session: Session, clock: Clock) -> list[LearnerOver]:
    """Learners with nothing open whose last contact lies before the cut-off of their rule, longest ago first.

    A learner counts as one with everybody merged into them. Held ones are in the list too.
    """
    placed = matching.learners_with_place(session)
    days = {code: _before(session, rules()[code], clock) for code in (UNPLACED, ENROLLED)}
    found = []
    for survivor, (ids, last) in _people(session).items():
        rule = ENROLLED if any(one in placed for one in ids) else UNPLACED
        before = days[rule]
        if before is not None and last < before and not any(placed.get(one, False) for one in ids):
            found.append(LearnerOver(survivor, rule, last))
    busy = _busy(session) if found else set()
    return sorted(
        (one for one in found if one.learner_id not in busy),
        key=lambda one: (one.last_contact, one.learner_id),
    )


def _people(session: Session) -> Mapping[UUID, tuple[set[UUID], date]]:
    """Learner now -> (all their ids, last contact)."""
    contacts = personal.last_contacts(session, CONTACTS)
    found: dict[UUID, tuple[set[UUID], date]] = {}
    for home, (survivor, since) in learners.living(session).items():
        ids, last = found.get(survivor, (set(), since))
        seen = [day for day in (contacts.get(home), contacts.get(survivor)) if day]
        found[survivor] = ids | {home, survivor}, max([last, since, *seen])
    return found


def _busy(session: Session) -> set[UUID]:
    """Survivors with something open: nothing is taken silently from under a case."""
    ids = referrals.learners_with_open_case(session) | waitlists.learners_on_list(session)
    ids |= {row.learner_id for row in session.scalars(queries.cases(open_only=True)) if row.learner_id}
    now = learners.survivors(session, ids)
    return {now.get(one, one) for one in ids}


def held_among(session: Session, over: Collection[LearnerOver]) -> set[UUID]:
    """Those on whom a legal hold or a restriction stands, under whatever id it was placed: what may only be kept
    is not erased either (Art 18(1)(b) and (c): the person may need it)."""
    standing = queries.all_held(session) | {one.learner_id for one in consents.standing_stops(session)}
    now = learners.survivors(session, standing)
    return {now.get(one, one) for one in standing} & {one.learner_id for one in over}
