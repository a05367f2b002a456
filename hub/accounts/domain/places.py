"""From which device and place a sign-in came, as a person would say it: enough to recognise one's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "Chromebook"),
    ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
ELSEWHERE = "Another network"


@dataclass(frozen=True, slots=True)
class Where:
    """The device and the place of a sign-in. An address is never kept: only the name of a known network."""

    device: str
    place: str | None = None


def device_of(user_agent: str) -> str:
    """`Firefox on Windows`; what is not known stays as it was sent, shortened."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent.strip()[:60] or "Unknown device"


def place_of(address: str, networks: Iterable[tuple[str, IPv4Network | IPv6Network]]) -> str:
    """The name of the network that the address belongs to."""
    try:
        found = ip_address(address)
    except ValueError:
        return ELSEWHERE
    return next((name for name, network in networks if found in network), ELSEWHERE)
