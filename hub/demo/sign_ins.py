"""Who may sign in to the demo, told to the person who started it. Needs few modules: each start asks it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hub.accounts import reads as account_reads
from hub.core.permissions import ROLE_LABELS, Role
from hub.demo.parameters import read_data

PASSWORD = "paper-boat-umbrella"  # noqa: S105 - printed by the command, for invented people only

_SHOWN = (
    Role.REFERRER,
    Role.HUB_MANAGER,
    Role.ASSESSOR,
    Role.PROVIDER,
    Role.DATA_PROTECTION,
    Role.AUDITOR,
    Role.ADMIN,
)
_AT = {Role.REFERRER: ("hackney-jobcentre",), Role.PROVIDER: ("mare-street-college",)}


def sign_ins(session: Session) -> list[tuple[str, str, str]]:
    """(role, address, name and place) of one person for each role."""
    found = []
    for role in _SHOWN:
        slug = _AT.get(role, (read_data("organisations")["hub"]["slug"],))[0]
        home = account_reads.organisation_by_slug(session, slug)
        user = account_reads.users_of(session, home.id, role)[0]
        found.append((ROLE_LABELS[role], user.email, f"{user.name}, {home.name}"))
    return found


def password_hint(people: Sequence[tuple[str, str, str]]) -> str:
    """One sign-in per role, as lines for the terminal."""
    return "\n".join(f"  {role:<24} {email:<46} {who}" for role, email, who in people)
