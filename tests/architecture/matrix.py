"""The world and the questions of the authorisation matrix: who may ask what about whose.

`access.md` is what should be; `Matrix` asks the running application. Every organisation's learners carry a word of
their own in every field that people fill in; no answer to anybody else may hold it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from hub.accounts import service as accounts
from hub.accounts.domain import NewOrganisation, NewUser, OrganisationKind
from hub.accounts.domain.places import Where
from hub.accounts.reads import actor_of_user
from hub.core.clock import FixedClock
from hub.core.errors import NotPermitted, NotSignedIn
from hub.core.permissions import STAFF_ROLES, SYSTEM, Actor, Role
from hub.infra.access import rule_of
from hub.infra.db import Base
from hub.learners.domain import NewPerson
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.matching.domain import LearnerAnswer
from hub.referrals import service as referrals
from hub.referrals.service.information import Question
from tests.slices.bad_input import masked
from tests.slices.matching.conftest import World, put_agreement, put_postcodes
from tests.slices.referrals.test_intake import new_referral

TABLE = Path(__file__).with_name("access.md")
MISSING = UUID("01900000-0000-7000-8000-000000000000")
EVERYBODY = "everybody"
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
PARTNERS = (Role.REFERRER, Role.PROVIDER)


# ---------------------------------------------------------------- what should be


@dataclass(frozen=True)
class Line:
    """One line of access.md."""

    method: str
    address: str
    endpoint: str
    roles: frozenset[str]
    whose: str


@cache
def lines() -> dict[tuple[str, str], Line]:
    """The table, by method and address. ValueError for a line that stands twice."""
    found: dict[tuple[str, str], Line] = {}
    for text in TABLE.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in text.strip().strip("|").split("|")]
        if len(cells) == 5 and cells[0] in METHODS:
            method, address, endpoint, who, whose = cells
            line = Line(method, address, endpoint, frozenset(who.split(", ")), whose)
            if (method, address) in found:
                raise ValueError(f"{method} {address} stands twice in access.md")
            found[method, address] = line
    return found


def declared(app: Flask) -> dict[tuple[str, str], tuple[Rule, frozenset[str]]]:
    """What the application declares: (method, address) -> its rule and roles."""
    return {
        (method, rule.rule): (rule, roles_declared(app, rule, method))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def roles_declared(app: Flask, rule: Rule, method: str) -> frozenset[str]:
    """Who may come, as the view says; nobody when it says nothing."""
    roles = rule_of(app, rule.endpoint, method)
    if roles is None and rule.endpoint.endswith("static"):
        roles = frozenset(Role)
    return frozenset({EVERYBODY} if roles == frozenset(Role) else {str(one) for one in roles or ()})


def disagreements(app: Flask) -> list[str]:
    """Where table and application differ, in words; empty when they agree."""
    table, has = lines(), declared(app)
    said = [
        f"access.md lacks: | {method} | `{path}` | `{has[method, path][0].endpoint}` | "
        f"{', '.join(sorted(has[method, path][1]))} | WHOSE |"
        for method, path in sorted(has.keys() - table.keys())
    ]
    said += [f"{method} {path} is in access.md alone" for method, path in sorted(table.keys() - has.keys())]
    for key in sorted(has.keys() & table.keys()):
        said += differences(table[key], *has[key])
    return said


def differences(line: Line, rule: Rule, roles: frozenset[str]) -> list[str]:
    """Where one line and what the application declares for it differ, in words."""
    if (rule.endpoint, roles) == (line.endpoint, line.roles):
        return []
    address, wanted = f"{line.method} {line.address}", f"{line.endpoint} for {sorted(line.roles)}"
    return [f"{address}: {rule.endpoint} for {sorted(roles)}, not {wanted}"]


# ---------------------------------------------------------------- the world


WORDS = {"ashdown": "qorvane", "birchwood": "zuvelda", "cedars": "wixomar", "downs": "yelbrun"}
"""A word in every field of the learners of two agencies that refer and of two providers."""
HIDDEN = {"cedars": "hidwixo", "downs": "hidyelb"}
"""The same for learners who are offered to a provider and have not said yes."""


@dataclass
class Known:
    """An organisation, its person, and the ids of what is theirs by the name these carry in addresses."""

    actor: Actor
    colleague: Actor
    key: str
    ids: dict[str, Any] = field(default_factory=dict)


class Borough:
    """A hub, two agencies that refer, two providers, each with everything that it can have."""

    def __init__(self, session: Session, clock: FixedClock) -> None:
        self.session, self.clock = session, clock
        put_postcodes(session)
        hub_id = self._organisation("the-hub", OrganisationKind.HUB)
        self.staff = {role: self._person(hub_id, role) for role in STAFF_ROLES if role not in PARTNERS}
        self.keys = {role: accounts.create_key(session, hub_id, role, SYSTEM, clock) for role in self.staff}
        self.partners: dict[str, Known] = {}
        for slug in ("ashdown", "birchwood"):
            self._refer(self._partner(slug, OrganisationKind.CHARITY, Role.REFERRER), WORDS[slug])
        for slug in ("cedars", "downs"):
            known = self._partner(slug, OrganisationKind.PROVIDER, Role.PROVIDER)
            put_agreement(session, hub_id, known.actor.organisation_id, clock)
            self._teach(known, slug)
        session.flush()
        self.hub_ids = self._some_of_each()

    def _organisation(self, slug: str, kind: OrganisationKind) -> UUID:
        new = NewOrganisation(slug, slug.title(), kind)
        return accounts.create_organisation(self.session, new, SYSTEM, self.clock).id

    def _person(self, organisation_id: UUID, role: Role, name: str = "robin") -> Actor:
        new = NewUser(
            f"{name}.{role}@{organisation_id.hex[-6:]}.example", name.title(), organisation_id, role
        )
        made = accounts.create_user(self.session, new, "correct-horse-battery", SYSTEM, self.clock)
        return actor_of_user(made)

    def _partner(self, slug: str, kind: OrganisationKind, role: Role) -> Known:
        home = self._organisation(slug, kind)
        key = accounts.create_key(self.session, home, role, SYSTEM, self.clock)
        known = Known(self._person(home, role), self._person(home, role, "alex"), key)
        self.partners[slug] = known
        return known

    def _refer(self, known: Known, word: str) -> None:
        """Two referrals, one with a question to answer, a draft and a file, all with the word in them."""
        first, second = (self._submit(known.actor, word, number) for number in (1, 2))
        question = Question(("phone",), f"Is {word} right?")
        referrals.ask_information(self.session, first.id, question, self.staff[Role.HUB_MANAGER], self.clock)
        draft = referrals.start_draft(self.session, known.actor, self.clock)
        draft.answers = {"name": {"given_names": word.title(), "family_name": word.title()}}
        file_id = referrals.keep_file(
            self.session, referrals.SentFile(referrals.FileKind.REFERRALS, b"x"), known.actor, self.clock
        )
        known.ids = {
            "referral_id": first.id, "draft_id": draft.id, "file_id": file_id,
            "learner_id": second.learner_id, "user_id": known.actor.id,
        }  # fmt: skip

    def _submit(self, actor: Actor, word: str, number: int) -> Any:
        born = date(1980 + number, len(word), 3 + number)
        who = NewPerson(
            given_names=word.title(), family_name=f"{word.title()}{'abc'[number]}", date_of_birth=born,
            postcode="E8 1AA", phone=f"+4477009{abs(hash(word)) % 9000 + 1000}{number}",
            address=f"{number} {word.title()} Road", email=f"{word}{number}@example.org",
        )  # fmt: skip
        new = new_referral(
            person=who, reason=f"About {word}", notes=f"Notes {word}", external_reference=f"{word}-{number}"
        )
        return referrals.submit(self.session, new, actor, self.clock)

    def _teach(self, known: Known, slug: str) -> None:
        """A class with one learner placed there and one whom the provider has not answered for."""
        world = World(self.session, self.clock, self.staff[Role.HUB_MANAGER], known.actor)
        esol_class = world.add_class(title=f"Class of {slug}")
        placed = world.add_learner(**_named(WORDS[slug]))
        offer_id = world.release().offer_ids[0]
        matching_service.accept_as_provider(self.session, offer_id, known.actor, self.clock)
        yes = LearnerAnswer(True)
        matching_service.answer_as_learner(self.session, offer_id, yes, world.manager, self.clock)
        world.add_learner(**_named(HIDDEN[slug]))
        waiting = world.release().offer_ids[0]
        enrolments = matching.enrolments_of(self.session, [placed.learner_id])[placed.learner_id]
        known.ids = {
            "class_id": esol_class.id, "venue_id": world.venue(known.actor), "offer_id": waiting,
            "enrolment_id": enrolments[0].id, "learner_id": placed.learner_id,
        }  # fmt: skip

    def _some_of_each(self) -> dict[str, UUID]:
        """For the hub: one id of every table, by the name that addresses use."""
        found: dict[str, UUID] = {}
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if "id" in table.columns:
                known = self.session.scalar(select(table.c.id).limit(1))  # type: ignore[arg-type]
                name = _ARGUMENTS.get(table.name, table.name)
                found |= {f"{name}_id": known} if known is not None else {}
        return found | {"learner_id": self.partners["ashdown"].ids["learner_id"]}


_ARGUMENTS = {
    "esol_class": "class", "waitlist_entry": "entry", "match_round": "round", "user_account": "user",
    "duplicate_pair": "pair", "link_decision": "decision", "received_text": "received", "referral_draft": "draft",
    "referral_file": "file", "saved_search": "search", "user_session": "session", "sharing_agreement": "agreement",
    "evidence_seen": "evidence",
}  # fmt: skip


def _named(word: str) -> dict[str, str]:
    return {"given_names": word.title(), "family_name": f"{word.title()}son", "email": f"{word}@example.org"}


# ---------------------------------------------------------------- the questions


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks: their role, the cookie of their sign-in, their key, and the words they may read."""

    name: str
    role: Role
    cookie: str
    key: str
    ids: dict[str, UUID]
    words: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """What came back, the same for two requests that differ only in ids."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...]


class Matrix:
    """Asks the application, and takes back whatever a question changed."""

    def __init__(self, app: Flask, connection: Connection, borough: Borough) -> None:
        self.app, self.connection, self.borough = app, connection, borough
        self.has = declared(app)
        self.table = lines()
        self.visitors = {one.name: one for one in self._visitors()}

    def _visitors(self) -> Iterator[Visitor]:
        every = frozenset(WORDS.values()) | frozenset(HIDDEN.values())
        yield Visitor("public", Role.PUBLIC, "", "", {}, frozenset())
        for role, actor in self.borough.staff.items():
            words = every if role in {Role.HUB_MANAGER, Role.ASSESSOR, Role.DATA_PROTECTION} else frozenset()
            key = self.borough.keys[role]
            yield Visitor(role, role, self._cookie(actor), key, self.borough.hub_ids, words)
        for slug, known in self.borough.partners.items():
            own = frozenset({WORDS[slug]})
            cookie = self._cookie(known.actor)
            yield Visitor(slug, known.actor.role, cookie, known.key, known.ids, own)
            name = f"{slug}, a colleague"
            yield Visitor(name, known.actor.role, self._cookie(known.colleague), known.key, known.ids, own)

    def _cookie(self, actor: Actor) -> str:
        assert actor.id is not None
        token = accounts.new_session(self.borough.session, actor.id, Where("test"), self.borough.clock)
        self.borough.session.flush()
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return f"{self.app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"

    def addresses(self, role: Role, *, allowed: bool) -> Iterator[tuple[Rule, str]]:
        """What the table lets this role use, or what it does not."""
        for (method, path), line in self.table.items():
            may = bool(line.roles & {role.value, EVERYBODY})
            if may == allowed and (method, path) in self.has and not path.endswith("filename>"):
                yield self.has[method, path][0], method

    def ask(self, visitor: Visitor, rule: Rule, method: str, ids: dict[str, UUID]) -> Answer:
        """One whole request, with its effects undone."""
        with self._undone(), self.app.test_client(use_cookies=False) as client:
            answer = client.open(**self._request(visitor, rule, method, ids))
            headers = tuple((k, masked(v)) for k, v in answer.headers if k not in {"Set-Cookie", "Date"})
            told = Answer(answer.status_code, answer.data.decode(errors="replace"), headers)
            answer.close()
            return told

    def is_refused(self, visitor: Visitor, rule: Rule, method: str) -> bool:
        """Whether the door stays shut, without going through it: only what runs before a view."""
        with self._undone():
            return self.is_refused_here(visitor, rule, method)

    def is_refused_here(self, visitor: Visitor, rule: Rule, method: str) -> bool:
        """The same, and what was written at the door stays."""
        with self.app.test_request_context(**self._request(visitor, rule, method, visitor.ids)):
            try:
                answer = self.app.preprocess_request()
            except (NotPermitted, NotSignedIn):
                return True
            shown_the_way_in = answer is not None and "/sign-in" in getattr(answer, "location", "")
            return visitor.role is Role.PUBLIC and shown_the_way_in

    @contextmanager
    def _undone(self) -> Iterator[None]:
        point = self.connection.begin_nested()
        try:
            yield
        finally:
            point.rollback()

    def _request(self, visitor: Visitor, rule: Rule, method: str, ids: dict[str, UUID]) -> dict[str, Any]:
        path = re.sub(
            r"<(?:([^:>]+):)?(\w+)>", lambda part: str(_value(part[1] or "", part[2], ids)), rule.rule
        )
        given = BODIES.get(rule.rule.rsplit("/", 1)[-1], {})
        headers = {"X-Request-Id": "same", "If-Match": '"1"'}
        if path.startswith("/api/"):
            headers |= {"Authorization": f"Bearer {visitor.key}"} if visitor.key else {}
        elif visitor.cookie:
            headers["Cookie"] = visitor.cookie
        sent = {} if method == "GET" else {"json" if path.startswith("/api/") else "data": given}
        return {"path": path, "method": method, "headers": headers, **sent}


def _value(kind: str, name: str, ids: dict[str, UUID]) -> object:
    if kind.startswith("any("):
        return kind[4:].split(",", maxsplit=1)[0].rstrip(")").strip("\"' ")
    return ids.get(name, MISSING) if kind == "uuid" else _PLAIN.get(name, "none")


_PLAIN = {"slug": "name", "which": "snapshot", "code": "stall_days", "token": "no-such-token"}
TODAY = "2027-01-11"
BODIES: dict[str, dict[str, Any]] = {
    "review": {"verdict": "justified", "note": "Looked into"},
    "withdraw": {"reason": "moved_away", "by": "learner"}, "information": {"answers": {"phone": "1"}},
    "confirm-places": {"places_free": 1}, "free-places": {"places_free": "1"},
    "places": {"seen": "2", "to": "1"}, "decline": {"reason": "unreachable"}, "start": {"on": TODAY},
    "attendance": {"week_on": TODAY, "hours_attended": 1, "hours_of": 2}, "complete": {"on": TODAY, "achieved": True},
    "leave": {"on": TODAY, "reason": "moved_away"}, "consent-requests": {"by": "ask_by_text"},
}  # fmt: skip
"""What a form or a body must hold for the question of whose it is to come up."""
