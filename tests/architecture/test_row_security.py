"""Row-level security, table by table: each policy shows exactly what its model declares, and when it is taken away,
opened or closed, that table's check fails.

Every guarded table gets one row of each of two organisations and two learners, without its neighbours (foreign keys
and triggers are off); PostgreSQL is asked as the application's role. All of it is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Enum, Table, create_engine, insert, make_url, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

import hub.wiring  # noqa: F401 - loads every model
from hub.core.permissions import PUBLIC, SYSTEM, Actor, Role
from hub.infra import rows
from hub.infra.db import Base
from hub.infra.rows import policy_of, rows_of
from tests.conftest import NOW

MODELS = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
GUARDED = {name: model for name, model in MODELS.items() if policy_of(model) is not None}
ORGANISATIONS, LEARNERS = (UUID(int=1), UUID(int=2)), (UUID(int=11), UUID(int=12))
OURS = Actor("user", UUID(int=99), "Robin", Role.REFERRER, ORGANISATIONS[0])
NOBODY = (
    "SET LOCAL app.sees = ''; SET LOCAL app.role = ''; SET LOCAL app.org_id = ''; SET LOCAL app.learners = ''"
)


def row_id(table: str, whose: int) -> UUID:
    """The id of a table's row of the first or second organisation and learner; learners have their own."""
    return (
        LEARNERS[whose] if table == "learner" else UUID(int=(sorted(GUARDED).index(table) + 2) * 1000 + whose)
    )


def row_of(table: Table, whose: int) -> dict[str, object]:
    """A row of the first (0) or second (1) organisation and learner, as little filled as it may be."""
    said = rows_of(MODELS[table.name])
    found = {
        one.name: value_of(one, whose) for one in table.columns if not one.nullable and one.identity is None
    }
    found |= dict.fromkeys(said.organisation, ORGANISATIONS[whose])
    found |= dict.fromkeys(said.learners, LEARNERS[whose])
    if rows.is_own(MODELS[table.name]):
        found[rows.OWN_COLUMN] = LEARNERS[whose]
    for parent in (said.parent, said.learners_of):
        if parent is not None:
            found[parent[1]] = row_id(parent[0], whose)
    if "id" in table.columns:
        found["id"] = row_id(table.name, whose)
    return found


def value_of(column: Column, whose: int) -> object:
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, JSONB):
        return {}
    made = {
        UUID: UUID(int=5000 + whose), datetime: NOW, date: NOW.date(), time: time(10), bool: False, int: whose + 1,
        float: 1.0, str: f"x{whose}", bytes: bytes([whose]) * 16,
    }  # fmt: skip
    return made[kind.python_type]


def partner(learners: frozenset[UUID] = frozenset()) -> str:
    """The settings of our partner, with the right to these learners."""
    return rows.settings_of(OURS, everything=False, learners=learners, own=False)


def of_ours(table: str) -> bool:
    """Whether an organisation sees its rows of this table: by its id, or because it sees the row they belong to."""
    said = rows_of(GUARDED[table])
    return bool(said.organisation) or (said.parent is not None and of_ours(said.parent[0]))


def of_told(table: str) -> bool:
    """Whether whoever has the right to a learner sees the learner's rows of this table."""
    said = rows_of(GUARDED[table])
    by_parent = said.parent is not None and of_told(said.parent[0])
    return bool(said.learners) or said.learners_of is not None or by_parent


def of_self(table: str) -> bool:
    """Whether a learner who acts for themselves meets their rows of this table."""
    said = rows_of(GUARDED[table])
    by_parent = said.parent is not None and of_self(said.parent[0])
    return of_told(table) or rows.is_own(GUARDED[table]) or by_parent


@dataclass
class Guards:
    """The rows, and what the application's role sees of them."""

    connection: Connection
    labels: dict[str, dict[str, int]]

    def sees(self, table: str, said: str) -> set[int]:
        """Whose rows of this table are seen, as whom the settings say."""
        self.connection.exec_driver_sql(said)
        seen = self.connection.exec_driver_sql(f'SELECT ctid::text FROM "{table}"').scalars()
        return {self.labels[table][one] for one in seen}

    def faults(self, table: str) -> list[str]:
        """What is not as the model says."""
        said, one_learner = rows_of(GUARDED[table]), frozenset(LEARNERS[:1])
        wanted = {
            NOBODY: set(),
            partner(): {0} if of_ours(table) else set(),
            partner(one_learner): {0} if of_ours(table) or of_told(table) else set(),
            rows.settings_of(PUBLIC, everything=False, learners=one_learner, own=True): {0}
            if of_self(table)
            else set(),
            rows.settings_of(SYSTEM, everything=True): {0, 1},
        } | {
            rows.settings_of(
                Actor("user", None, "", role), everything=False, learners=frozenset(), own=False
            ): {0, 1}
            for role in said.roles
        }
        found = [
            f"{said}: {seen}" for said, right in wanted.items() if (seen := self.sees(table, said)) != right
        ]
        return found + (["a row of another organisation is written"] if self.writes_anothers(table) else [])

    def writes_anothers(self, table: str) -> bool:
        self.connection.exec_driver_sql(partner())
        values = row_of(Base.metadata.tables[table], 1)
        values |= {"id": UUID(int=7)} if "id" in values else {}
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(Base.metadata.tables[table]), values)
        except DBAPIError as error:
            return "row-level security" not in str(error)
        return True

    @contextmanager
    def mutant(self, statement: str) -> Iterator[None]:
        """Inside, PostgreSQL has been changed by its superuser."""
        point = self.connection.begin_nested()
        self.connection.exec_driver_sql("RESET ROLE")
        self.connection.exec_driver_sql(statement)
        self.connection.exec_driver_sql("SET LOCAL ROLE hub_app")
        try:
            yield
        finally:
            point.rollback()


ALONE = """
SET LOCAL session_replication_role = replica;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
             WHERE contype = 'c' AND connamespace = 'public'::regnamespace
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname); END LOOP;
END $$
"""
"""No foreign keys, triggers and checks: a row stands for itself."""


@pytest.fixture(scope="module")
def guards(server, database) -> Iterator[Guards]:
    here = make_url(server.admin_url).set(database=make_url(database.app_url).database)
    engine = create_engine(here)
    with engine.connect() as connection:
        outer = connection.begin()
        connection.exec_driver_sql(ALONE.replace("%", "%%"), ())
        labels: dict[str, dict[str, int]] = {}
        for name in GUARDED:
            table, labels[name] = Base.metadata.tables[name], {}
            for whose in (0, 1):
                place = insert(table).returning(text("ctid::text"))
                labels[name][str(connection.execute(place, row_of(table, whose)).scalar_one())] = whose
        connection.exec_driver_sql("SET LOCAL ROLE hub_app")
        yield Guards(connection, labels)
        outer.rollback()
    engine.dispose()


def test_each_policy_shows_what_its_model_declares(guards):
    assert len(GUARDED) > 50
    assert {name: found for name in GUARDED if (found := guards.faults(name))} == {}


MUTANTS = {
    "without row security": 'ALTER TABLE "{}" DISABLE ROW LEVEL SECURITY',
    "without a policy": 'DROP POLICY rows ON "{}"',
    "open to everybody": 'ALTER POLICY rows ON "{}" USING (true)',
    "open to write": 'ALTER POLICY rows ON "{}" WITH CHECK (true)',
    "closed to all but the hub": "ALTER POLICY rows ON \"{}\" USING (current_setting('app.sees', true) <> '')",
    "closed to learners": "ALTER POLICY rows ON \"{}\" USING (coalesce(current_setting('app.own', true), '') = '')",
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_policy_taken_away_is_noticed_on_each_table(guards, mutant):
    """A table that nobody but the hub sees has nothing to close."""
    survivors = set()
    for name in GUARDED:
        if "closed" in mutant and not (of_ours(name) or of_told(name) or of_self(name)):
            continue
        with guards.mutant(MUTANTS[mutant].format(name)):
            if not guards.faults(name):
                survivors.add(name)
    assert survivors == set()
    assert guards.faults("learner") == [], "what was changed was undone"
