"""What slices above may know of permission."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.consent import queries
from hub.consent.domain import (
    CURRENT_VERSION,
    PURPOSES,
    Channel,
    ChoiceMade,
    ConsentView,
    Language,
    PurposeStanding,
    Standing,
    Telling,
    Wording,
    languages_of,
    load_wording,
    standing_of,
)
from hub.consent.models import Consent
from hub.core.wording import short_date
from hub.infra.db import runtime
from hub.learners import reads as learners

_WORDS = {
    Standing.REFUSED: "The learner said no",
    Standing.WITHDRAWN: "The learner took it back",
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
    """Those of `ids` for whom `purpose` is permitted, in two queries."""
    if not PURPOSES[purpose].optional:
        return set(ids)
    sources = learners.source_record_ids(session, ids)
    tellings = _tellings(session, {one for each in sources.values() for one in each}, [purpose])
    return {
        learner_id
        for learner_id, own in sources.items()
        if standing_of([one for source in own for one in tellings[source]], own, today).permits
    }


def standings(session: Session, learner_id: UUID, today: date) -> tuple[PurposeStanding, ...]:
    """How every purpose stands for a learner, with words for staff."""
    own = learners.source_record_ids(session, [learner_id]).get(learner_id, frozenset())
    tellings = [one for each in _tellings(session, own, PURPOSES).values() for one in each]
    return tuple(
        _standing(code, [one for one in tellings if one.choice.purpose == code], own, today)
        for code in PURPOSES
    )


def consents(session: Session, learner_id: UUID) -> tuple[ConsentView, ...]:
    """Every asking of a learner, newest first, in clear."""
    rows = queries.consents_of(session, learners.survivor(session, learner_id))
    return _views(session, rows)


def consent(session: Session, consent_id: UUID) -> ConsentView | None:
    row = queries.consent(session, consent_id)
    return _views(session, [row])[0] if row else None


def wording(session: Session | None, language: str | None, version: str = CURRENT_VERSION) -> Wording:
    """The words to read or show, in the language or in English where they do not exist in it."""
    return load_wording(language, version, runtime().settings.hub_name)


def languages() -> tuple[Language, ...]:
    """The languages in which the current words exist, English first."""
    return languages_of()


def relying_organisations(session: Session) -> tuple[str, ...]:
    """Who may receive details, by name, to show with the words: categories are not enough (ICO)."""
    return tuple(one.name for one in accounts.organisations(session, OrganisationKind.PROVIDER))


def _tellings(
    session: Session, source_record_ids: Collection[UUID], purposes: Collection[str]
) -> dict[UUID, list[Telling]]:
    found: dict[UUID, list[Telling]] = defaultdict(list)
    for source, given_on, at, proven, purpose, granted, withdrawn_at in queries.tellings(
        session, source_record_ids, purposes
    ):
        found[source].append(
            Telling(source, given_on, at, proven, ChoiceMade(purpose, granted, withdrawn_at))
        )
    return found


def _standing(code: str, tellings: list[Telling], own: Collection[UUID], today: date) -> PurposeStanding:
    one = PURPOSES[code]
    standing = standing_of(tellings, own, today) if one.optional else Standing.NOT_NEEDED
    words = _WORDS[standing]
    if standing is Standing.GIVEN:
        words += f" on {short_date(max(telling.given_on for telling in tellings))}"
    return PurposeStanding(one, standing, standing.permits, words)


def _views(session: Session, rows: Collection[Consent]) -> tuple[ConsentView, ...]:
    choices: dict[UUID, list[ChoiceMade]] = defaultdict(list)
    for choice in queries.choices_of(session, [row.id for row in rows]):
        choices[choice.consent_id].append(ChoiceMade(choice.purpose, choice.granted, choice.withdrawn_at))
    return tuple(_view(row, tuple(choices[row.id])) for row in rows)


def _view(row: Consent, choices: tuple[ChoiceMade, ...]) -> ConsentView:
    return ConsentView(
        id=row.id,
        learner_id=row.learner_id,
        source_record_id=row.source_record_id,
        organisation_id=row.organisation_id,
        captured_by=row.captured_by,
        given_on=row.given_on,
        channel=Channel(row.channel),
        language=row.language,
        wording_version=row.wording_version,
        wording_sha256=row.wording_sha256,
        interpreter_used=row.interpreter_used,
        proven=row.proven,
        proven_at=row.proven_at,
        proof_note=row.proof_note,
        created_at=row.created_at,
        choices=choices,
    )
