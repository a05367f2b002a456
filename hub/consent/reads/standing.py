"""How permissions stand, and every asking in clear."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.consent import queries
from hub.consent.domain import (
    CURRENT_VERSION,
    PURPOSES,
    AskedByLink,
    BasisDecision,
    Channel,
    ChoiceMade,
    Circumstances,
    ConsentEventView,
    ConsentState,
    ConsentView,
    Language,
    Purpose,
    PurposeStanding,
    Standing,
    Telling,
    Wording,
    languages_of,
    load_wording,
    permitted,
    purposes_on,
    standing_of,
)
from hub.consent.models import SCHEMA_VERSION, Consent, ConsentEvent
from hub.consent.reads.stops import stopped, stops_of
from hub.core.wording import short_date
from hub.infra.db import runtime
from hub.learners import reads as learners

_WORDS = {
    Standing.REFUSED: "The learner said no",
    Standing.WITHDRAWN: "The learner took it back",
    Standing.INVALIDATED: "Found not to be valid: ask the learner again",
    Standing.EXPIRED: "It ran out: ask the learner again",
    Standing.NOT_PROVEN: "Not proven: we do not know which words were shown",
    Standing.NOT_ASKED: "Not asked",
    Standing.GIVEN: "The learner said yes",
    Standing.NOT_NEEDED: "No permission needed",
}


def may(session: Session, learner_id: UUID, purpose: str, today: date) -> bool:
    """Whether `purpose` is permitted for the learner on that day: the strictest over all sources.

    Ask at the moment of acting. A purpose that rests on another basis than permission always may.
    """
    return learner_id in may_many(session, [learner_id], purpose, today)


def may_many(session: Session, ids: Collection[UUID], purpose: str, today: date | None = None) -> set[UUID]:
    """Those of `ids` for whom `purpose` is permitted and nothing stops it, in two queries at most."""
    known = PURPOSES[purpose]
    if not known.optional:
        return set(ids) - stopped(session, ids, purpose) if known.stoppable else set(ids)
    sources = learners.source_record_ids(session, ids)
    tellings = _by_source(session, {one for each in sources.values() for one in each}, [purpose])
    return {
        learner_id
        for learner_id, own in sources.items()
        if permitted([one for source in own for one in tellings[source]], own, today)
    }


def standings(session: Session, learner_id: UUID, today: date) -> tuple[PurposeStanding, ...]:
    """How every purpose stands for a learner, with words for staff and the basis of that day."""
    own = learners.source_record_ids(session, [learner_id]).get(learner_id, frozenset())
    tellings = queries.tellings(session, own, PURPOSES)
    since = {code: stop.since for stop in reversed(stops_of(session, learner_id)) for code in stop.purposes}
    said = (
        _standing(one, [telling for telling in tellings if telling.purpose == one.code], own, today)
        for one in purposes_of_day(session, today).values()
    )
    return tuple(_as_stopped(one, since.get(one.purpose.code)) for one in said)


def _as_stopped(one: PurposeStanding, since: date | None) -> PurposeStanding:
    """The same, not permitted while somebody's restriction or objection stands."""
    if since is None:
        return one
    words = f"Stopped since {short_date(since)}, because the learner asked for it. {one.words}"
    return replace(one, permitted=False, words=words, stopped_since=since)


def purposes_of_day(session: Session, day: date) -> dict[str, Purpose]:
    """All purposes with the basis that the controller had decided on by that day."""
    decided = [
        BasisDecision(row.purpose, row.basis, row.art9_condition, row.starts_on, row.reason)
        for row in queries.basis_decisions(session)
    ]
    return purposes_on(day, decided)


def consents(session: Session, learner_id: UUID) -> tuple[ConsentView, ...]:
    """Every asking of a learner, newest first, in clear."""
    rows = queries.consents_of(session, learners.survivor(session, learner_id))
    return views(session, rows)


def consent(session: Session, consent_id: UUID) -> ConsentView | None:
    row = queries.consent(session, consent_id)
    return views(session, [row])[0] if row else None


def asked_by_link(session: Session, learner_id: UUID) -> tuple[AskedByLink, ...]:
    """What the learner was asked by link and has not answered yet, oldest first."""
    return _asked(session, queries.open_requests(session, [learners.survivor(session, learner_id)]))


def _asked(session: Session, rows: Collection[Consent]) -> tuple[AskedByLink, ...]:
    until = {one.consent_id: one.valid_until for one in queries.events_of(session, [row.id for row in rows])}
    return tuple(
        AskedByLink(
            row.id, row.organisation_id, Channel(row.channel), row.given_on, until[row.id] or row.given_on
        )
        for row in rows
    )


def own_asking(session: Session, learner_id: UUID, source_record_id: UUID) -> tuple[AskedByLink | None, bool]:
    """For who referred: their own asking by link that is open, and whether anything was ever answered at this
    source. Nothing of what was answered."""
    with learners.alone(session, [learner_id]):
        newest = queries.newest_of(session, source_record_id)
        if newest is None:
            return None, False
        view = views(session, [newest])[0]
        is_open = view.channel.asks and all(one.state is ConsentState.REQUESTED for one in view.choices)
        return (_asked(session, [newest])[0] if is_open else None), view.is_answered


def wording(session: Session | None, language: str | None, version: str = CURRENT_VERSION) -> Wording:
    """The words to read or show, in the language or in English where they do not exist in it."""
    return load_wording(language, version, runtime().settings.hub_name)


def languages() -> tuple[Language, ...]:
    """The languages in which the current words exist, English first."""
    return languages_of()


def relying_organisations(session: Session) -> tuple[str, ...]:
    """Who may receive details, by name, to show with the words: categories are not enough (ICO)."""
    return tuple(one.name for one in accounts.organisations(session, OrganisationKind.PROVIDER))


def _by_source(
    session: Session, source_record_ids: Collection[UUID], purposes: Collection[str]
) -> dict[UUID, list[Telling]]:
    found: dict[UUID, list[Telling]] = defaultdict(list)
    for one in queries.tellings(session, source_record_ids, purposes):
        found[one.source_record_id].append(one)
    return found


def _standing(one: Purpose, tellings: list[Telling], own: Collection[UUID], today: date) -> PurposeStanding:
    standing = standing_of(tellings, own, today) if one.optional else Standing.NOT_NEEDED
    words = _WORDS[standing]
    if standing is Standing.GIVEN:
        words += f" on {short_date(max(telling.given_on for telling in tellings))}"
    return PurposeStanding(one, standing, standing.permits, words)


def views(session: Session, rows: Collection[Consent]) -> tuple[ConsentView, ...]:
    """These askings in clear, with what happened to each of their permissions."""
    events: dict[UUID, dict[str, list[ConsentEventView]]] = defaultdict(lambda: defaultdict(list))
    for one in queries.events_of(session, [row.id for row in rows]):
        events[one.consent_id][one.purpose].append(_event(one))
    return tuple(
        _view(row, tuple(ChoiceMade(code, tuple(each)) for code, each in events[row.id].items()))
        for row in rows
    )


def _event(row: ConsentEvent) -> ConsentEventView:
    return ConsentEventView(
        row.purpose, row.number, row.state, row.at, row.actor_id, row.actor_role, row.event_type,
        row.valid_until, row.relayed, row.reason,
    )  # fmt: skip


def _view(row: Consent, choices: tuple[ChoiceMade, ...]) -> ConsentView:
    return ConsentView(
        id=row.id,
        learner_id=row.learner_id,
        source_record_id=row.source_record_id,
        organisation_id=row.organisation_id,
        captured_by=row.captured_by,
        captured_role=row.captured_role,
        given_on=row.given_on,
        channel=Channel(row.channel),
        language=row.language,
        notice_id=row.notice_id,
        wording_version=row.wording_version,
        wording_sha256=row.wording_sha256,
        interpreter_used=row.interpreter_used,
        proven=row.proven,
        proven_at=row.proven_at,
        proof_note=row.proof_note,
        created_at=row.created_at,
        receipt_id=row.receipt_id,
        schema_version=row.schema_version or SCHEMA_VERSION,
        under_18=bool(row.under_18),
        no_detriment_shown=bool(row.no_detriment_shown),
        agreement_id=row.sharing_agreement_id,
        circumstances=Circumstances(**(row.circumstances or {})),
        choices=choices,
    )
