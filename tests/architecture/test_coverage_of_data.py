"""Every column of every table is classified: class, sealed or not, how long it is kept, in a copy or why not.

A new column fails here until hub/rights/data/columns.csv has its line; the failure prints the line to start from.
"""

import pytest

import hub.wiring  # noqa: F401 - loads the models of all slices
from hub.infra.columns import SealedBytes
from hub.infra.db import Base
from hub.rights.domain import coverage
from hub.rights.domain.retention import rules
from hub.rights.domain.titles import title_of
from hub.rights.holdings import HOLDINGS, SWEEPS
from hub.rights.reads.retention import ARCHIVES, AUDIT_RULES

ALL = {
    (table.name, column.name): isinstance(column.type, SealedBytes)
    for table in Base.metadata.tables.values()
    for column in table.columns
}
LINES = coverage.columns()
HELD = {holding.table for holding in HOLDINGS}
POINTERS = {"learner_id", "home_learner_id", "source_record_id"}


def test_every_column_has_a_line():
    missing = [
        f"{table},{column},<class>,{'yes' if sealed else 'no'},<retention>,<yes or why not>,<words>"
        for (table, column), sealed in ALL.items()
        if (table, column) not in LINES
    ]
    assert not missing, (
        "Add to hub/rights/data/columns.csv (classes and reasons: classes.toml, retention: retention.toml):\n"
        + "\n".join(missing)
    )


def test_no_line_is_about_a_column_that_is_gone():
    assert [key for key in LINES if key not in ALL] == []


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_each_line_says_what_exists(table):
    for line in coverage.tables()[table]:
        assert line.data_class in coverage.classes(), line
        assert line.retention in rules(), line
        assert line.is_exported or line.export in coverage.reasons_left_out(), line
        assert line.sealed == ALL[line.table, line.column], line
        assert line.words.strip(), line
        if coverage.classes()[line.data_class].sealed:
            assert line.sealed, f"{line.table}.{line.column}: {line.data_class} must be sealed"


def test_what_points_at_a_person_is_declared_by_its_slice():
    """So that a copy has it and erasure reaches it."""
    pointing = {table for table, column in ALL if column in POINTERS}
    assert pointing - HELD == set()


def test_what_a_copy_has_is_found_by_a_holding():
    exported = {line.table for line in LINES.values() if line.is_exported}
    assert exported - HELD == set()
    assert all(title_of(table) != table.replace("_", " ").capitalize() for table in exported - {"enrolment"})


def test_only_what_stands_under_a_key_is_sealed():
    for table, column in (key for key, sealed in ALL.items() if sealed):
        assert "subject_id" in Base.metadata.tables[table].columns, (table, column)


def test_every_rule_that_says_it_lets_go_does_and_no_sweep_is_without_a_rule():
    let_go = set(SWEEPS) | set(AUDIT_RULES) | {ARCHIVES}
    assert let_go <= set(rules())
    counted = {code for code, rule in rules().items() if rule.clock}
    assert counted - let_go == {"learner_unplaced", "learner_enrolled"}
