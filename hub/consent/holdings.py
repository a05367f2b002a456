"""A person's rows in this slice: askings and answers stay as proof, without the words and the language."""

from hub.consent.models import Consent, ConsentEvent, ProcessingStop
from hub.infra.personal import Contact, Holding, by_record, within

CONSENTS = Holding(Consent, by_record(Consent.source_record_id))
HOLDINGS = (
    Holding(ConsentEvent, within(ConsentEvent.consent_id, CONSENTS)),
    CONSENTS,
    Holding(ProcessingStop, by_record(ProcessingStop.source_record_id)),
)
CONTACTS = (Contact(Consent.learner_id, (Consent.created_at,)),)
