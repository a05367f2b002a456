"""Who may act: roles and the actor that every service function is told about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Role(StrEnum):
    """A person's part in the service: what they come for, and whose learners they meet.

    referrer         the learners that their organisation referred, as it wrote them; labels, no record
    assessor         every learner of the hub: bookings, assessments, contact
    hub_manager      every learner of the hub, and the running of it
    provider         learners offered to its classes, nameless until the learner has confirmed
    learner          their own record, behind a personal link
    auditor          the audit log and the proof of each matching round; no learner's record
    data_protection  who permitted what, and requests under the law; finds a learner, changes no record
    admin            organisations, people, keys, settings; no learner at all
    worker           the program itself: reactions, the scheduler, deliveries, commands
    public           anybody who is not signed in
    """

    REFERRER = "referrer"
    ASSESSOR = "assessor"
    HUB_MANAGER = "hub_manager"
    PROVIDER = "provider"
    LEARNER = "learner"
    AUDITOR = "auditor"
    DATA_PROTECTION = "data_protection"
    ADMIN = "admin"
    WORKER = "worker"
    PUBLIC = "public"


HUB_ROLES = frozenset({Role.ASSESSOR, Role.HUB_MANAGER})
STAFF_ROLES = frozenset(
    {
        Role.REFERRER,
        Role.ASSESSOR,
        Role.HUB_MANAGER,
        Role.PROVIDER,
        Role.AUDITOR,
        Role.DATA_PROTECTION,
        Role.ADMIN,
    }
)

ROLE_LABELS = {
    Role.REFERRER: "Referrer",
    Role.ASSESSOR: "Assessor",
    Role.HUB_MANAGER: "Hub manager",
    Role.PROVIDER: "Provider",
    Role.LEARNER: "Learner",
    Role.AUDITOR: "Auditor",
    Role.DATA_PROTECTION: "Data protection officer",
    Role.ADMIN: "Administrator",
    Role.WORKER: "The service",
    Role.PUBLIC: "Public",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting now. `id` is a user's, an API key's or None; a link's actor knows its learner."""

    kind: Literal["user", "key", "system", "link", "public"]
    id: UUID | None
    name: str
    role: Role
    organisation_id: UUID | None = None
    learner_id: UUID | None = None

    @property
    def is_hub(self) -> bool:
        """Whether this actor works for the hub and may therefore see who is known to it."""
        return self.role in HUB_ROLES or self.role is Role.WORKER


SYSTEM = Actor("system", None, "The service", Role.WORKER)
PUBLIC = Actor("public", None, "Public", Role.PUBLIC)


def learner_actor(learner_id: UUID) -> Actor:
    """The holder of a learner's personal link, once the date of birth has been given."""
    return Actor("link", None, "Learner", Role.LEARNER, None, learner_id)
