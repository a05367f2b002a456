"""A person's rows in this slice: what was to be done for them, in kinds and dates."""

from hub.infra.personal import Holding, by_person
from hub.steps.models import Step

HOLDINGS = (Holding(Step, by_person(Step.learner_id)),)
