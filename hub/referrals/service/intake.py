"""A learner is referred: the story of one intake, the same for the page, the API and a file."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import zip_longest
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import service as consents
from hub.consent.domain import Circumstances, NewConsent, consent_faults, is_under_18
from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.ids import new_id, new_reference
from hub.core.permissions import Actor
from hub.eligibility.domain import AgeRoute, age_route, signpost
from hub.infra import geography
from hub.infra.db import record, when_broken
from hub.infra.sight import open_to_the_hub
from hub.infra.vault import people_indexes
from hub.learners import service as learners
from hub.learners.domain import Identified, NewNeeds, NewPerson, name_tokens, needs_faults, person_faults
from hub.learners.domain.golden import SourceRecordView
from hub.referrals import queries
from hub.referrals.domain import Channel, Move, ReferralState, ReferralSubmitted, Source, is_open
from hub.referrals.models import Referral
from hub.referrals.reads.standing import public_standing
from hub.referrals.service.moves import Doing, move
from hub.waitlist import service as waitlist
from hub.waitlist.domain import facts_of_referral
from hub.waitlist.reads import JoiningRecord

HEALTH_PURPOSE = "P08"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """What the learner agreed to. Without `wording_version` or `language` it is not proven (files only)."""

    given_on: date
    channel: str
    purposes: frozenset[str] = frozenset()
    language: str | None = None
    wording_version: str | None = None
    interpreter_used: bool = False
    circumstances: Circumstances = field(default_factory=Circumstances, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReferral:
    """One referral as an edge has read it. `organisation_id` only where the actor acts for another (a file).

    `postcode_checked`: a person insists on a postcode that our table does not know.
    """

    person: NewPerson
    source: Source
    consent: ConsentGiven | None
    needs: NewNeeds | None = None
    reason: str = ""
    notes: str = ""
    mandated: bool = False
    external_reference: str | None = None
    channel: Channel = Channel.PAGE
    organisation_id: UUID | None = None
    import_key: bytes | None = None
    postcode_checked: bool = False


def submit(session: Session, new: NewReferral, actor: Actor, clock: Clock) -> Referral:
    """Refer a learner. Always ends as `submitted`, whether or not the person was known before.

    Raises RuleBroken (under 16, consent missing, impossible or unknown details) and Conflict
    `already_referred`, the latter only for the same organisation's own open referral.
    """
    organisation_id = _organisation(new, actor)
    route = require_submittable(new, clock.today())
    if not new.postcode_checked:
        geography.require_known(session, new.person.postcode or "")
    keys = _keys(new)
    open_to_the_hub(session)
    _require_first(session, organisation_id, keys)
    found = learners.identify(session, new.person, _permitted_needs(new), organisation_id, actor, clock)
    _record_consent(session, new, found, actor, clock)
    _note_priority(session, new, found, actor, clock)
    case = _Case(organisation_id, keys, route is AgeRoute.ADVISER_16_18, clock.now())
    referral = _add(session, new, found, case, actor)
    _store(session, referral, actor, clock)
    by_self = new.channel is Channel.SELF
    record(session, ReferralSubmitted(referral.id, referral.learner_id, organisation_id, by_self))
    return referral


def require_submittable(new: NewReferral, today: date) -> AgeRoute:
    """Refuse what cannot be a referral, naming each field; the route that the learner's age leads to."""
    person, missing = new.person, {}
    for name, words in _MUST.items():
        if not getattr(person, name):
            missing[name] = words
    faults = missing | person_faults(person, today) | (needs_faults(new.needs) if new.needs else {})
    if faults:
        raise RuleBroken.many(faults, code="invalid_input")
    _require_consent(new, today)
    route = age_route(person.date_of_birth or today, today)
    if route is AgeRoute.REFUSE_UNDER_16:
        raise RuleBroken(signpost(today), code="under_16", field="date_of_birth")
    return route


_MUST = {
    "given_names": "Enter the learner's given names",
    "family_name": "Enter the learner's family name",
    "date_of_birth": "Enter the learner's date of birth",
    "postcode": "Enter the learner's postcode",
    "phone": "Enter the learner's phone number",
}


def _require_consent(new: NewReferral, today: date) -> None:
    given = new.consent
    proven = given is not None and given.wording_version and given.language
    if given is None or (not proven and new.channel is not Channel.FILE):
        raise RuleBroken(
            "Say what the learner agreed to, with the version and the language of the words read to them.",
            code="consent_missing",
            field="consent",
        )
    if faults := consent_faults(_as_consent(given, new), today):
        raise RuleBroken.many({f"consent.{k}": v for k, v in faults.items()}, code="invalid_input")


def _as_consent(given: ConsentGiven, new: NewReferral) -> NewConsent:
    return NewConsent(
        given_on=given.given_on,
        channel=given.channel,
        language=given.language,
        wording_version=given.wording_version,
        purposes=given.purposes,
        interpreter_used=given.interpreter_used,
        organisation_id=new.organisation_id,
        under_18=is_under_18(new.person.date_of_birth, given.given_on),
        circumstances=given.circumstances,
    )


def _keys(new: NewReferral) -> "_Keys":
    """`person_keys`; of its own for who refers themselves: "referred already" would tell a stranger who types a name
    that the person is known. The hub compares the records instead."""
    alone = new.channel is Channel.SELF
    person = people_indexes("referral_self", str(new_id())) if alone else person_keys(new.person)
    return _Keys(person, external_keys(new.external_reference))


def person_keys(person: NewPerson | SourceRecordView) -> list[bytes]:
    """Find the same person as the same organisation writes them, the stored one first; see `queries.same_person`."""
    names = " ".join(name_tokens(person.given_names, person.family_name))
    born = person.date_of_birth.isoformat() if person.date_of_birth else ""
    return people_indexes("referral_person", "|".join((names, born, person.phone or "")))


def external_keys(reference: str | None) -> list[bytes]:
    """Find an organisation's own reference, which is sealed, the stored one first."""
    return people_indexes("referral_external", reference) if reference else []


def _organisation(new: NewReferral, actor: Actor) -> UUID:
    organisation_id = new.organisation_id or actor.organisation_id
    if organisation_id is None:
        raise RuleBroken("Say which organisation refers the learner.", field="organisation")
    return organisation_id


@dataclass(frozen=True, slots=True)
class _Keys:
    """Under which hashes the organisation may have referred this person before."""

    person: list[bytes]
    external: list[bytes]


def _require_first(session: Session, organisation_id: UUID, keys: _Keys) -> None:
    """The organisation's own open referral of this learner stands already. Two at once meet at the unique index."""
    own = queries.same_person(session, organisation_id, zip_longest(keys.person, keys.external))
    standing = public_standing(session, own)
    for referral in own:
        if is_open(standing[referral.id].state):
            error = Conflict(
                f"Your organisation has already referred this learner: {referral.reference}.",
                code="already_referred",
            )
            error.extra = {"referral_id": str(referral.id), "reference": referral.reference}
            raise error


def _permitted_needs(new: NewReferral) -> NewNeeds | None:
    """Health and disability are kept only where the learner agreed to exactly that (P08)."""
    agreed = new.consent is not None and HEALTH_PURPOSE in new.consent.purposes
    return new.needs if new.needs is None or agreed else new.needs.without_health()


def _record_consent(
    session: Session, new: NewReferral, found: Identified, actor: Actor, clock: Clock
) -> None:
    if new.consent is not None:
        consents.record(session, _as_consent(new.consent, new), found, actor, clock)


def _store(session: Session, referral: Referral, actor: Actor, clock: Clock) -> None:
    """Move the referral on its way; of two at the same moment the second is told of the first when it is written."""
    move(session, referral, Doing(Move.SUBMIT), actor, clock)
    words = "Your organisation has already referred this learner, a moment ago."
    when_broken(session, "uq_referral_person_open", Conflict(words, code="already_referred"))


def _note_priority(session: Session, new: NewReferral, found: Identified, actor: Actor, clock: Clock) -> None:
    """What the way a learner came says about their turn, by the published rules."""
    facts = facts_of_referral(new.source.value, new.mandated)
    if facts:
        about = JoiningRecord(found.learner_id, found.source_record_id, found.subject_id)
        waitlist.note_priority(session, about, facts, actor, clock)


@dataclass(frozen=True, slots=True)
class _Case:
    organisation_id: UUID
    keys: _Keys
    adviser_needed: bool
    now: datetime


def _add(session: Session, new: NewReferral, found: Identified, case: _Case, actor: Actor) -> Referral:
    is_worker = actor.kind == "user" and actor.organisation_id == case.organisation_id
    referral = Referral(
        subject_id=found.subject_id,
        reference=new_reference(length=6),
        learner_id=found.learner_id,
        source_record_id=found.source_record_id,
        organisation_id=case.organisation_id,
        worker_id=actor.id if is_worker else None,
        channel=new.channel,
        state=ReferralState.DRAFT,
        adviser_needed=case.adviser_needed,
        external_reference=new.external_reference,
        external_key=next(iter(case.keys.external), None),
        person_key=case.keys.person[0],
        import_key=new.import_key,
        submitted_at=case.now,
        moved_at=case.now,
        source=new.source.value,
    )
    if new.reason:
        referral.reason = new.reason
    if new.notes:
        referral.notes = new.notes
    if new.mandated:
        referral.mandated = True
    return referral


def organisation_of(session: Session, slug: str) -> UUID:
    """The organisation of this slug; NotFound names the slug."""
    return accounts.organisation_by_slug(session, slug).id


def in_file(new: NewReferral, organisation_id: UUID, import_key: bytes) -> NewReferral:
    """The same referral as a row of an organisation's file."""
    return replace(new, channel=Channel.FILE, organisation_id=organisation_id, import_key=import_key)
