"""The fixed kinds: of providers, of English taught, and of states a class passes through."""

from enum import StrEnum


class ProviderKind(StrEnum):
    COLLEGE = "college"
    COUNCIL_LEARNING = "council_learning"
    CHARITY = "charity"
    LIBRARY = "library"
    PRIVATE = "private"


PROVIDER_KIND_LABELS = {
    ProviderKind.COLLEGE: "College",
    ProviderKind.COUNCIL_LEARNING: "Council learning service",
    ProviderKind.CHARITY: "Charity or community group",
    ProviderKind.LIBRARY: "Library",
    ProviderKind.PRIVATE: "Private school or company",
}


class Strand(StrEnum):
    """What the English is for."""

    GENERAL = "general"
    LITERACY = "literacy"
    WORK = "work"
    FAMILY = "family"
    CITIZENSHIP = "citizenship"
    CONVERSATION = "conversation"


STRAND_LABELS = {
    Strand.GENERAL: "General English",
    Strand.LITERACY: "Reading and writing",
    Strand.WORK: "English for work",
    Strand.FAMILY: "Family English",
    Strand.CITIZENSHIP: "Citizenship",
    Strand.CONVERSATION: "Conversation club",
}


class ClassState(StrEnum):
    """draft -> published -> ended, or cancelled from either of the first two."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    ENDED = "ended"


STATE_LABELS = {
    ClassState.DRAFT: ("Draft", "grey"),
    ClassState.PUBLISHED: ("Open", "green"),
    ClassState.CANCELLED: ("Cancelled", "red"),
    ClassState.ENDED: ("Ended", "grey"),
}
"""Words and tag colour."""
