"""The queue of possible duplicates: two records side by side, decided with one key, undone with another."""

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number
from hub.learners import reads, service
from hub.learners.domain.merging import PairView
from hub.learners.domain.reviewing import MOST_DETAILS, field_rows, odds_words, who_knows_more
from hub.learners.domain.scoring import Zone
from hub.learners.domain.zones import HELD_WORDS
from hub.learners.pages.edge import HUB, blueprint, people_listed, seen
from hub.learners.reads import Review
from hub.ui import flash

PAIRS_A_PAGE = 25
DECISIONS_SHOWN = 100
ZONE_LABELS = {
    Zone.AUTO: ("Very likely", "green"),
    Zone.REVIEW: ("Possible", "blue"),
    Zone.NEW: ("Unlikely", "grey"),
    None: ("Not scored", "grey"),
}
_COMPARED = (
    "name", "date_of_birth", "sex", "phone", "email", "postcode", "address", "first_language", "referred_by",
)  # fmt: skip


@blueprint.get("/duplicates")
@allow(*HUB)
def duplicates() -> ResponseReturnValue:
    """Pairs that may be one person, the likeliest first."""
    return _list(low=False)


@blueprint.get("/duplicates/low")
@allow(*HUB)
def low_band() -> ResponseReturnValue:
    """Pairs that are probably two people: only a sample of them is asked about."""
    return _list(low=True)


def _list(*, low: bool) -> str:
    page = page_number()
    with transaction() as session:
        pairs = reads.duplicate_pairs(session, low=low)
        pages = max(1, -(-len(pairs) // PAIRS_A_PAGE))
        page = min(page, pages)
        shown = pairs[(page - 1) * PAIRS_A_PAGE : page * PAIRS_A_PAGE]
        people = people_listed(session, [one for pair in shown for one in (pair.left_id, pair.right_id)])
        return render_template(
            "learners/duplicates.html",
            rows=[(pair, people[pair.left_id], people[pair.right_id]) for pair in shown],
            total=len(pairs),
            very_likely=sum(_zone(pair) is Zone.AUTO for pair in pairs),
            low=low,
            low_counts=reads.count_low_pairs(session),
            splits=len(reads.open_splits(session)),
            zone_of=lambda pair: ZONE_LABELS[_zone(pair)],
            can_undo=_last_of(session) is not None,
            page=page,
            pages=pages,
        )


def _zone(pair: PairView) -> Zone | None:
    return pair.comparison.zone if pair.comparison else None


@blueprint.get("/duplicates/<uuid:pair_id>")
@allow(*HUB)
def compare(pair_id: UUID) -> ResponseReturnValue:
    """Two people side by side, to decide."""
    with transaction() as session:
        found = reads.duplicate_pair(session, pair_id)
        if found is None:
            raise NotFound("There is no such pair.")
        pair, decision = found
        review = reads.review(session, pair_id, runtime().clock.today())
        if decision != "open" or review is None:
            flash.notice("Somebody has already decided about these two.")
            return redirect(_next_url(session, pair))
        return _comparison(session, pair, review)


def _comparison(session: Session, pair: PairView, review: Review) -> str:
    seen(session, [pair.left_id, pair.right_id], "learner.viewed", _COMPARED)
    senders = {one.id: one.name for one in accounts.organisations(session)}
    low = review.comparison.zone is Zone.NEW
    waiting = [one.id for one in reads.duplicate_pairs(session, low=low)]
    return render_template(
        "learners/compare.html",
        pair=pair,
        review=review,
        rows=field_rows(review.left, review.right, review.comparison),
        odds=odds_words(review.comparison.score),
        zone=ZONE_LABELS[review.comparison.zone],
        held=HELD_WORDS[pair.held_because] if pair.held_because else "",
        more=who_knows_more(*review.known),
        most_details=MOST_DETAILS,
        senders=[
            ", ".join(senders[one] for one in who.organisation_ids) for who in (review.left, review.right)
        ],
        place=waiting.index(pair.id) + 1 if pair.id in waiting else None,
        waiting=len(waiting),
        low=low,
        later=_later_url(pair, waiting),
        can_undo=_last_of(session) is not None,
    )


@blueprint.post("/duplicates/<uuid:pair_id>/same")
@allow(*HUB)
def same(pair_id: UUID) -> ResponseReturnValue:
    """They are one person: merge."""
    done = "Joined: the two are now one learner. You can undo this."
    return _decide(pair_id, service.merge_pair, done)


@blueprint.post("/duplicates/<uuid:pair_id>/different")
@allow(*HUB)
def different(pair_id: UUID) -> ResponseReturnValue:
    """They are two people: never ask again."""
    done = "Noted: these are different people. We will not ask about them again. You can undo this."
    return _decide(pair_id, service.mark_different, done)


def _decide(
    pair_id: UUID, decide: Callable[[Session, UUID, Actor, Clock], UUID], done: str
) -> ResponseReturnValue:
    """Decide, and go on to the pair that came next in the queue."""
    try:
        with transaction() as session:
            found = reads.duplicate_pair(session, pair_id)
            decide(session, pair_id, current_actor(), runtime().clock)
            following = _next_url(session, found[0] if found else None)
        flash.success(done)
    except (RuleBroken, Conflict) as error:
        flash.notice(error.detail)
        following = url_for("learners.duplicates")
    return redirect(following)


@blueprint.get("/duplicates/decided")
@allow(*HUB)
def decided() -> ResponseReturnValue:
    """What was decided and stands, newest first; each can be undone."""
    with transaction() as session:
        decisions = reads.decisions(session, DECISIONS_SHOWN)
        ids = [one for decision in decisions for one in (decision.kept_id, decision.lost_id)]
        people = reads.people_as_referred(session, ids)
        seen(session, list(people), "learner.listed", ("name", "date_of_birth"))
        names = {one.id: one.name for one in accounts.users_of(session, _hub_id(session))}
        return render_template("learners/decided.html", decisions=decisions, people=people, names=names)


@blueprint.post("/duplicates/decisions/<uuid:decision_id>/undo")
@allow(*HUB)
def undo(decision_id: UUID) -> ResponseReturnValue:
    """Take a decision back; the pair waits to be decided again."""
    try:
        with transaction() as session:
            service.undo_decision(session, decision_id, current_actor(), runtime().clock)
        flash.success("Undone. The pair is back on the list to decide.")
    except Conflict as error:
        flash.notice(error.detail)
    return redirect(url_for("learners.decided"))


@blueprint.post("/duplicates/undo-last")
@allow(*HUB)
def undo_last() -> ResponseReturnValue:
    """Take back the last decision of whoever presses, and show that pair again."""
    following = url_for("learners.duplicates")
    try:
        with transaction() as session:
            decision_id = _last_of(session)
            if decision_id is None:
                raise Conflict("There is no decision of yours to undo.", code="nothing_to_undo")
            pair_id = reads.pair_of_decision(session, decision_id)
            service.undo_decision(session, decision_id, current_actor(), runtime().clock)
            if pair_id is not None:
                following = url_for("learners.compare", pair_id=pair_id)
        flash.success("Undone. Here are the two again.")
    except Conflict as error:
        flash.notice(error.detail)
    return redirect(following)


def _last_of(session: Session) -> UUID | None:
    user_id = current_actor().id
    return reads.last_decision_of(session, user_id) if user_id is not None else None


def _next_url(session: Session, after: PairView | None) -> str:
    """The pair that came after this one in its queue, else the first, else the list."""
    low = after is not None and _zone(after) is Zone.NEW
    pairs = reads.duplicate_pairs(session, low=low)
    behind = [one for one in pairs if after is not None and _place(one) > _place(after)]
    following = [*behind, *pairs]
    if not following:
        return url_for("learners.low_band" if low else "learners.duplicates")
    return url_for("learners.compare", pair_id=following[0].id)


def _place(pair: PairView) -> tuple[object, ...]:
    """Where a pair stands in the queue: the likeliest first, then the oldest."""
    score = pair.comparison.score if pair.comparison else None
    sampled = -pair.sampled_on.toordinal() if pair.sampled_on and _zone(pair) is Zone.NEW else 0
    return sampled, score is None, -(score or 0.0), pair.since, pair.id


def _later_url(pair: PairView, waiting: Sequence[UUID]) -> str | None:
    """The pair after this one, to leave this one for later; None when it is the last."""
    at = waiting.index(pair.id) + 1 if pair.id in waiting else 0
    return url_for("learners.compare", pair_id=waiting[at]) if at < len(waiting) else None


def _hub_id(session: Session) -> UUID:
    return accounts.hub_organisation(session).id
