"""The rules about people: pure, no database, no web."""

from hub.learners.domain.events import (
    HappeningMoved,
    IndexesRenewed,
    LearnersMerged,
    LearnersUnmerged,
    StrongMatchFound,
)
from hub.learners.domain.golden import Person, SourceRecordView, contact_of, golden_record
from hub.learners.domain.keys import Key, KeyKind
from hub.learners.domain.links import LinkExpired, LinkPurpose, OpenedLink
from hub.learners.domain.names import name_tokens
from hub.learners.domain.needs import (
    Barrier,
    Funding,
    Needs,
    NewNeeds,
    Reason,
    StudyMode,
    TravelMode,
    needs_faults,
    travel_km,
)
from hub.learners.domain.pairs import PairDecision
from hub.learners.domain.person import (
    ContactChange,
    DocumentSeen,
    Identified,
    NewPerson,
    SearchTerms,
    Sex,
    person_faults,
)
from hub.learners.domain.splitting import Happening, SplitKind

__all__ = [
    "Barrier",
    "ContactChange",
    "DocumentSeen",
    "Funding",
    "Happening",
    "HappeningMoved",
    "Identified",
    "IndexesRenewed",
    "Key",
    "KeyKind",
    "LearnersMerged",
    "LearnersUnmerged",
    "LinkExpired",
    "LinkPurpose",
    "Needs",
    "NewNeeds",
    "NewPerson",
    "OpenedLink",
    "PairDecision",
    "Person",
    "Reason",
    "SearchTerms",
    "Sex",
    "SourceRecordView",
    "SplitKind",
    "StrongMatchFound",
    "StudyMode",
    "TravelMode",
    "contact_of",
    "golden_record",
    "name_tokens",
    "needs_faults",
    "person_faults",
    "travel_km",
]
