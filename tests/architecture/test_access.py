"""The authorisation matrix: every address, method and role, one's own, another's and no id, as access.md says.

The same partners' questions are asked three times: as it runs, with row-level security seeing everything (the scoped
selects alone must hold), and with the scoped selects off (PostgreSQL alone must hold). Then rules are taken away one
by one, and each time the check must notice.
"""

import ast
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, true
from sqlalchemy.orm import Session, sessionmaker

from hub.core.clock import FixedClock
from hub.core.permissions import SYSTEM, Role
from hub.infra import db, rows, sight, writes
from hub.infra.audit import AuditEntry
from hub.infra.vault import Vault, using_vault
from hub.learners import reads as learners
from hub.matching.models import Enrolment, Offer
from hub.referrals.models import Referral
from tests.architecture.matrix import (
    EVERYBODY,
    HIDDEN,
    MISSING,
    WORDS,
    Answer,
    Borough,
    Matrix,
    Visitor,
    declared,
    differences,
    disagreements,
    lines,
    roles_declared,
)
from tests.architecture.source import modules
from tests.conftest import (
    FOR_TESTS,
    NOW,
    TEST_KEYRING,
    AtOnce,
    _own_settings_again,
    make_settings,
    shared_app,
)

PARTNER_NAMES = ("ashdown", "cedars")
HUB_STAFF = (Role.ADMIN, Role.ASSESSOR, Role.AUDITOR, Role.DATA_PROTECTION, Role.HUB_MANAGER)
VISITORS = (*PARTNER_NAMES, "public", *HUB_STAFF)
OTHER = {"ashdown": "birchwood", "cedars": "downs"}
EVERY_WORD = frozenset(WORDS.values()) | frozenset(HIDDEN.values())
TAKEN_ALREADY = {"referrals.take_in", "referrals.take_list"}
"""A file that is not there looks like one that was taken in: pressing twice is no error."""


@pytest.fixture(scope="module")
def matrix(engine, tmp_path_factory) -> Iterator[Matrix]:
    """The application and its borough, made once for this module and rolled back after it."""
    from hub.wiring import DELIVERIES, REACTIONS

    settings = make_settings(tmp_path_factory.mktemp("matrix"))
    clock = FixedClock(NOW)
    hub = db.Runtime(settings, engine, TEST_KEYRING, clock, REACTIONS, DELIVERIES)
    db.configure(hub)
    with engine.connect() as connection:
        outer = connection.begin()
        hub.sessions = sessionmaker(
            bind=connection,
            class_=writes.HubSession,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )
        hub.glances = hub.sessions
        with hub.sessions() as session, using_vault(Vault(session, TEST_KEYRING)):
            session.info["hub_actor"] = SYSTEM
            session.info[writes.WAITING] = AtOnce(session)
            _own_settings_again(hub.sessions, session)
            borough = Borough(session, clock)
            writes.write_now(session)
            db.react(session)
            with shared_app(hub, **FOR_TESTS) as app:
                made = Matrix(app, connection, borough)
                made.hub = hub
                yield made
        outer.rollback()


@pytest.fixture(autouse=True)
def running(request) -> None:
    """Each test runs in the matrix's own runtime, whatever another module configured in between."""
    if "matrix" in request.fixturenames:
        db.configure(request.getfixturevalue("matrix").hub)


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    """Everything that is logged while the matrix is asked."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


# ---------------------------------------------------------------- the table


def test_the_table_is_what_the_application_declares(matrix):
    assert disagreements(matrix.app) == []


def test_partners_and_the_public_meet_nobody_elses_learners():
    """What a line may say: only people of the hub come to pages about any learner."""
    for line in lines().values():
        if line.whose == "hub":
            assert line.roles <= {Role.ASSESSOR, Role.HUB_MANAGER, Role.DATA_PROTECTION}, line
        if line.whose == "proof":
            assert line.roles <= {Role.HUB_MANAGER, Role.DATA_PROTECTION, Role.AUDITOR}, line
        if EVERYBODY in line.roles:
            assert line.whose in {"public", "link", "token", "person"}, line
        if "admin" in line.roles and EVERYBODY not in line.roles:
            assert line.whose in {"-", "person", "organisation", "emergency"}, line


# ---------------------------------------------------------------- the doors


def test_every_kind_of_visitor_is_asked(matrix):
    """Referrers and providers come as partners; a learner is the public with a link; the worker never comes by HTTP."""
    assert set(VISITORS) <= set(matrix.visitors)
    assert {visitor.role for visitor in matrix.visitors.values()} == {
        matrix.visitors[name].role for name in VISITORS
    }


@pytest.mark.parametrize("role", VISITORS)
def test_everybody_else_is_refused_and_that_is_noted(matrix, role):
    visitor = matrix.visitors[role]
    before = matrix.borough.session.scalar(select(func.count()).select_from(AuditEntry))
    for rule, method in matrix.addresses(visitor.role, allowed=False):
        assert matrix.is_refused(visitor, rule, method), f"{visitor.name} gets into {method} {rule.rule}"
    after = matrix.borough.session.scalar(select(func.count()).select_from(AuditEntry))
    assert before == after, "what was asked was undone"


def test_a_refusal_is_in_the_audit_log(matrix):
    """Written by a transaction of its own, after which the request ends with 403."""
    visitor = matrix.visitors["ashdown"]
    rule = matrix.has["GET", "/board"][0]
    seen = []
    with matrix._undone():
        assert matrix.is_refused_here(visitor, rule, "GET")
        found = select(AuditEntry).where(AuditEntry.action == "access.refused")
        seen = matrix.borough.session.scalars(found).all()
        assert [(one.actor_id, one.outcome, one.reason) for one in seen] == [
            (matrix.borough.partners["ashdown"].actor.id, "refused", "GET desk.board")
        ]


# ---------------------------------------------------------------- whose


def faults_of_partner(matrix: Matrix, name: str, first: str = "") -> Iterator[str]:
    """What goes wrong for one partner over all addresses that are open to it, in words; those with `first` first."""
    mine, other = matrix.visitors[name], matrix.visitors[OTHER[name]]
    allowed = matrix.addresses(mine.role, allowed=True)
    for rule, method in sorted(allowed, key=lambda one: first not in one[0].arguments):
        whose = matrix.table[method, rule.rule].whose
        own = matrix.ask(mine, rule, method, mine.ids)
        yield from _leaks(mine, rule, own)
        if (own.status in {401, 403} and whose != "token") or (
            own.status == 404 and _addresses_own(rule, mine)
        ):
            yield f"{method} {rule.rule}: their own is {own.status}"
        if whose in {"organisation", "person"} and "uuid:" in rule.rule:
            missing = matrix.ask(mine, rule, method, {})
            foreign = matrix.ask(mine, rule, method, other.ids)
            yield from _differences(f"{method} {rule.rule}", rule.endpoint, foreign, missing)
            yield from _leaks(mine, rule, foreign)
        if whose == "person" and _addresses_own(rule, mine):
            colleague = matrix.visitors[f"{name}, a colleague"]
            yield from _differences(
                f"{method} {rule.rule} by a colleague", rule.endpoint,
                matrix.ask(colleague, rule, method, mine.ids), matrix.ask(colleague, rule, method, {}),
            )  # fmt: skip


def _addresses_own(rule, visitor: Visitor) -> bool:
    return any(name in visitor.ids for name in rule.arguments)


def _differences(what: str, endpoint: str, foreign: Answer, missing: Answer) -> list[str]:
    from tests.slices.bad_input import masked

    wanted = 302 if endpoint in TAKEN_ALREADY else 404
    if foreign.status != wanted or missing.status != wanted:
        return [f"{what}: another's is {foreign.status}, a missing one {missing.status}, not {wanted}"]
    if (masked(foreign.text), foreign.headers) != (masked(missing.text), missing.headers):
        return [f"{what}: another's can be told from a missing one"]
    return []


def _leaks(visitor: Visitor, rule, answer: Answer) -> list[str]:
    told = (answer.text + str(answer.headers)).lower()
    return [
        f"{rule.rule} tells {visitor.name} of {word}" for word in EVERY_WORD - visitor.words if word in told
    ]


@pytest.mark.parametrize("name", PARTNER_NAMES)
def test_partners_meet_their_own(matrix, name, log):
    assert not list(faults_of_partner(matrix, name))
    assert not [word for word in EVERY_WORD if word in log.getvalue().lower()]


@pytest.mark.parametrize("name", PARTNER_NAMES)
def test_the_scoped_selects_alone_hold(matrix, name, monkeypatch):
    """With row-level security that sees everything."""
    plain = rows.settings_of
    monkeypatch.setattr(sight, "settings_of", lambda actor, **_: plain(actor, everything=True))
    assert not list(faults_of_partner(matrix, name))


@pytest.mark.parametrize("name", PARTNER_NAMES)
def test_row_level_security_alone_holds(matrix, name, monkeypatch):
    """With selects that ask for everything."""
    without_scopes(monkeypatch)
    assert not list(faults_of_partner(matrix, name))


def without_scopes(monkeypatch) -> None:
    monkeypatch.setattr(rows, "_visible", lambda *_: true())
    monkeypatch.setattr(sight, "require_scope", lambda *_, **__: None)


@pytest.mark.parametrize("role", ["public", Role.ADMIN, Role.AUDITOR])
def test_who_meets_no_learner(matrix, role, log):
    visitor = matrix.visitors[role]
    for rule, method in matrix.addresses(visitor.role, allowed=True):
        known: list[dict[str, Any]] = [matrix.borough.hub_ids, {}]
        for ids in known if rule.arguments else known[1:]:
            answer = matrix.ask(visitor, rule, method, ids)
            assert _leaks(visitor, rule, answer) == []
            assert answer.status not in {401, 403} or matrix.table[method, rule.rule].whose == "token"
    assert not [word for word in EVERY_WORD if word in log.getvalue().lower()]


@pytest.mark.parametrize("role", [Role.HUB_MANAGER, Role.ASSESSOR, Role.DATA_PROTECTION])
def test_the_hub_comes_in_and_a_missing_id_is_not_found(matrix, role, log):
    visitor = matrix.visitors[role]
    for rule, method in matrix.addresses(role, allowed=True):
        known = matrix.ask(visitor, rule, method, visitor.ids)
        assert known.status not in {401, 403} or matrix.table[method, rule.rule].whose == "token", rule.rule
        if "uuid:" in rule.rule and rule.endpoint not in TAKEN_ALREADY and not rule.rule.startswith("/api/"):
            assert matrix.ask(visitor, rule, method, {}).status == 404, f"{method} {rule.rule}"
    assert not [word for word in EVERY_WORD if word in log.getvalue().lower()]


# ---------------------------------------------------------------- taking rules away


def test_an_address_without_or_with_another_rule_is_noticed(matrix, monkeypatch):
    """Each declaration in turn: removed, opened to everybody, narrowed to one role."""
    survivors, mutants, table = [], 0, lines()
    for (method, path), (rule, roles) in declared(matrix.app).items():
        view = _view(matrix.app, rule.endpoint, method)
        if rule.endpoint.endswith("static"):
            continue
        for mutant in (None, frozenset(Role), frozenset({Role.WORKER})):
            if mutant == frozenset(Role) and EVERYBODY in roles:
                continue
            mutants += 1
            with monkeypatch.context() as changed:
                if mutant is None:
                    changed.delattr(view, "__allowed_roles__")
                else:
                    changed.setattr(view, "__allowed_roles__", mutant)
                if not differences(table[method, path], rule, roles_declared(matrix.app, rule, method)):
                    survivors.append((method, path, mutant))
    assert mutants > 400
    assert survivors == []


def _view(app, endpoint, method):
    view = app.view_functions[endpoint]
    inner = getattr(view, "view_class", None)
    return getattr(inner, method.lower(), view) if inner is not None else view


def test_an_opened_door_is_noticed_by_who_walks_in(matrix, monkeypatch):
    """Not only the table: a visitor whom the rule refused gets in once it is open to everybody."""
    closed = [(rule, method) for rule, method in matrix.addresses(Role.ADMIN, allowed=False)]
    visitor, still_shut = matrix.visitors[Role.ADMIN], []
    for rule, method in closed:
        view = _view(matrix.app, rule.endpoint, method)
        with monkeypatch.context() as changed:
            changed.setattr(view, "__allowed_roles__", frozenset(Role))
            if matrix.is_refused(visitor, rule, method):
                still_shut.append((method, rule.rule))
    assert closed
    assert still_shut == []


@pytest.mark.parametrize(("model", "name", "argument"), [(Referral, "ashdown", "referral_id"), (Offer, "cedars", "offer_id"),
                                                       (Enrolment, "cedars", "enrolment_id")])  # fmt: skip
def test_a_scope_taken_away_is_noticed(matrix, monkeypatch, model, name, argument):
    """Without its declaration a model is everybody's; PostgreSQL is told to see everything."""
    plain = rows.settings_of
    monkeypatch.setattr(sight, "settings_of", lambda actor, **_: plain(actor, everything=True))
    monkeypatch.setattr(model, "__rows__", rows.anybody("a mutant"))
    assert any("another's" in said for said in faults_of_partner(matrix, name, argument))


def test_a_policy_taken_away_is_noticed(matrix, monkeypatch):
    """With neither scope nor policy the partners' check fails."""
    without_scopes(monkeypatch)
    plain = rows.settings_of
    monkeypatch.setattr(sight, "settings_of", lambda actor, **_: plain(actor, everything=True))
    assert all(any(faults_of_partner(matrix, name)) for name in PARTNER_NAMES)


# ---------------------------------------------------------------- PostgreSQL alone


def test_an_unscoped_query_returns_only_ones_own(matrix):
    """Plain SQL on each table, as each partner: never a row of another organisation, whatever was asked."""
    session: Session = matrix.borough.session
    guarded = {
        mapper.local_table.name: mapper.class_
        for mapper in db.Base.registry.mappers
        if rows.policy_of(mapper.class_) is not None
    }
    everything = {name: _ids(session, name) for name in guarded}
    own = {}
    for name, known in matrix.borough.partners.items():
        with matrix._undone():
            session.connection().exec_driver_sql(rows.settings_of(known.actor, everything=False))
            own[name] = {table: _ids(session, table) for table in guarded}
    for table, model in guarded.items():
        seen = [own[name][table] for name in own]
        assert sum(len(one) for one in seen) == len(set().union(*seen)), (
            f"two partners see one row of {table}"
        )
        said = rows.rows_of(model)
        if not said.organisation and said.parent is None:
            assert not any(seen), f"{table} is the hub's"
    filled = {table for table in guarded if any(own[name][table] for name in own)}
    assert filled >= {"referral", "referral_history", "information_request", "referral_draft", "referral_file",
                      "source_record", "step", "offer", "offer_history", "enrolment", "enrolment_history"} - {"source_record"}  # fmt: skip
    hub_only = {table for table in guarded if everything[table] and not any(own[n][table] for n in own)}
    assert hub_only >= {"learner", "blind_index", "consent", "waitlist_entry", "learning_needs"}


def _ids(session: Session, table: str) -> set[str]:
    return set(session.execute(text(f'SELECT ctid::text FROM "{table}"')).scalars())


def test_without_a_context_there_is_nothing(matrix):
    session: Session = matrix.borough.session
    for reset in ("SET LOCAL app.sees = ''; SET LOCAL app.org_id = ''; SET LOCAL app.role = ''",):
        with matrix._undone():
            session.connection().exec_driver_sql(reset)
            for mapper in db.Base.registry.mappers:
                if rows.policy_of(mapper.class_) is not None:
                    assert _ids(session, mapper.local_table.name) == set()


def test_a_row_of_another_organisation_cannot_be_written(matrix):
    session: Session = matrix.borough.session
    ashdown, birchwood = (matrix.borough.partners[name] for name in ("ashdown", "birchwood"))
    with matrix._undone():
        session.connection().exec_driver_sql(rows.settings_of(ashdown.actor, everything=False))
        changed = session.execute(
            text("UPDATE referral SET hold_reason = 'x' WHERE id = :id"),
            {"id": birchwood.ids["referral_id"]},
        )
        assert changed.rowcount == 0  # type: ignore[attr-defined]
        with pytest.raises(Exception, match="row-level security"):
            session.execute(
                text("UPDATE referral SET organisation_id = :other WHERE id = :id"),
                {"id": ashdown.ids["referral_id"], "other": birchwood.actor.organisation_id},
            )


def test_a_plain_select_of_a_partner_is_refused_by_the_program(matrix):
    with matrix._undone(), db.transaction(matrix.borough.partners["ashdown"].actor) as session:
        with pytest.raises(rows.Unscoped, match="select it with"):
            session.scalars(select(Referral)).all()
        with pytest.raises(rows.Unscoped):
            session.get(Offer, MISSING)
        assert session.scalar(sight.visible(session, Referral).with_only_columns(func.count())) == 2
        with sight.as_the_hub(session):
            assert session.scalar(select(func.count()).select_from(Referral)) == 4
        assert session.scalar(sight.visible(session, Referral).with_only_columns(func.count())) == 2


def test_every_guarded_table_is_forced(matrix):
    """The owner is bound too; the application's role owns nothing and may not pass row security."""
    found = dict(
        matrix.borough.session.execute(
            text("SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind = 'r'")
        ).all()
    )
    wrong = {
        mapper.local_table.name
        for mapper in db.Base.registry.mappers
        if found[mapper.local_table.name] != (rows.policy_of(mapper.class_) is not None)
    }
    assert wrong == set()


# ---------------------------------------------------------------- narrowed to a learner

NARROWED = (
    "source_record",
    "learner",
    "learning_needs",
    "consent",
    "consent_event",
    "processing_stop",
    "referral",
)


def whose_rows(session: Session, table: str) -> set[UUID]:
    """The learners of whom plain SQL shows a row."""
    asked = {
        "learner": "SELECT id FROM learner",
        "learning_needs": "SELECT s.home_learner_id FROM learning_needs AS n JOIN source_record AS s ON s.id = n.source_record_id",
        "source_record": "SELECT home_learner_id FROM source_record",
        "consent_event": "SELECT c.learner_id FROM consent_event AS e JOIN consent AS c ON c.id = e.consent_id",
    }  # fmt: skip
    return set(session.scalars(text(asked.get(table, f"SELECT learner_id FROM {table}"))))


def foreign_rows(matrix: Matrix) -> dict[str, set[UUID]]:
    """What the provider cedars, with the right to one learner, reads of others by queries that ask for all."""
    cedars, other = (matrix.borough.partners[name] for name in ("cedars", "downs"))
    mine, theirs = cedars.ids["learner_id"], other.ids["learner_id"]
    with matrix._undone(), db.transaction(cedars.actor) as session:
        with learners.alone(session, [mine]):
            found = {table: whose_rows(session, table) for table in NARROWED}
            assert set(learners.people(session, [mine, theirs])) >= {mine}
            assert mine in found["source_record"]
            assert mine in found["learner"]
        assert not {table for table in NARROWED if whose_rows(session, table)} - {"referral", "source_record"}
        return {table: ids - {mine} for table, ids in found.items()}


def test_after_the_proof_a_partner_sees_the_learner_it_is_about_and_no_other(matrix):
    assert not any(foreign_rows(matrix).values())


def test_a_right_that_is_not_narrowed_is_noticed(matrix, monkeypatch):
    """The mutant: the whole hub instead of one learner."""

    @contextmanager
    def wide(session, _):
        with sight.as_the_hub(session):
            yield

    monkeypatch.setattr(learners, "alone", wide)
    assert len([table for table, ids in foreign_rows(matrix).items() if ids]) >= 4


def test_everything_that_says_what_is_permitted_is_seen_where_it_is_asked():
    """A partner's question of permission runs narrowed: a stop that row security hid would be a yes."""
    asked = [one.class_ for one in db.Base.registry.mappers if one.class_.__module__ == "hub.consent.models"]
    of_people = [one for one in asked if "learner_id" in one.__table__.columns]
    assert len(of_people) >= 2
    assert [one.__name__ for one in of_people if not rows.rows_of(one).learners] == []


WIDE = {
    "hub.learners.service.details": "a learner's new number among the hashes by which people are found",
    "hub.steps.service": "what is to be done: ids, also where a step names no learner",
    "hub.portal.reads": "a number: how many stand before the learner on the list",
    "hub.oversight.reads": "references only: the auditor meets no learner",
    "hub.referrals.pages.own": "the reference of the one referral that the secret in their browser leads to",
    "hub.referrals.reads.drafts": "the one draft that the secret in their browser leads to",
    "hub.referrals.reads.caseloads": "numbers, which tell of no learner",
    "hub.rights.reads.cases": "whose case it is, to name the organisation's own referrals",
}
"""Who acts as the hub inside a partner's, an auditor's or a learner's own unit of work, and why not of certain
learners alone."""


OPENED = {
    "hub.assessment.pages.booking": "until the link is opened",
    "hub.portal.pages.views": "until the link is opened and the date of birth given",
    "hub.rights.pages.own": "until the link is opened",
    "hub.consent.pages.register": "the auditor's register: counts and ids",
    "hub.rights.pages.registers": "the auditor's counts",
    "hub.oversight.pages": "a reference is looked up for the auditor; an emergency access was opened",
    "hub.oversight.service": "an emergency: whose reference it is, among all",
    "hub.messaging.api": "Notify's call back, which names a message and no learner",
    "hub.rights.pages.public": "a complaint or request by anybody: laid before the hub, nothing is shown",
    "hub.referrals.service.drafts": "what a learner writes before anybody knows who they are",
    "hub.referrals.service.intake": "everybody known is looked through for the person referred",
    "hub.referrals.service.handover": "steps and drafts of the colleague who leaves",
    "hub.referrals.queries": "changing a referral ends list entry, offers and texts of the learner, and tells others",
    "hub.referrals.pages.mine": "what a learner takes back is relayed: a step of the hub",
    "hub.consent.service.requesting": "asking by link answers for all records of the person, others' too",
    "hub.consent.service.agreements": "an agreement's end touches what is shared with that partner, whoever it is about",
    "hub.matching.queries.offers": "a provider's answer frees or holds places and moves list and round",
    "hub.matching.queries.enrolments": "a start or an end changes referral, list and the permission to share",
    "hub.steps.service": "what is to be done is the hub's list",
}
"""Whose acts go on as the hub, once the right to what they ask is proven, and why. A learner's own stay their own."""


def calling(name: str) -> set[str]:
    """The modules that call this function."""
    return {
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    } - {"hub.infra.sight"}


def test_whoever_reads_everything_for_a_moment_says_why():
    assert calling("as_the_hub") == set(WIDE)


def test_whoever_goes_on_as_the_hub_says_why():
    assert calling("open_to_the_hub") == set(OPENED)
