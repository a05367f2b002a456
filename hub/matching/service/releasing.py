"""Releasing lines of a round into offers, and taking a release back while nobody has answered.

A person releases; everything is asked again under lock at that moment, and what is stale is refused by name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.calendars import holidays
from hub.infra.db import record
from hub.matching import queries
from hub.matching.domain.events import OfferMade, RoundReleased
from hub.matching.domain.offers import LIVE, OfferState
from hub.matching.domain.packing import unpack
from hub.matching.domain.rounds import (
    LineState,
    RefusedLine,
    Released,
    RoundState,
    Stale,
    require_open,
)
from hub.matching.models import MatchLine, MatchRound, Offer
from hub.matching.service.rounds import SUBJECT, end
from hub.matching.service.snapshots import MATCH, agreements
from hub.matching.service.states import Change, Ending, end_offer, offer_line, offer_step
from hub.policy import reads as policy
from hub.provision import reads as provision_reads
from hub.provision import service as provision
from hub.provision.reads import EsolClassView
from hub.steps import service as steps
from hub.steps.domain import StepKind, due_on
from hub.waitlist import reads as waitlist_reads
from hub.waitlist import service as waitlist
from hub.waitlist.domain import EntryState
from hub.waitlist.reads import EntryView


def release(
    session: Session, round_id: UUID, line_ids: Collection[UUID] | None, actor: Actor, clock: Clock
) -> Released:
    """Turn proposed lines (all with None) into offers with the providers. Lines released before stay as they are.

    Raises NotFound for a round or line that is not there, Conflict `round_over`, RuleBroken `no_lines`.
    """
    queries.lock_releases(session)
    row = queries.match_round(session, round_id, for_update=True)
    require_open(row.state)
    chosen = _chosen(session, row, line_ids)
    now = _facts_now(session, row, chosen, clock.today())
    refused = {line.id: why for line in chosen if (why := now.stale(line)) is not None}
    refused |= _hold_places(session, _but(chosen, refused), now, clock)
    refused |= _mark_entries(session, _but(chosen, refused), actor, clock)
    offers = _make_offers(session, row, _but(chosen, refused), now, actor, clock)
    _note(row, chosen, refused, actor, clock)
    session.flush()
    audit.record(session, actor, "match_round.released", SUBJECT, row.id, clock=clock)
    _close_step_if_done(session, row, clock)
    record(session, RoundReleased(row.id))
    session.flush()
    told = tuple(
        RefusedLine(line.id, line.learner_id, line.esol_class_id, refused[line.id])
        for line in chosen
        if line.id in refused and line.esol_class_id is not None
    )
    return Released(row.id, tuple(offer.id for offer in offers), told)


def _but(lines: Sequence[MatchLine], refused: Collection[UUID]) -> list[MatchLine]:
    return [line for line in lines if line.id not in refused]


def _chosen(session: Session, row: MatchRound, line_ids: Collection[UUID] | None) -> list[MatchLine]:
    """The proposed lines to release, in the order in which places are locked."""
    if line_ids is not None and not line_ids:
        raise RuleBroken("Choose at least one line to release.", code="no_lines", field="lines")
    found = queries.lines(session, row.id, line_ids, for_update=True)
    if line_ids is not None and len(found) < len(set(line_ids)):
        raise NotFound("There is no such line in this round.")
    proposed = [line for line in found if line.state is LineState.PROPOSED]
    return sorted(proposed, key=lambda line: (str(line.esol_class_id), line.key))


# ---------------------------------------------------------------- what is true now


@dataclass(frozen=True, slots=True)
class _Now:
    """What is true at the moment of release, read in bulk."""

    today: date
    entries: Mapping[UUID, EntryView]
    offered: Collection[tuple[UUID, Any]]
    consenting: Collection[UUID]
    classes: Mapping[UUID, EsolClassView]
    versions: Mapping[UUID, int]
    agreed: Collection[UUID]

    def stale(self, line: MatchLine) -> Stale | None:
        """Why a line may not be released any more; capacity is asked under the class's lock."""
        entry = self.entries.get(line.entry_id)
        view = self.classes.get(line.esol_class_id) if line.esol_class_id else None
        if entry is None or entry.state is EntryState.OFFERED:
            return Stale.ALREADY_OFFERED
        if (entry.learner_id, entry.strand) in self.offered:
            return Stale.ALREADY_OFFERED
        if entry.state is not EntryState.WAITING or entry.version != line.entry_version:
            return Stale.ENTRY_CHANGED
        if entry.learner_id not in self.consenting:
            return Stale.NO_CONSENT
        if view is None or view.id not in self.versions:
            return Stale.CLASS_NOT_OPEN
        if view.organisation_id not in self.agreed:
            return Stale.NO_AGREEMENT
        return Stale.CLASS_CHANGED if view.version != self.versions[view.id] else None

    def place_in_line(self, line: MatchLine) -> tuple[int, date, str]:
        """Who goes first when a class has fewer places than at the preview: priority, then the wait."""
        entry = self.entries[line.entry_id]
        return entry.priority_band, entry.queue_on, line.key


def _facts_now(session: Session, row: MatchRound, chosen: Sequence[MatchLine], today: date) -> _Now:
    entries = {one.id: one for one in waitlist_reads.waiting(session, today)}
    learner_ids = {one.learner_id for one in entries.values()}
    wanted = {line.esol_class_id for line in chosen}
    classes = {
        view.id: view for view in provision_reads.matchable_classes(session, today) if view.id in wanted
    }
    versions = {one.esol_class_id: one.class_version for one in queries.round_classes(session, row.id)}
    return _Now(
        today=today,
        entries=entries | _entries_gone(session, chosen, entries),
        offered=queries.live_of_learners(session, learner_ids),
        consenting=consents.may_many(session, learner_ids, MATCH, today),
        classes=classes,
        versions=versions,
        agreed=agreements(session, {view.organisation_id for view in classes.values()}, today),
    )


def _entries_gone(
    session: Session, chosen: Sequence[MatchLine], waiting: Mapping[UUID, EntryView]
) -> dict[UUID, EntryView]:
    """Entries of lines that wait no longer, to say what became of them."""
    gone = {line.learner_id for line in chosen if line.entry_id not in waiting}
    found = waitlist_reads.entries_of(session, gone) if gone else {}
    return {entry.id: entry for entries in found.values() for entry in entries if entry.id not in waiting}


# ---------------------------------------------------------------- doing it


def _hold_places(session: Session, wanted: Sequence[MatchLine], now: _Now, clock: Clock) -> dict[UUID, Stale]:
    """Hold places class by class, first for who is first in line; the lines that got none, with why."""
    refused: dict[UUID, Stale] = {}
    for class_id, group in groupby(wanted, key=lambda line: line.esol_class_id):
        lines = sorted(group, key=now.place_in_line)
        try:
            held = provision.hold_places(session, class_id, len(lines), clock) if class_id else 0
            refused |= {line.id: Stale.CLASS_FULL for line in lines[held:]}
        except Conflict:
            refused |= {line.id: Stale.CLASS_NOT_OPEN for line in lines}
    return refused


def _mark_entries(
    session: Session, wanted: Sequence[MatchLine], actor: Actor, clock: Clock
) -> dict[UUID, Stale]:
    """Mark the entries as offered, under their locks; a line whose entry changed meanwhile loses its place."""
    versions = {line.entry_id: line.entry_version for line in wanted}
    marked = waitlist.mark_offered_many(session, versions, actor, clock)
    changed = [line for line in wanted if line.entry_id not in marked]
    for line in changed:
        if line.esol_class_id is not None:
            provision.release_place(session, line.esol_class_id, clock)
    return {line.id: Stale.ENTRY_CHANGED for line in changed}


def _make_offers(  # noqa: PLR0913, PLR0917 - what an offer is made of
    session: Session, row: MatchRound, wanted: Sequence[MatchLine], now: _Now, actor: Actor, clock: Clock
) -> list[Offer]:
    if not wanted:
        return []
    facts = _facts_by_key(row)
    due, ceiling = _provider_days(session, clock)
    offers = []
    for line in wanted:
        entry, view = now.entries[line.entry_id], now.classes[line.esol_class_id or line.id]
        offer = _offer(row, line, entry, view, facts[line.key], clock)
        offer.provider_due_on, offer.provider_ceiling_on = due, ceiling
        offers.append(offer)
        session.add_all([offer, offer_line(offer, None, Change(OfferState.WITH_PROVIDER), actor, clock)])
        audit.record(session, actor, "offer.made", "learner", offer.learner_id, clock=clock)
        record(session, OfferMade(offer.id, offer.learner_id, offer.esol_class_id))
    steps.open_steps(session, [one for one in (offer_step(session, x, clock) for x in offers) if one], clock)
    session.flush()
    return offers


def _provider_days(session: Session, clock: Clock) -> tuple[date, date | None]:
    """The day by which a provider should answer, and the last one before the hub decides (None: no limit)."""
    ceiling = policy.number(session, "provider_reply_ceiling", clock.today())
    last = due_on(ceiling, clock.today(), holidays()) if ceiling else None
    return steps.due(session, "provider_reply_target", clock), last


def _facts_by_key(row: MatchRound) -> dict[str, dict[str, Any]]:
    """What was true in the round: frozen with the offer, so that all are judged by the same facts."""
    rows = {one["id"]: one for one in unpack(row.snapshot or "")["learners"]}
    placed = {one["learner"]: one for one in unpack(row.result or "")["assignments"]}
    return {
        key: {
            "skills": rows[key]["skills"],
            "available": rows[key]["available"],
            "needs": rows[key]["needs"],
            "funding": rows[key]["funding"],
            "available_from": rows[key]["available_from"],
            "priority_band": rows[key]["priority_band"],
            "band": one["band"],
            "distance_km": one["distance_km"],
            "round": row.name,
            "policy_version": row.policy["version"],
        }
        for key, one in placed.items()
    }


def _offer(  # noqa: PLR0913, PLR0917 - what an offer is made of
    row: MatchRound,
    line: MatchLine,
    entry: EntryView,
    view: EsolClassView,
    facts: dict[str, Any],
    clock: Clock,
) -> Offer:
    return Offer(
        subject_id=entry.subject_id,
        match_round_id=row.id,
        match_line_id=line.id,
        entry_id=entry.id,
        learner_id=entry.learner_id,
        source_record_id=entry.source_record_id,
        case_id=entry.case_id,
        esol_class_id=view.id,
        organisation_id=view.organisation_id,
        strand=entry.strand,
        level=entry.level,
        state=OfferState.WITH_PROVIDER,
        starts_on=view.joins_on,
        made_at=clock.now(),
        changed_at=clock.now(),
        provider_silent=False,
        facts=facts,
    )


def _note(
    row: MatchRound, chosen: Sequence[MatchLine], refused: Mapping[UUID, Stale], actor: Actor, clock: Clock
) -> None:
    for line in chosen:
        line.stale = refused.get(line.id)
        line.state = LineState.REFUSED if line.id in refused else LineState.RELEASED
    if chosen:
        row.state = RoundState.RELEASED
        row.released_at, row.released_by = row.released_at or clock.now(), row.released_by or actor.id


def _close_step_if_done(session: Session, row: MatchRound, clock: Clock) -> None:
    counts = queries.line_counts(session, [row.id]).get(row.id, {})
    if not counts.get(LineState.PROPOSED):
        steps.close_step(session, StepKind.ROUND_TO_RUN, row.id, clock)


# ---------------------------------------------------------------- undo


def undo(session: Session, round_id: UUID, actor: Actor, clock: Clock) -> MatchRound:
    """Take a round back: its offers are withdrawn and its learners are in line again, as if it had not been.

    A preview is thrown away. Doing it twice is doing it once. Raises NotFound, Conflict `round_answered` once
    a provider or the hub has acted on one of its offers, `round_over` for a round that is closed.
    """
    queries.lock_releases(session)
    row = queries.match_round(session, round_id, for_update=True)
    if row.state is RoundState.UNDONE:
        return row
    require_open(row.state)
    offers = queries.offers_of_round(session, row.id)
    if any(offer.state is not OfferState.WITH_PROVIDER for offer in offers if offer.state in LIVE) or any(
        offer.provider_answered_at or offer.answered_at for offer in offers
    ):
        raise Conflict(
            "Somebody has already answered an offer of this round. Withdraw single offers instead.",
            code="round_answered",
        )
    for offer in offers:
        if offer.state in LIVE:
            end_offer(session, offer, Ending(OfferState.WITHDRAWN, "round_undone"), actor, clock)
    for line in queries.lines(session, row.id):
        if line.state in {LineState.PROPOSED, LineState.RELEASED, LineState.REFUSED}:
            line.state = LineState.UNDONE
    end(session, row, RoundState.UNDONE, "undone", actor, clock)
    return row
