"""What the hub can change, and who may."""

import pytest

from hub.core.permissions import Role
from hub.policy import domain


def test_all_states_have_words_for_staff():
    machines = {(machine, state) for machine, state, _ in domain.labels()}
    assert all((*key, domain.Audience.STAFF) in domain.labels() for key in machines)


def test_a_manager_changes_a_clock_and_it_is_kept_who_did(session, as_role):
    manager = as_role(Role.HUB_MANAGER)
    form = {
        "value": "5", "valid_from-day": "11", "valid_from-month": "1", "valid_from-year": "2027",
        "source": "Board of 11 January",
    }  # fmt: skip
    assert manager.post("/settings/clock.stall_days", data=form).status_code == 302
    page = manager.get("/settings").text
    assert "5 working days" in page
    assert "Board of 11 January" in page
    assert "Robin Hub Manager" in page


@pytest.mark.parametrize(
    ("value", "message"),
    [("", "Enter the new value"), ("many", "whole number"), ("-1", "whole number"), ("9999", "from 0 to 60")],
)
def test_a_wrong_value_is_told_beside_the_field_and_nothing_is_lost(session, as_role, value, message):
    form = {
        "value": value,
        "valid_from-day": "1",
        "valid_from-month": "2",
        "valid_from-year": "2027",
        "source": "X",
    }
    answer = as_role(Role.HUB_MANAGER).post("/settings/clock.stall_days", data=form)
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="2027"' in answer.text


def test_an_unknown_setting_is_not_found(session, as_role):
    assert as_role(Role.HUB_MANAGER).get("/settings/clock.nothing").status_code == 404
    assert as_role(Role.HUB_MANAGER).get("/settings/x.y.z").status_code == 404


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.ASSESSOR])
def test_others_may_not(session, as_role, role):
    assert as_role(role).get("/settings").status_code == 403


def test_reasons_and_labels_can_be_reworded(session, as_role):
    manager = as_role(Role.HUB_MANAGER)
    for code in ("reason.other", "label.referral.submitted.referrer"):
        assert manager.get(f"/settings/{code}").status_code == 200
        form = {
            "value": "Our own words", "valid_from-day": "1", "valid_from-month": "1", "valid_from-year": "2027",
            "source": "Board",
        }  # fmt: skip
        assert manager.post(f"/settings/{code}", data=form).status_code == 302
    assert manager.get("/settings").text.count("Our own words") >= 2
