"""What the edges and the slices above may read of referrals."""

from hub.referrals.queries import Filter
from hub.referrals.reads.standing import Standing, public_standing
from hub.referrals.reads.views import (
    Asked,
    Details,
    Happening,
    MyReferral,
    ReferralView,
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
    worklist,
)

__all__ = [
    "Asked",
    "Details",
    "Filter",
    "Happening",
    "MyReferral",
    "ReferralView",
    "Standing",
    "counts",
    "details",
    "history",
    "my_referral",
    "my_referrals",
    "public_standing",
    "questions",
    "referral",
    "referral_for",
    "referrals_by_id",
    "referrals_of",
    "sources",
    "worklist",
]
