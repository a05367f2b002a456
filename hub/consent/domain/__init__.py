"""The rules of permission: pure, no database, no web."""

from hub.consent.domain.purposes import OPTIONAL, PURPOSES, Basis, Purpose, purpose
from hub.consent.domain.records import (
    Channel,
    ConsentGiven,
    ConsentView,
    ConsentWithdrawn,
    NewConsent,
    Proof,
    PurposeStanding,
    consent_faults,
    is_proven,
)
from hub.consent.domain.standing import ChoiceMade, Standing, Telling, standing_of, strictest
from hub.consent.domain.wording import (
    CURRENT_VERSION,
    Language,
    WordedPurpose,
    Wording,
    languages_of,
    load_wording,
    versions,
)

__all__ = [
    "CURRENT_VERSION",
    "OPTIONAL",
    "PURPOSES",
    "Basis",
    "Channel",
    "ChoiceMade",
    "ConsentGiven",
    "ConsentView",
    "ConsentWithdrawn",
    "Language",
    "NewConsent",
    "Proof",
    "Purpose",
    "PurposeStanding",
    "Standing",
    "Telling",
    "WordedPurpose",
    "Wording",
    "consent_faults",
    "is_proven",
    "languages_of",
    "load_wording",
    "purpose",
    "standing_of",
    "strictest",
    "versions",
]
