"""What slices above may know of permission."""

from hub.consent.reads.receipts import Receipt, receipt
from hub.consent.reads.register import (
    RegisterFilter,
    basis_history,
    counts,
    register,
    register_size,
)
from hub.consent.reads.sharing import Share, agreed, may_pass, may_share
from hub.consent.reads.standing import (
    asked_by_link,
    consent,
    consents,
    languages,
    may,
    may_many,
    own_asking,
    purposes_of_day,
    relying_organisations,
    standings,
    wording,
)
from hub.consent.reads.stops import restricted, standing_stops, stopped, stops_of

__all__ = [
    "Receipt",
    "RegisterFilter",
    "Share",
    "agreed",
    "asked_by_link",
    "basis_history",
    "consent",
    "consents",
    "counts",
    "languages",
    "may",
    "may_many",
    "may_pass",
    "may_share",
    "own_asking",
    "purposes_of_day",
    "receipt",
    "register",
    "register_size",
    "relying_organisations",
    "restricted",
    "standing_stops",
    "standings",
    "stopped",
    "stops_of",
    "wording",
]
