"""The one blueprint that the page modules share."""

from hub.core.permissions import Role
from hub.infra.http import pages_blueprint

blueprint = pages_blueprint("referrals", "hub.referrals")  # the templates stand beside the slice

REFERS = (Role.REFERRER, Role.HUB_MANAGER, Role.ASSESSOR)
"""Who may write a referral: the hub's people do it for learners who call or walk in."""

HUB = (Role.HUB_MANAGER, Role.ASSESSOR)
PAGE = 50
