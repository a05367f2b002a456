"""No way of sending or sharing lacks the question whether it may: proved on the source, and by taking the question out.

Sending: the gate of every row of DELIVERIES comes, by whatever calls, to `consent.reads.may`, `may_many`,
`may_share` or `may_pass`. Sharing: whoever reads who a learner is stands in a table here that says who gets to see it; where that
is another organisation, the function goes through the one door, `may_share` or `may_pass`. tests/slices/consent/test_the_door.py
shows on the pages themselves that a closed door lets nothing through.
"""

import ast
import copy
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from hub.consent.domain import OPTIONAL, stoppable
from hub.wiring import DELIVERIES
from tests.architecture.source import Module, modules

QUESTIONS = frozenset({"may", "may_many", "may_share", "may_pass"})
SHARING_DOORS = frozenset({"may_share", "may_pass"})
"""Of all fields together; of each field by itself."""
HOME = "hub.consent.reads"
READS = frozenset({"person", "people", "people_as_referred", "records", "source_records"})
"""What tells who a learner is."""
Trees = Mapping[str, Module]
Where = tuple[str, str]  # module, function or Class.method


def trees() -> Trees:
    return {one.name: one for one in modules()}


# ---------------------------------------------------------------- what calls what


def functions(module: Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of a module, and every method as Class.method."""
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef)
            )


@cache
def names_in(module: Module) -> dict[str, str]:
    """Local name -> dotted name of what was imported under it."""
    found: dict[str, str] = {}
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(module: Module, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """(module, name) of what a function calls; module "" for a method of something unknown."""
    known = names_in(module)
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            dotted = known.get(node.func.id, f"{module.name}.{node.func.id}")
            yield dotted.rpartition(".")[0], dotted.rpartition(".")[2]
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            yield known.get(node.func.value.id, ""), node.func.attr


def asks(all_modules: Trees, start: Where) -> bool:
    """Whether a function comes to a question of permission, by whatever calls."""
    return comes_to(all_modules, start, HOME, QUESTIONS)


def comes_to(all_modules: Trees, start: Where, home: str, wanted: frozenset[str]) -> bool:
    """Whether a function comes to one of the wanted functions of a home, by whatever calls."""
    todo, seen = [start], set()
    while todo:
        where = todo.pop()
        if where in seen or where[0] not in all_modules:
            continue
        seen.add(where)
        module = all_modules[where[0]]
        function = dict(functions(module)).get(where[1])
        if function is None:
            continue
        for called, name in calls(module, function):
            if called.startswith(home) and name in wanted:
                return True
            todo += [(called, name)] if called else methods(all_modules, slice_of(start[0]), name)
    return False


def methods(all_modules: Trees, slice_name: str, name: str) -> list[Where]:
    """Every method of this name in a slice: what a call on something unknown may mean."""
    return [
        (module.name, full)
        for module in all_modules.values()
        if slice_of(module.name) == slice_name
        for full, _ in functions(module)
        if full.endswith(f".{name}")
    ]


def slice_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


class _WithoutQuestion(ast.NodeTransformer):
    """Puts True where permission was asked."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        asked = isinstance(node.func, ast.Attribute) and node.func.attr in QUESTIONS
        return ast.Constant(True) if asked else node


def without_questions(all_modules: Trees, slice_name: str) -> Trees:
    """The same program with every question of one slice taken out."""
    return {
        name: Module(name, one.path, one.lines, _WithoutQuestion().visit(copy.deepcopy(one.tree)))
        if slice_of(name) == slice_name
        else one
        for name, one in all_modules.items()
    }


# ---------------------------------------------------------------- sending

NAMES_NOBODY = frozenset(
    {
        "staff_digest",
        "rights_notice",
        "invitation",
        "password_reset",
        "password_changed",
        "second_factor_changed",
        "recovery_code_used",
    }
)
"""Deliveries to staff and partners that say nothing of any learner: neither gate nor words come to one."""


@pytest.mark.parametrize("kind", sorted(set(DELIVERIES) - NAMES_NOBODY))
def test_every_delivery_asks_for_permission_at_its_gate(kind):
    gate = DELIVERIES[kind].gate
    where = gate.__module__, gate.__qualname__
    assert asks(trees(), where), f"the gate of {kind} never asks whether it may"
    assert not asks(without_questions(trees(), slice_of(where[0])), where), "this test would not notice"


@pytest.mark.parametrize("kind", sorted(NAMES_NOBODY))
def test_what_goes_without_asking_knows_no_learner(kind):
    for part in (DELIVERIES[kind].gate, DELIVERIES[kind].render):
        where = part.__module__, part.__qualname__
        assert not comes_to(trees(), where, "hub.learners.reads", READS), where


# ---------------------------------------------------------------- sharing

HUB, OWN, LEARNER, RULE, DOOR = (
    "shown to the hub only",
    "shown to the organisation that wrote it",
    "shown or sent to the learner",
    "worked with, shown to nobody",
    "shown to another organisation, through the door",
)

WHO_SEES = {
    "hub.assessment.pages.base:people_seen": HUB,
    "hub.consent.pages.learner:_viewed": HUB,
    "hub.consent.pages.learner:withdraw": HUB,
    "hub.consent.service.requesting:ask_by_link": RULE,
    "hub.consent.service.subject:originals": RULE,
    "hub.desk.pages:_listed": HUB,
    "hub.desk.pages:learner": HUB,
    "hub.desk.reads:_contact": HUB,
    "hub.desk.reads:_names": HUB,
    "hub.desk.reads:_own_names": OWN,
    "hub.desk.reads:results": HUB,
    "hub.eligibility.pages:_page": HUB,
    "hub.eligibility.service:record_evidence": RULE,
    "hub.matching.pages.edge:people_shown": HUB,
    "hub.matching.pages.offers:_act_page": HUB,
    "hub.matching.pages.rounds:why": HUB,
    "hub.matching.reads.enrolments:identities": DOOR,
    "hub.matching.service.snapshots:_known": RULE,
    "hub.messaging.pages:text": HUB,
    "hub.messaging.pages:write": HUB,
    "hub.messaging.reads:_people": HUB,
    "hub.messaging.service.batches:Batch.person": LEARNER,
    "hub.messaging.service.replies:_subject": RULE,
    "hub.messaging.service.replies:leave_question": RULE,
    "hub.messaging.service.sending:_write": LEARNER,
    "hub.messaging.service.sending:_has_email": LEARNER,
    "hub.oversight.reads:opened": HUB,
    "hub.oversight.service:open_in_emergency": HUB,
    "hub.portal.pages.receipts:_seen": HUB,
    "hub.portal.pages.views:_let_in": LEARNER,
    "hub.portal.pages.views:contact": LEARNER,
    "hub.portal.service:change_contact": LEARNER,
    "hub.referrals.pages.casework:_whose": HUB,
    "hub.referrals.pages.casework:worklist": HUB,
    "hub.referrals.pages.mine:_own_names": OWN,
    "hub.referrals.service.renewing:renew_keys": RULE,
    "hub.waitlist.pages:_people": HUB,
    "hub.waitlist.service.check_ins:_people": RULE,
}
WHAT_BECAME_OF_IT = {"hub.referrals.reads.outlook:_may_be_told": DOOR}
"""No identity, and yet the learner's to permit: what a referrer is told of the end of a referral."""

PASSED_ON = sorted(where for where, who in (WHO_SEES | WHAT_BECAME_OF_IT).items() if who is DOOR)


def reading_places() -> set[str]:
    """Every function outside the learners slice that reads who a learner is."""
    return {
        f"{module.name}:{name}"
        for module in modules()
        if slice_of(module.name) not in {"hub.learners", "hub.demo", "hub.rights"}
        for name, function in functions(module)
        if any(called == "hub.learners.reads" and what in READS for called, what in calls(module, function))
    }


def test_whoever_reads_who_a_learner_is_says_who_gets_to_see_it():
    assert reading_places() == set(WHO_SEES)


def through_the_door(all_modules: Trees, place: str) -> bool:
    name, _, function_name = place.partition(":")
    module = all_modules[name]
    called = calls(module, dict(functions(module))[function_name])
    return any(home.startswith(HOME) and what in SHARING_DOORS for home, what in called)


@pytest.mark.parametrize("place", PASSED_ON)
def test_what_goes_to_another_organisation_goes_through_the_one_door(place):
    assert through_the_door(trees(), place)
    assert not through_the_door(without_questions(trees(), slice_of(place)), place)


def test_nobody_has_a_key_to_half_of_the_door():
    """The agreement alone, or a permission to share alone, is asked by nobody outside: only both together.

    `agreed` plans ahead of the learner's answer, and `may` before an answer records it: matching's service, which
    shows nothing.
    """
    halves = {
        f"{module.name}:{what}"
        for module in modules()
        if slice_of(module.name) not in {"hub.consent", "hub.accounts"}
        for _, function in functions(module)
        for called, what in calls(module, function)
        if what == "agreement_covers" or (called.startswith(HOME) and what == "agreed")
    }
    assert halves == {"hub.matching.service.snapshots:agreed"}


# ---------------------------------------------------------------- what people have had stopped

DOORS = {
    "P02": (
        "hub.assessment.service.appointments:book",
        "hub.assessment.service.assessments:start",
        "hub.assessment.service.placing:complete",
    ),
    "P04": (
        "hub.matching.service.snapshots:_entries",
        "hub.matching.service.releasing:release",
        "hub.matching.service.refills:prepare_refills",
        "hub.waitlist.service.check_ins:ask_check_ins",
        "hub.waitlist.service.check_ins:chase_check_ins",
    ),
    "P09": ("hub.eligibility.service:record_evidence",),
}
"""Purposes that nobody is asked about and that a person can have stopped: where each is asked, at the moment of acting."""


def test_every_use_that_can_be_stopped_has_a_door():
    assert set(DOORS) | set(OPTIONAL) == stoppable()


@pytest.mark.parametrize("place", [one for places in DOORS.values() for one in places])
def test_each_door_asks(place):
    module, _, name = place.partition(":")
    assert asks(trees(), (module, name)), "it never asks whether it may"
    assert not asks(without_questions(trees(), slice_of(module)), (module, name)), (
        "this test would not notice"
    )


def made_in(row: str) -> set[str]:
    """The functions that make a row of a table."""
    return {
        f"{module.name}:{name}"
        for module in modules()
        if slice_of(module.name) != "hub.demo"
        for name, function in functions(module)
        if any(
            what == row and home.endswith((".models", module.name)) for home, what in calls(module, function)
        )
    }


def test_nothing_is_offered_or_recorded_as_evidence_but_behind_a_door():
    assert made_in("Offer") == {"hub.matching.service.releasing:_offer"}
    assert made_in("EvidenceSeen") == set(DOORS["P09"])


def test_every_question_sees_what_was_stopped():
    """The three questions end in `may_many`; it asks for stops, and so does the select that it reads answers with."""
    home = "hub.consent.reads"
    for name, where in (("may", "standing"), ("may_many", "standing"), ("may_share", "sharing")):
        start = (f"{home}.{where}", name)
        assert comes_to(trees(), start, f"{home}.stops", frozenset({"stopped"})), name
        assert comes_to(trees(), start, "hub.consent.domain", frozenset({"permitted"})), name
        assert comes_to(trees(), start, "hub.consent.queries", frozenset({"_stopped"})), name
    askers = {
        module.name
        for module in modules()
        for _, function in functions(module)
        if any(what == "standing_of" for _, what in calls(module, function))
    }
    assert askers == {"hub.consent.domain.standing", "hub.consent.reads.standing"}, "half of the question"


def test_the_gate_of_texts_and_emails_sees_a_restriction():
    gate = DELIVERIES["message"].gate
    where = gate.__module__, gate.__qualname__
    assert comes_to(trees(), where, HOME, frozenset({"restricted"}))
