"""A person's rows in this slice: what evidence was seen goes with the person."""

from hub.eligibility.models import EvidenceSeen
from hub.infra.personal import Holding, OnErasure, by_record

HOLDINGS = (Holding(EvidenceSeen, by_record(EvidenceSeen.source_record_id), OnErasure.DELETE),)
