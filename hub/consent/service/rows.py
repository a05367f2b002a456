"""The row of one asking."""

from hub.consent.domain import NOTICE_ID, SAYS_NO_DETRIMENT, NewConsent, is_proven, load_wording
from hub.consent.models import SCHEMA_VERSION, Consent
from hub.consent.service.subject import Subject
from hub.core.clock import Clock
from hub.core.ids import new_id
from hub.core.permissions import Actor


def row_of(new: NewConsent, subject: Subject, actor: Actor, clock: Clock) -> Consent:
    """Who was asked, by whom, how and in which words. The id is the client's: events can be added at once."""
    proven = is_proven(new.wording_version, new.language)
    sha256 = (
        load_wording(new.language, new.wording_version).sha256 if proven and new.wording_version else None
    )
    return Consent(
        subject_id=subject.subject_id,
        learner_id=subject.learner_id,
        source_record_id=subject.source_record_id,
        organisation_id=new.organisation_id or actor.organisation_id,
        captured_by=actor.id if actor.kind == "user" else None,
        captured_role=actor.role.value,
        channel=new.channel,
        notice_id=NOTICE_ID if proven else None,
        wording_version=new.wording_version,
        interpreter_used=new.interpreter_used,
        given_on=new.given_on,
        proven=proven,
        created_at=clock.now(),
        schema_version=SCHEMA_VERSION,
        receipt_id=new_id(),
        under_18=new.under_18,
        no_detriment_shown=proven and new.wording_version in SAYS_NO_DETRIMENT,
        sharing_agreement_id=new.agreement_id,
        language=new.language,
        wording_sha256=sha256,
        circumstances=new.circumstances.as_dict() or None,
    )
