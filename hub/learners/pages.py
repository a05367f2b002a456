"""Hub pages about people: suspected duplicates, and the learner's contact details and needs."""

from collections.abc import Callable, Sequence
from uuid import UUID

from babel import Locale
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number, pages_blueprint
from hub.learners import reads, service
from hub.learners.domain import Barrier, Person, compare_people
from hub.learners.domain.merging import PairView
from hub.learners.domain.words import BARRIER_WORDS, MODE_WORDS, REASON_WORDS, STUDY_WORDS
from hub.learners.schemas import ContactSchema, NeedsSchema, contact_values, needs_values
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.navigation import endpoint_exists

blueprint = pages_blueprint("learners", __name__)
PAIRS_A_PAGE = 25
DECISIONS_SHOWN = 100
_LISTED = ("name", "date_of_birth")
_COMPARED = ("name", "date_of_birth", "sex", "phone", "email", "postcode", "address", "referred_by")


@blueprint.get("/duplicates")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def duplicates() -> ResponseReturnValue:
    """Pairs that may be one person, oldest first."""
    page = page_number()
    with transaction() as session:
        pairs = reads.duplicate_pairs(session)
        pages = max(1, -(-len(pairs) // PAIRS_A_PAGE))
        page = min(page, pages)
        shown = pairs[(page - 1) * PAIRS_A_PAGE : page * PAIRS_A_PAGE]
        people = _people(session, [one for pair in shown for one in (pair.left_id, pair.right_id)])
        rows = [(pair, people[pair.left_id], people[pair.right_id]) for pair in shown]
        return render_template(
            "learners/duplicates.html", rows=rows, total=len(pairs), page=page, pages=pages
        )


@blueprint.get("/duplicates/<uuid:pair_id>")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def compare(pair_id: UUID) -> ResponseReturnValue:
    """Two people side by side, to decide."""
    with transaction() as session:
        found = reads.duplicate_pair(session, pair_id)
        if found is None:
            raise NotFound("There is no such pair.")
        pair, decision = found
        if decision != "open" or pair.left_id == pair.right_id:
            flash.notice("Somebody has already decided about these two.")
            return redirect(_next_url(session))
        return _comparison(session, pair)


@blueprint.post("/duplicates/<uuid:pair_id>/same")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def same(pair_id: UUID) -> ResponseReturnValue:
    """They are one person: merge."""
    try:
        with transaction() as session:
            service.merge_pair(session, pair_id, current_actor(), runtime().clock)
            following = _next_url(session)
        flash.success("Joined: the two are now one learner. You can undo this under Decided.")
    except (RuleBroken, Conflict) as error:
        flash.notice(error.detail)
        following = url_for("learners.duplicates")
    return redirect(following)


@blueprint.post("/duplicates/<uuid:pair_id>/different")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def different(pair_id: UUID) -> ResponseReturnValue:
    """They are two people: never ask again."""
    try:
        with transaction() as session:
            service.mark_different(session, pair_id, current_actor(), runtime().clock)
            following = _next_url(session)
        flash.success("Noted: these are different people. We will not ask about them again.")
    except (RuleBroken, Conflict) as error:
        flash.notice(error.detail)
        following = url_for("learners.duplicates")
    return redirect(following)


@blueprint.get("/duplicates/decided")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def decided() -> ResponseReturnValue:
    """What was decided and stands, newest first; each can be undone."""
    with transaction() as session:
        decisions = reads.decisions(session, DECISIONS_SHOWN)
        people = reads.people_as_referred(
            session, [one for decision in decisions for one in (decision.kept_id, decision.lost_id)]
        )
        _audit_listing(session, list(people))
        names = {one.id: one.name for one in accounts.users_of(session, _hub_id(session))}
        return render_template("learners/decided.html", decisions=decisions, people=people, names=names)


@blueprint.post("/duplicates/decisions/<uuid:decision_id>/undo")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def undo(decision_id: UUID) -> ResponseReturnValue:
    """Take a decision back; the pair waits to be decided again."""
    try:
        with transaction() as session:
            service.undo_decision(session, decision_id, current_actor(), runtime().clock)
        flash.success("Undone. The pair is back on the list to decide.")
    except Conflict as error:
        flash.notice(error.detail)
    return redirect(url_for("learners.decided"))


@blueprint.route("/learners/<uuid:learner_id>/contact", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def contact(learner_id: UUID) -> ResponseReturnValue:
    """Correct how to reach the learner; the old details stay findable."""
    form = read_form(ContactSchema, request.form) if request.method == "POST" else None
    if form is not None and form.ok and _saved(form, _save_contact, learner_id):
        flash.success("The contact details are saved.")
        return redirect(_learner_url(learner_id))
    with transaction() as session:
        person = _viewed(session, learner_id, ("phone", "email", "postcode", "address"))
        form = form or blank_form(contact_values(person))
        page = render_template(
            "learners/contact.html",
            form=form,
            person=person,
            languages=_languages(),
            back=_learner_url(learner_id),
        )
        return page, 200 if form.ok else 422


@blueprint.route("/learners/<uuid:learner_id>/needs", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def needs(learner_id: UUID) -> ResponseReturnValue:
    """What the learner needs of a class: times, distance, help."""
    form = read_form(NeedsSchema, request.form) if request.method == "POST" else None
    if form is not None and form.ok and _saved(form, _save_needs, learner_id):
        flash.success("The learner's times and needs are saved.")
        return redirect(_learner_url(learner_id))
    with transaction() as session:
        person = _viewed(session, learner_id, ("needs",))
        told = reads.needs(session, [learner_id]).get(learner_id)
        form = form or blank_form(needs_values(told))
        page = render_template(
            "learners/needs.html", form=form, person=person, options=_OPTIONS, back=_learner_url(learner_id)
        )
        return page, 200 if form.ok else 422


def _save_contact(session: Session, learner_id: UUID, form: Form) -> None:
    service.update_contact(session, learner_id, form.data, current_actor(), runtime().clock)


def _save_needs(session: Session, learner_id: UUID, form: Form) -> None:
    """What the form does not ask (health, support, funding) stays as it was told."""
    told = reads.needs(session, [learner_id]).get(learner_id)
    new = form.data.keeping_unasked(told)
    service.update_needs(session, learner_id, new, current_actor(), runtime().clock)


def _people(session: Session, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """The people of a list, each noted as seen."""
    _audit_listing(session, ids)
    return reads.people(session, ids)


def _audit_listing(session: Session, ids: Sequence[UUID]) -> None:
    for learner_id in dict.fromkeys(ids):
        audit.record(
            session,
            current_actor(),
            "learner.listed",
            "learner",
            learner_id,
            fields=_LISTED,
            clock=runtime().clock,
        )


def _comparison(session: Session, pair: PairView) -> str:
    people = reads.people(session, [pair.left_id, pair.right_id])
    for learner_id in (pair.left_id, pair.right_id):
        audit.record(
            session,
            current_actor(),
            "learner.viewed",
            "learner",
            learner_id,
            fields=_COMPARED,
            clock=runtime().clock,
        )
    left, right = people[pair.left_id], people[pair.right_id]
    senders = {one.id: one.name for one in accounts.organisations(session)}
    return render_template(
        "learners/compare.html",
        pair=pair,
        left=left,
        right=right,
        rows=compare_people(left, right),
        senders=[", ".join(senders[one] for one in who.organisation_ids) for who in (left, right)],
        waiting=reads.count_duplicate_pairs(session),
        later=_later_url(session, pair),
    )


def _next_url(session: Session) -> str:
    """The next pair to decide, or the list when there is none."""
    pairs = reads.duplicate_pairs(session, 1)
    return url_for("learners.compare", pair_id=pairs[0].id) if pairs else url_for("learners.duplicates")


def _later_url(session: Session, pair: PairView) -> str | None:
    """The pair after this one, to leave this one for later; None when it is the last."""
    ids = [one.id for one in reads.duplicate_pairs(session)]
    at = ids.index(pair.id) + 1 if pair.id in ids else 0
    return url_for("learners.compare", pair_id=ids[at]) if at < len(ids) else None


def _hub_id(session: Session) -> UUID:
    return accounts.hub_organisation(session).id


def _viewed(session: Session, learner_id: UUID, fields: Sequence[str]) -> Person:
    """The learner whose page this is, noted as seen; NotFound."""
    person = reads.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    clock = runtime().clock
    audit.record(
        session, current_actor(), "learner.viewed", "learner", learner_id, fields=fields, clock=clock
    )
    return person


def _saved(form: Form, save: Callable[[Session, UUID, Form], None], learner_id: UUID) -> bool:
    """Save in a transaction; what a rule refuses is shown in the form."""
    try:
        with transaction() as session:
            save(session, learner_id, form)
    except RuleBroken as error:
        form.fail_with(error)
    return form.ok


def _learner_url(learner_id: UUID) -> str:
    if endpoint_exists("desk.learner"):
        return url_for("desk.learner", learner_id=learner_id)
    return url_for("learners.duplicates")


def _languages() -> list[tuple[str, str]]:
    """Codes and English names, by name."""
    return sorted(Locale("en").languages.items(), key=lambda item: item[1])


_OPTIONS = {
    "modes": [(mode.value, words) for mode, words in MODE_WORDS.items()],
    "study": [(mode.value, words) for mode, words in STUDY_WORDS.items()],
    "reasons": [(reason.value, words) for reason, words in REASON_WORDS.items()],
    "barriers": [
        (barrier.value, words)
        for barrier, words in BARRIER_WORDS.items()
        if barrier is not Barrier.HEALTH_OR_DISABILITY  # asked only with permission P08, at assessment
    ],
}
