"""What all pages of provision share."""

from uuid import UUID

from flask import abort, request

from hub.core.levels import Level
from hub.core.permissions import Role
from hub.infra.access import current_actor
from hub.infra.http import as_uuid, pages_blueprint
from hub.provision.domain import STRAND_LABELS

blueprint = pages_blueprint("provision", "hub.provision")

CHANGERS = (Role.PROVIDER, Role.HUB_MANAGER)
SEES_CLASSES = (Role.PROVIDER, Role.HUB_MANAGER, Role.ASSESSOR)
PAGE = 50

LEVEL_OPTIONS = [(level.value, level.label) for level in Level]
STRAND_OPTIONS = [(strand.value, label) for strand, label in STRAND_LABELS.items()]


def whose() -> UUID:
    """The provider a page is about: one's own, or, for the hub, the one named by `provider` in the address."""
    actor = current_actor()
    asked = as_uuid(request.args.get("provider", ""))
    found = actor.organisation_id if actor.role is Role.PROVIDER else asked
    return found or abort(404)


def provider_in_address() -> UUID | None:
    """`provider=` for the addresses of the hub's own pages; a provider's pages need none."""
    return None if current_actor().role is Role.PROVIDER else as_uuid(request.args.get("provider", ""))


def asked_page() -> int:
    """The page asked for, 1 for anything that is not a page."""
    text = request.args.get("page", "1")
    return max(int(text), 1) if text.isdecimal() and len(text) < 6 else 1
