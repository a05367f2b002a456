"""A person's rows in this slice: that somebody opened the record in an emergency stays, its words go."""

from hub.infra.personal import Holding, by_person
from hub.oversight.models import EmergencyAccess

HOLDINGS = (Holding(EmergencyAccess, by_person(EmergencyAccess.learner_id)),)
