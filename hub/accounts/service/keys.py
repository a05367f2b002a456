"""API keys: shown once, kept as hashes."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import roles_in
from hub.accounts.models import ApiKey, Organisation
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.ids import new_secret, secret_hash
from hub.core.permissions import Actor, Role
from hub.infra import audit


def create_key(session: Session, organisation_id: UUID, role: Role, actor: Actor, clock: Clock) -> str:
    """A new API key of an organisation, told this once."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    if role not in roles_in(organisation.kind):
        raise RuleBroken(
            "This role does not fit this kind of organisation.", field="role", code="role_not_here"
        )
    key = f"hub_{new_secret(256)}"
    row = ApiKey(
        organisation_id=organisation_id,
        role=role,
        key_hash=secret_hash(key),
        hint=key[-4:],
        created_at=clock.now(),
    )
    session.add(row)
    audit.record(session, actor, "api_key.created", "api_key", row.id, clock=clock)
    session.flush()
    return key


def revoke_key(session: Session, key_id: UUID, actor: Actor, clock: Clock) -> None:
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound("There is no such key.")
    row.revoked_at = clock.now()
    audit.record(session, actor, "api_key.revoked", "api_key", row.id, clock=clock)


def actor_of_key(session: Session, key: str) -> Actor | None:
    """Who an API key acts for, None when it is unknown or revoked."""
    found = queries.live_key(session, secret_hash(key))
    if found is None:
        return None
    return Actor("key", found.key_id, found.name, found.role, found.organisation_id)
