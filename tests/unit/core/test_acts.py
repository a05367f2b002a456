"""The table of acts: every act that the program writes to the audit is described, and all that must be logged is."""

import ast
from functools import cache

import pytest

from hub.core.acts import GROUNDED, ActKind, act_of, ground_of
from hub.core.permissions import Role
from tests.architecture.source import modules

WRITERS = {"audit.record", "_note", "note", "record_act"}


def called(node: ast.expr) -> str:
    """`record` or `audit.record`; empty for what is called in another way."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@cache
def actions_in_code() -> dict[str, str]:
    """Every literal action of `audit.record(session, actor, action, ...)`; `*` for the part that is worked out."""
    found: dict[str, str] = {}
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.Call) and called(node.func) in WRITERS:
                for action in (one for argument in node.args[:3] for one in texts(argument)):
                    found[action] = f"{module.where}:{node.lineno}"
            elif isinstance(node, ast.Dict):  # an entry of the owner's, written without a session
                for key, value in zip(node.keys, node.values, strict=True):
                    if (
                        isinstance(key, ast.Constant)
                        and key.value == "action"
                        and isinstance(value, ast.Constant)
                    ):
                        found[str(value.value)] = f"{module.where}:{node.lineno}"
    return found


def texts(node: ast.expr):
    """The strings that an expression can give, as far as they look like an action."""
    for one in ast.walk(node):
        if isinstance(one, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in one.values)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and "." in one.value[1:-1]:
            yield one.value


def test_every_act_in_the_code_is_described():
    actions = actions_in_code()
    assert len(actions) > 60
    unknown = {action: where for action, where in actions.items() if act_of(action).kind is ActKind.OTHER}
    assert unknown == {}, "describe them in hub/core/acts.toml"


@pytest.mark.parametrize(
    ("action", "kind", "purpose"),
    [
        ("learner.viewed", ActKind.VIEW, "P01"),
        ("learner.listed", ActKind.VIEW, "P01"),
        ("learner.messages_viewed", ActKind.VIEW, "P01"),
        ("evidence.viewed", ActKind.VIEW, "P09"),
        ("learner.searched", ActKind.SEARCH, "P01"),
        ("audit.exported", ActKind.EXPORT, "P13"),
        ("match_round.snapshot_read", ActKind.EXPORT, "P04"),
        ("learner.created", ActKind.CHANGE, "P01"),
        ("learner.contact_changed", ActKind.CHANGE, "P01"),
        ("learner.merged", ActKind.CHANGE, "P01"),
        ("referral.closed", ActKind.CHANGE, "P01"),
        ("assessment.completed", ActKind.CHANGE, "P02"),
        ("consent.recorded", ActKind.CONSENT, "P13"),
        ("consent.withdrawn", ActKind.CONSENT, "P13"),
        ("match_round.released", ActKind.DECISION, "P04"),
        ("offer.accepted", ActKind.DECISION, "P04"),
        ("offer.declined", ActKind.DECISION, "P04"),
        ("waitlist_entry.held", ActKind.LIST_MOVE, "P04"),
        ("priority.noted", ActKind.LIST_MOVE, "P04"),
        ("message.written", ActKind.MESSAGE, "P06"),
        ("text.received", ActKind.MESSAGE, "P06"),
        ("user.signed_in", ActKind.SIGN_IN, "P13"),
        ("user.signed_out", ActKind.SIGN_IN, "P13"),
        ("user.sign_in_failed", ActKind.SIGN_IN, "P13"),
        ("session.ended", ActKind.SIGN_IN, "P13"),
        ("access.refused", ActKind.REFUSED, "P13"),
        ("user.role_changed", ActKind.SECURITY, "P13"),
        ("user.closed", ActKind.SECURITY, "P13"),
        ("second_factor.set_up", ActKind.SECURITY, "P13"),
        ("emergency.opened", ActKind.EMERGENCY, "P13"),
        ("key.rotated", ActKind.KEYS, "P13"),
        ("retention.run", ActKind.RIGHTS, "P13"),
        ("erasure.done", ActKind.RIGHTS, "P13"),
        ("access_request.answered", ActKind.RIGHTS, "P13"),
        ("database.migrated", ActKind.MIGRATION, "P13"),
        ("waiting_list.exported", ActKind.EXPORT, "P04"),
        ("match_round.result_read", ActKind.EXPORT, "P04"),
        ("rights.package_fetched", ActKind.EXPORT, "P13"),
        ("processing.stopped", ActKind.RIGHTS, "P13"),
        ("audit.gap", ActKind.SEAL, "P13"),
        ("learner.own_page", ActKind.OWN, "P01"),
        ("thing.that_nobody_described", ActKind.OTHER, "P13"),
    ],
)
def test_kind_and_purpose_of_an_act(action, kind, purpose):
    act = act_of(action)
    assert (act.kind, act.purpose) == (kind, purpose)
    assert act.words


def test_every_kind_that_must_be_logged_is_written_somewhere():
    """The list of security-privacy-reliability.md, section 3."""
    written = {act_of(action).kind for action in actions_in_code()}
    wanted = {
        ActKind.VIEW, ActKind.SEARCH, ActKind.EXPORT, ActKind.CHANGE, ActKind.CONSENT, ActKind.DECISION,
        ActKind.LIST_MOVE, ActKind.MESSAGE, ActKind.SIGN_IN, ActKind.REFUSED, ActKind.SECURITY, ActKind.EMERGENCY,
        ActKind.KEYS, ActKind.MIGRATION, ActKind.SEAL, ActKind.OWN,
    }  # fmt: skip
    assert wanted - written == set()


MEET_NOBODY = {Role.ADMIN, Role.PUBLIC}
"""Roles that are shown nobody's record."""


def test_every_act_by_which_somebody_learns_of_a_person_says_why_it_was_allowed():
    seen = {action for action in actions_in_code() if act_of(action).kind in GROUNDED and "*" not in action}
    assert len(seen) > 15
    without = {(role, one) for role in set(Role) - MEET_NOBODY for one in seen if not ground_of(role, one)}
    assert without == set()
    assert {ground_of(role, "learner.viewed") for role in MEET_NOBODY} == {None}


def test_a_change_needs_no_ground_of_its_own():
    assert ground_of(Role.HUB_MANAGER, "learner.created") is None
    assert ground_of(Role.PROVIDER, "offer.viewed") != ground_of(Role.PROVIDER, "enrolment.viewed")
