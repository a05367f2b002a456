"""What the edges and the slices above may read of referrals."""

from hub.referrals.queries import Filter
from hub.referrals.reads.caseloads import Caseload, caseload, caseloads, successors
from hub.referrals.reads.drafts import DraftView, as_shown, draft, my_drafts
from hub.referrals.reads.figures import ReferralFigure, submitted_at, submitted_between
from hub.referrals.reads.outlook import Outlook, outlooks
from hub.referrals.reads.standing import Standing, public_standing
from hub.referrals.reads.timeline import PublicEvent, public_timeline
from hub.referrals.reads.views import (
    Asked,
    Details,
    Happening,
    MyReferral,
    ReferralView,
    ages,
    as_mine,
    by_reference,
    counts,
    details,
    history,
    my_referral,
    my_referrals,
    questions,
    referral,
    referral_for,
    referrals_by_id,
    referrals_of,
    sources,
    total,
    worklist,
)

__all__ = [
    "Asked",
    "Caseload",
    "Details",
    "DraftView",
    "Filter",
    "Happening",
    "MyReferral",
    "Outlook",
    "PublicEvent",
    "ReferralFigure",
    "ReferralView",
    "Standing",
    "ages",
    "as_mine",
    "as_shown",
    "by_reference",
    "caseload",
    "caseloads",
    "counts",
    "details",
    "draft",
    "history",
    "my_drafts",
    "my_referral",
    "my_referrals",
    "outlooks",
    "public_standing",
    "public_timeline",
    "questions",
    "referral",
    "referral_for",
    "referrals_by_id",
    "referrals_of",
    "sources",
    "submitted_at",
    "submitted_between",
    "successors",
    "total",
    "worklist",
]
