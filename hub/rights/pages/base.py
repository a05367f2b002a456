"""What the pages of rights share."""

from hub.core.permissions import Role
from hub.infra.http import pages_blueprint

blueprint = pages_blueprint("rights", "hub.rights")
OFFICER = (Role.DATA_PROTECTION,)
RECEIVES = (Role.DATA_PROTECTION, Role.HUB_MANAGER, Role.ASSESSOR)
LOOKS = (Role.DATA_PROTECTION, Role.AUDITOR)
