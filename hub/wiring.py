"""Who reacts to what: the three tables that join the slices, and nothing else.

REACTIONS: event -> handlers, run in this order in the same transaction.
DELIVERIES: kind of outbox entry -> how it is sent.
JOBS: name -> when it runs and what it does.
"""

from collections.abc import Mapping, Sequence

from hub.core.events import Event
from hub.infra.db import Handler
from hub.infra.jobs import Job
from hub.infra.outbox import Delivery

REACTIONS: Mapping[type[Event], Sequence[Handler]] = {}
DELIVERIES: Mapping[str, Delivery] = {}
JOBS: Sequence[Job] = ()
