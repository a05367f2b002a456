"""An id that is none. Foreign and missing ids are the authorisation matrix's: tests/architecture/test_access.py."""

import pytest

from hub.core.permissions import Role


@pytest.mark.parametrize(
    "wrong", ["1", "null", "..%2f..%2fetc", "01900000-0000-7000-8000-00000000000", "%00", "' OR 1=1--"]
)
def test_an_id_that_is_none(as_role, api, wrong):
    assert api(Role.REFERRER).get(f"/api/v1/referrals/{wrong}").status_code == 404
    assert as_role(Role.REFERRER).get(f"/my-referrals/{wrong}").status_code == 404
