"""Signing in, staying in, being refused."""

from hub.accounts import service
from hub.core.permissions import Role


def test_health_tells_the_process_is_up(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_key_signs_a_machine_in(session, api):
    caller = api(Role.REFERRER)
    assert caller.get("/api/v1/openapi.json").status_code == 200


def test_wrong_password_ten_times_makes_the_account_wait(session, person, clock):
    person(session, Role.ASSESSOR)
    email = "assessor@the-hub.example"
    for _ in range(10):
        assert service.sign_in(session, email, "wrong", "test", clock) is None
    assert service.sign_in(session, email, "correct-horse-battery", "test", clock) is None
