"""A person's rows in this slice: the entry stays as a figure, what gave a priority goes."""

from hub.infra.personal import Contact, Holding, OnErasure, by_record, within
from hub.waitlist.models import EntryHistory, ListedPlace, PriorityFact, WaitlistEntry

ENTRIES = Holding(WaitlistEntry, by_record(WaitlistEntry.source_record_id))
HOLDINGS = (
    Holding(EntryHistory, within(EntryHistory.entry_id, ENTRIES)),
    Holding(PriorityFact, by_record(PriorityFact.source_record_id), OnErasure.DELETE),
    Holding(ListedPlace, by_record(ListedPlace.source_record_id)),
    ENTRIES,
)
CONTACTS = (Contact(WaitlistEntry.learner_id, (WaitlistEntry.joined_at,)),)
