"""A person's rows in this slice: the case and its dates stay, the words and what recognises the person go."""

from datetime import timedelta

from sqlalchemy import Date, LargeBinary, cast, func

from hub.infra.personal import Contact, Holding, OnErasure, by_record, within
from hub.infra.sweeping import Sweep, Then
from hub.referrals.models import InformationRequest, Referral, ReferralDraft, ReferralFile, ReferralHistory

# Nobody's fingerprint any more, and still one of its own: the column may not be empty.
_NOBODY = cast(func.uuid_send(Referral.id), LargeBinary)

REFERRALS = Holding(
    Referral,
    by_record(Referral.source_record_id),
    wipe={"external_key": None, "import_key": None, "person_key": _NOBODY},
)
HOLDINGS = (
    Holding(ReferralDraft, within(ReferralDraft.referral_id, REFERRALS), OnErasure.DELETE),
    Holding(InformationRequest, within(InformationRequest.referral_id, REFERRALS)),
    Holding(ReferralHistory, within(ReferralHistory.referral_id, REFERRALS)),
    REFERRALS,
)
SWEEPS = {
    # A draft knows its own last day, by the clock of the day on which it was begun.
    "draft": (
        Sweep(ReferralDraft, lambda now: ReferralDraft.expires_on < cast(now, Date), Then.SHRED_AND_DELETE),
    ),
    "file": (
        Sweep(
            ReferralFile,
            lambda now: ReferralFile.sent_at < now - timedelta(days=1),
            Then.SHRED_AND_DELETE,
        ),
    ),
}
CONTACTS = (Contact(Referral.learner_id, (Referral.submitted_at, Referral.moved_at)),)
