"""Where each role can go from the staff header: one table, read by the shell.

An endpoint that does not exist (a slice not installed) is left out without a word, so the table may name more
than a deployment has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import current_app, request, url_for

from hub.core.permissions import Role


@dataclass(frozen=True)
class Destination:
    """One link of the staff header; `badge` names the count of waiting work shown beside it."""

    endpoint: str
    text: str
    badge: str = ""


@dataclass(frozen=True)
class NavLink:
    """A destination as the page shows it."""

    text: str
    href: str
    current: str  # for aria-current: "page" here, "true" on a page below, "" elsewhere
    count: int


@dataclass(frozen=True)
class Shell:
    """What the staff header needs and this layer cannot know: filled in by the application."""

    organisation: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


MY_WORK = Destination("desk.my_work", "My work", "my_work")
DIARY = Destination("assessment.diary", "Diary", "diary")
FIND_A_CLASS = Destination("provision.find", "Find a class")
REPORTS = Destination("reporting.index", "Reports")
AUDIT = Destination("oversight.index", "Audit")

CONSENT_REGISTER = Destination("consent.register", "Consent register")
AGREEMENTS = Destination("consent.agreements", "Sharing agreements")
PURPOSES = Destination("consent.purposes", "What data is used for")

ROLE_NAV: Mapping[Role, tuple[Destination, ...]] = {
    Role.REFERRER: (
        MY_WORK,
        Destination("referrals.mine", "My referrals", "my_referrals"),
        Destination("referrals.start", "Refer a learner"),
        FIND_A_CLASS,
    ),
    Role.ASSESSOR: (
        MY_WORK,
        DIARY,
        Destination("referrals.worklist", "Referrals", "referrals"),
        Destination("waitlist.index", "Waiting list"),
        Destination("messaging.index", "Messages", "messages"),
        FIND_A_CLASS,
    ),
    Role.HUB_MANAGER: (
        MY_WORK,
        Destination("desk.board", "Board"),
        Destination("referrals.worklist", "Referrals", "referrals"),
        Destination("learners.duplicates", "Duplicates", "duplicates"),
        DIARY,
        Destination("waitlist.index", "Waiting list"),
        Destination("matching.rounds", "Matching rounds"),
        Destination("matching.offers", "Offers", "offers"),
        Destination("matching.enrolments", "Enrolments"),
        Destination("provision.my_classes", "Classes"),
        Destination("messaging.index", "Messages", "messages"),
        REPORTS,
        Destination("policy.settings", "Settings"),
    ),
    Role.PROVIDER: (
        MY_WORK,
        Destination("provision.my_classes", "My classes", "places"),
        Destination("matching.offers", "Offers to answer", "offers"),
        Destination("matching.enrolments", "Expected learners", "enrolments"),
    ),
    Role.AUDITOR: (
        MY_WORK,
        AUDIT,
        CONSENT_REGISTER,
        AGREEMENTS,
        PURPOSES,
        Destination("rights.retention", "How long we keep things"),
    ),
    Role.DATA_PROTECTION: (
        MY_WORK,
        Destination("desk.search_form", "Find a learner"),
        AUDIT,
        Destination("oversight.reviews", "Emergency access", "emergencies"),
        Destination("rights.index", "Requests and registers", "rights"),
        CONSENT_REGISTER,
        AGREEMENTS,
        PURPOSES,
        REPORTS,
    ),
    Role.ADMIN: (
        MY_WORK,
        Destination("accounts.people", "People"),
        Destination("accounts.organisations", "Organisations"),
        Destination("policy.settings", "Settings"),
        Destination("oversight.emergency", "Emergency access"),
    ),
}


def endpoint_exists(endpoint: str) -> bool:
    """Whether a page of this name is installed."""
    return endpoint in current_app.view_functions


def links_for(role: Role, counts: Mapping[str, int]) -> list[NavLink]:
    """The role's destinations that exist here, in order, with the number of things waiting."""
    return [
        NavLink(
            place.text,
            url_for(place.endpoint),
            _current(url_for(place.endpoint)),
            counts.get(place.badge, 0),
        )
        for place in ROLE_NAV.get(role, ())
        if endpoint_exists(place.endpoint)
    ]


def _current(address: str) -> str:
    """Whether this page is the destination itself or lies below it."""
    if request.path == address:
        return "page"
    return "true" if address != "/" and request.path.startswith(f"{address}/") else ""
