"""What learners are told when something happens, in the transaction in which it happens.

Events of slices above this one are named by their shape, not by their class: they may not be imported here."""

from hub.messaging.reactions.cases import (
    appointment_booked,
    appointment_cancelled,
    appointment_missed,
    appointment_moved,
    check_in_due,
    entry_joined,
    referral_closed,
    referral_submitted,
)
from hub.messaging.reactions.merging import happening_moved, learners_unmerged
from hub.messaging.reactions.offers import (
    offer_confirmed,
    offer_ready,
    offer_restored,
    offer_returned,
    offer_withdrawn,
)
from hub.messaging.reactions.permission import (
    asking_settled,
    consent_withdrawn,
    digest_due,
    permission_asked,
    receipt_wanted,
    replied,
)

__all__ = [
    "appointment_booked",
    "appointment_cancelled",
    "appointment_missed",
    "appointment_moved",
    "asking_settled",
    "check_in_due",
    "consent_withdrawn",
    "digest_due",
    "entry_joined",
    "happening_moved",
    "learners_unmerged",
    "offer_confirmed",
    "offer_ready",
    "offer_restored",
    "offer_returned",
    "offer_withdrawn",
    "permission_asked",
    "receipt_wanted",
    "referral_closed",
    "referral_submitted",
    "replied",
]
