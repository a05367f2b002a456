"""Places that come free between rounds: a ready refill for a person to release."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor
from hub.matching import queries
from hub.matching.domain.rounds import NewRound, RoundKind
from hub.matching.models import MatchRound
from hub.matching.service.rounds import preview
from hub.provision import reads as provision


def prepare_refills(session: Session, actor: Actor, clock: Clock) -> MatchRound | None:
    """Match the waiting learners to the classes in which a place came free, all in one preview to release.

    Learners who have an offer or a place are not in it, so nobody is moved. Vacancies of classes that are
    full, cancelled or begun are closed; those in the preview are closed with it. None when there is nothing.
    """
    queries.lock_releases(session)
    open_now = queries.open_vacancies(session, for_update=True)
    free = {view.id for view in provision.matchable_classes(session, clock.today()) if view.free > 0}
    wanted = frozenset(one.esol_class_id for one in open_now if one.esol_class_id in free)
    still = {
        line.esol_class_id
        for old in queries.previews(session, RoundKind.REFILL)
        for line in queries.round_classes(session, old.id)
        if line.esol_class_id in free
    }
    row = _preview(session, wanted | still, actor, clock) if wanted else None
    for one in open_now:
        one.closed_at, one.match_round_id = clock.now(), row.id if row else None
    session.flush()
    return row


def _preview(session: Session, class_ids: frozenset[UUID], actor: Actor, clock: Clock) -> MatchRound | None:
    """A preview of these classes; None when nobody waits or none of them can be matched."""
    try:
        return preview(session, NewRound(RoundKind.REFILL, class_ids), actor, clock)
    except RuleBroken as error:
        if error.code in {"nobody_waiting", "no_classes"}:
            return None
        raise
