"""Codes of the second proof; what a sign-in is called."""

from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from hub.accounts.domain.codes import new_recovery_code, steps_to_try, tidy_code, tidy_recovery_code
from hub.accounts.domain.places import ELSEWHERE, device_of, place_of

NOW = datetime.fromtimestamp(30 * 1000 + 5, UTC)


def test_a_phone_may_be_a_step_early_or_late_and_no_more():
    assert list(steps_to_try(NOW, None)) == [999, 1000, 1001]


@pytest.mark.parametrize(("used", "left"), [(998, [999, 1000, 1001]), (1000, [1001]), (1001, [])])
def test_a_step_that_was_used_and_those_before_it_are_over(used, left):
    assert list(steps_to_try(NOW, used)) == left


def test_a_recovery_code_is_understood_as_people_write_it():
    code = new_recovery_code()
    assert tidy_recovery_code(code.lower().replace("-", " ")) == code
    assert tidy_recovery_code("oi1l-0000-0000") == "0111-0000-0000"
    assert tidy_recovery_code("123456") is None
    assert len({new_recovery_code() for _ in range(200)}) == 200


def test_digits_are_what_counts_of_a_code():
    assert tidy_code(" 123 456 ") == "123456"
    assert tidy_code("١٢٣456") == "456"


@pytest.mark.parametrize(
    ("agent", "device"),
    [("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
     ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
     ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
     ("curl/8.0", "curl/8.0"), ("", "Unknown device")],
)  # fmt: skip
def test_a_device_is_named_as_people_name_it(agent, device):
    assert device_of(agent) == device


def test_a_place_is_a_networks_name_never_an_address():
    networks = (("Town Hall", ip_network("10.1.0.0/16")), ("Library", ip_network("2001:db8::/32")))
    assert place_of("10.1.2.3", networks) == "Town Hall"
    assert place_of("2001:db8::7", networks) == "Library"
    assert place_of("192.0.2.1", networks) == place_of("nonsense", networks) == ELSEWHERE
