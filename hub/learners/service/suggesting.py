"""Suggesting two learners as one person: which pairs are kept, who is asked, and what goes to automatic linking."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.infra.writes import put
from hub.learners.domain.pairs import PairDecision, Suggestion
from hub.learners.domain.scoring import Zone, parts_as_json
from hub.learners.domain.zones import zone_rules
from hub.learners.models import DuplicatePair
from hub.learners.queries import deciding
from hub.learners.service.steps import ask_to_decide


def suggest(
    session: Session, suggestions: Sequence[Suggestion], clock: Clock, *, is_new: bool = False
) -> None:
    """Keep these pairs and open a step for each that a person must decide.

    Left out is what scores below the low band (that band is kept, without a step) and what was suggested or
    decided before; with `is_new`, one of each pair has only just been taken in, so there is no before.
    What is done is the same whether or not the hub links by itself: that is left to a job (`linking`), so that no
    referrer can tell from the time an answer takes.
    """
    floor = zone_rules(clock.today()).low_band_from
    wanted = [one for one in suggestions if one.comparison is None or one.comparison.score >= floor]
    pairs = [_pair(one, clock) for one in (wanted if is_new else _unknown(session, wanted))]
    if not pairs:
        return
    put(session, *pairs)
    ask_to_decide(session, [pair for pair in pairs if pair.zone is not Zone.NEW], clock)


def sample_low_band(session: Session, clock: Clock) -> int:
    """Draw this week's pairs of the low band for a person to look at; how many. None if that was done this week."""
    if deciding.sampled_since(session, clock.today() - timedelta(days=6)):
        return 0
    drawn = deciding.low_pairs_unseen(session, zone_rules(clock.today()).sample_a_week)
    for pair in drawn:
        pair.sampled_on = clock.today()
    session.flush()
    ask_to_decide(session, drawn, clock)
    return len(drawn)


def _unknown(session: Session, wanted: Sequence[Suggestion]) -> Iterable[Suggestion]:
    """Those about which nothing is known: not suggested before, nor decided of the people they are now.

    'Different people' stands whichever of their records is compared again; a pair that was suggested waits.
    """
    if not wanted:
        return []
    known = deciding.pairs_known(session, [(one.left_id, one.right_id) for one in wanted])
    return [one for one in wanted if frozenset({one.left_id, one.right_id}) not in known]


def _pair(one: Suggestion, clock: Clock) -> DuplicatePair:
    left, right = sorted((one.left_id, one.right_id))
    compared = one.comparison
    return DuplicatePair(
        left_id=left,
        right_id=right,
        reasons=sorted(one.reasons),
        score=compared.score if compared else None,
        zone=compared.zone if compared else None,
        parts=parts_as_json(compared) if compared else None,
        model_version=compared.model_version if compared else None,
        decision=PairDecision.OPEN,
        created_at=clock.now(),
    )
