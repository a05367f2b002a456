"""The pages of referrals: writing one, following one's own, the hub's worklist, files."""

from hub.referrals.pages import casework, handover, lists, mine, own, refer, upload
from hub.referrals.pages.edge import blueprint

__all__ = ["blueprint", "casework", "handover", "lists", "mine", "own", "refer", "upload"]
