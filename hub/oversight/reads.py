"""The audit as people read it: entries with names, the state of the seals, who looked at a learner's record."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import disclosure
from hub.accounts.domain.disclosure import Disclosed, Sight, disclose
from hub.core.acts import Act, act_of
from hub.core.clock import LONDON, Clock
from hub.core.errors import NotFound
from hub.core.ids import tidy_reference
from hub.core.permissions import ROLE_LABELS, Actor, Role
from hub.infra.audit import AuditEntry
from hub.infra.seals import removing, sealer, verifying
from hub.infra.seals.models import AuditCheck, AuditSeal
from hub.infra.seals.removal import Removal
from hub.infra.sight import as_the_hub
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.oversight import queries
from hub.oversight.domain import Look, Seen, Verdict, Wanted, looks
from hub.oversight.models import EmergencyAccess
from hub.oversight.queries import Narrowed
from hub.policy import reads as policy
from hub.referrals import reads as referrals

PAGE = 50
MOST_EXPORTED = 100_000
MOST_LOOKS = 2_000
NAMES_TO_LEARNERS = "who_looked_names"
"""The setting that shows staff's names on the learner's page: 0 no, 1 yes."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with names instead of ids where there are any; `about` never names a learner."""

    id: UUID
    seq: int
    at: datetime
    who: str
    role: str
    organisation: str
    act: Act
    action: str
    about: str
    row: AuditEntry

    @property
    def was_refused(self) -> bool:
        return self.row.outcome != "done"


@dataclass(frozen=True, slots=True)
class State:
    """How far the audit is sealed, when it was last checked, when as a whole, and what that found."""

    newest: AuditSeal | None
    checked: AuditCheck | None
    whole: AuditCheck | None
    late_seconds: int
    key_id: str
    removals: list[Removal]
    """What was removed by rule, the newest first"""


def state(session: Session, clock: Clock) -> State:
    """The state of the seals now."""
    return State(
        sealer.newest(session), verifying.last_check(session), verifying.last_whole_check(session),
        int(sealer.lag(session, clock)), sealer.signer().key_id, removing.removals(session),
    )  # fmt: skip


def search(session: Session, wanted: Wanted, before: int | None = None, limit: int = PAGE) -> list[EntryView]:
    """Entries that fit, newest first."""
    return _named(session, queries.entries(session, _narrowed(session, wanted), before, limit))


def _narrowed(session: Session, wanted: Wanted) -> Narrowed:
    people, organisations = _actors(session, wanted.who) if wanted.who else (None, [])
    about = _subjects(session, wanted.about) if wanted.about else None
    return Narrowed(people, organisations, about, wanted.kind, wanted.action, wanted.first, wanted.last)


def _actors(session: Session, words: str) -> tuple[list[UUID], list[UUID]]:
    """(people, organisations) that the words name: an id, an e-mail, part of a name, or an organisation's name."""
    asked = words.strip().lower()
    if (known := _as_id(asked)) is not None:
        return [known], []
    organisations = accounts.organisations(session)
    fitting = [one.id for one in organisations if asked in {one.slug, one.name.lower()}]
    people = accounts.people_named(session, asked)
    return [one.id for one in people], fitting


def _subjects(session: Session, words: str) -> list[UUID]:
    """Everything that a reference stands for: the referral, the learner and the learner's other ids; or one id."""
    if (known := _as_id(words)) is not None:
        return [known]
    reference = tidy_reference(words)
    case = referrals.by_reference(session, reference) if reference else None
    return ids_of(session, case.learner_id) if case else []


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def ids_of(session: Session, learner_id: UUID) -> list[UUID]:
    """The ids under which a learner stands in the audit: their own, of merged records, and of their referrals."""
    ids = learners.same_person_ids(session, learner_id) | {learner_id}
    cases = [one.id for each in referrals.referrals_of(session, list(ids)).values() for one in each]
    return [*ids, *cases]


def one(session: Session, entry_id: UUID) -> tuple[EntryView, AuditSeal | None]:
    """One entry, and the seal that holds it; NotFound."""
    row = queries.entry(session, entry_id)
    if row is None:
        raise NotFound("There is no such entry.")
    return _named(session, [row])[0], queries.seal_holding(session, row.seq)


def about_learner(session: Session, learner_id: UUID, limit: int) -> list[EntryView]:
    """What was done with a learner's record, newest first, for the hub's own pages."""
    return _named(session, queries.entries_about(session, ids_of(session, learner_id), limit))


def _named(session: Session, rows: Sequence[AuditEntry]) -> list[EntryView]:
    people = accounts.names_of(session, {row.actor_id for row in rows if row.actor_id})
    homes = {one.id: one.name for one in accounts.organisations(session)}
    with as_the_hub(session):  # references only: the auditor meets no learner
        references = referrals.references_of(session, {row.subject_id for row in rows})
    return [_view(row, people, homes, references) for row in rows]


def _view(
    row: AuditEntry, people: Mapping[UUID, str], homes: Mapping[UUID, str], references: Mapping[UUID, str]
) -> EntryView:
    home = homes.get(row.organisation_id, "") if row.organisation_id else ""
    kinds = {
        "key": "A program",
        "link": "The learner",
        "public": "Somebody not signed in",
        "system": "The service",
    }
    who = kinds.get(row.actor_kind) or (people.get(row.actor_id, "") if row.actor_id else "")
    about = references.get(row.subject_id) or row.subject_type.replace("_", " ")
    role = ROLE_LABELS[Role(row.role)] if row.role in set(Role) else row.role
    return EntryView(
        row.id, row.seq, row.at, who or "Somebody", role, home, act_of(row.action), row.action, about, row
    )


# ---------------------------------------------------------------- for the learner


@dataclass(frozen=True, slots=True)
class LookView:
    """A line of "Who looked at my record": day, organisation and role; names only where the hub shows them."""

    look: Look
    organisation: str
    names: tuple[str, ...]


def who_looked(session: Session, learner_id: UUID, today: date) -> list[LookView]:
    """What people did with a learner's record, by day, organisation and role, newest first."""
    rows = queries.entries_about(session, ids_of(session, learner_id), MOST_LOOKS)
    found = looks(_seen(rows))
    homes = {one.id: one.name for one in accounts.organisations(session)}
    named = bool(policy.number(session, NAMES_TO_LEARNERS, today))
    people = accounts.names_of(session, {user for one in found for user in one.user_ids}) if named else {}
    return [
        LookView(
            one, homes.get(one.organisation_id, "") if one.organisation_id else "",
            tuple(sorted(people[user] for user in one.user_ids if user in people)),
        )
        for one in found
    ]  # fmt: skip


def removed_before(session: Session, learner_id: UUID) -> date | None:
    """The day before which what was done with the learner's record is no longer kept; None where nothing went."""
    moment = queries.removed_whole_before(session)
    before = moment.astimezone(LONDON).date() if moment else None
    ids = learners.same_person_ids(session, learner_id) | {learner_id}
    known_since = min(learners.first_referred_on(session, ids).values(), default=None)
    if before is None or known_since is None or known_since >= before:
        return None
    return before


def _seen(rows: Iterable[AuditEntry]) -> Iterable[Seen]:
    known = set(Role)
    for row in rows:
        if row.role in known:
            user = row.actor_id if row.actor_kind == "user" else None
            yield Seen(row.at, Role(row.role), row.organisation_id, user, row.action)


def seqs_about(session: Session, learner_id: UUID) -> list[int]:
    """The sequence numbers of a learner's entries, for an export with proofs."""
    rows = queries.entries_about(session, ids_of(session, learner_id), MOST_EXPORTED)
    return sorted(row.seq for row in rows)


def seqs_found(session: Session, wanted: Wanted) -> list[int]:
    """The sequence numbers of what a search finds."""
    return sorted(
        row.seq for row in queries.entries(session, _narrowed(session, wanted), None, MOST_EXPORTED)
    )


# ---------------------------------------------------------------- emergency access


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """An emergency access as a reviewer sees it; `reason` None after the learner was erased."""

    id: UUID
    learner_id: UUID
    reference: str
    user_id: UUID
    who: str
    role: Role
    opened_at: datetime
    review_due_on: date
    reason: str | None
    verdict: Verdict | None
    reviewed_at: datetime | None
    note: str | None


def to_review(session: Session) -> list[EmergencyView]:
    """Emergency accesses that nobody has reviewed yet, the oldest first."""
    return _emergencies(session, queries.emergencies(session, reviewed=False))


def reviewed(session: Session) -> list[EmergencyView]:
    """Those reviewed, the newest first."""
    return _emergencies(session, queries.emergencies(session, reviewed=True))


def _emergencies(session: Session, rows: Collection[EmergencyAccess]) -> list[EmergencyView]:
    people = accounts.names_of(session, {row.user_id for row in rows})
    cases = referrals.referrals_of(session, list({row.learner_id for row in rows}))
    found = []
    for row in rows:
        own = cases.get(row.learner_id, [])
        found.append(
            EmergencyView(
                row.id, row.learner_id, own[-1].reference if own else "", row.user_id, people.get(row.user_id, ""),
                row.role, row.opened_at, row.review_due_on, row.reason, row.verdict, row.reviewed_at, row.note,
            )
        )  # fmt: skip
    return found


def opened(
    session: Session, emergency_id: UUID, actor: Actor, clock: Clock
) -> tuple[EmergencyAccess, Disclosed[Person]]:
    """The record behind an emergency access, for the person who opened it and while it lasts; NotFound."""
    row = queries.emergency(session, emergency_id)
    if row is None or row.user_id != actor.id or row.ends_at <= clock.now():
        raise NotFound("This emergency access has ended, or there is none.")
    person = learners.person(session, row.learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    return row, disclose(person, Sight(actor.role, disclosure.State.EMERGENCY))
