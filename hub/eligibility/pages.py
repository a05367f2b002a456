"""Evidence of one learner: what was seen, by whom, when."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Role
from hub.eligibility import reads, service
from hub.eligibility.domain import EvidenceKind, NewEvidence
from hub.eligibility.schemas import EvidenceForm
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.learners import reads as learners
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

blueprint = pages_blueprint("eligibility", __name__)


@blueprint.get("/learners/<uuid:learner_id>/evidence")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def evidence(learner_id: UUID) -> ResponseReturnValue:
    """What was seen of this learner, and a form to add to it."""
    return _page(learner_id, blank_form({"seen_on": runtime().clock.today()}))


@blueprint.post("/learners/<uuid:learner_id>/evidence")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def record_evidence(learner_id: UUID) -> ResponseReturnValue:
    form = read_form(EvidenceForm, request.form)
    if form.ok:
        try:
            with transaction() as session:
                new = NewEvidence(learner_id, **form.data)
                service.record_evidence(session, new, current_actor(), runtime().clock)
            flash.success("It is noted that you saw this.")
            return redirect(url_for("eligibility.evidence", learner_id=learner_id))
        except RuleBroken as error:
            form.fail_with(error)
    return _page(learner_id, form), 422


@blueprint.post("/learners/<uuid:learner_id>/evidence/<uuid:evidence_id>/take-back")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def take_back(learner_id: UUID, evidence_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        service.take_back(session, learner_id, evidence_id, current_actor(), runtime().clock)
    flash.success("The entry is taken back.")
    return redirect(url_for("eligibility.evidence", learner_id=learner_id))


def _page(learner_id: UUID, form: Form) -> str:
    with transaction() as session:
        person = learners.person(session, learner_id)
        if person is None:
            raise NotFound("There is no such learner.")
        fields = ["name", "evidence"]
        clock = runtime().clock
        audit.record(
            session,
            current_actor(),
            "evidence.viewed",
            "learner",
            person.learner_id,
            fields=fields,
            clock=clock,
        )
        seen = reads.evidence(session, [learner_id]).get(learner_id, [])
    kinds = [(kind.value, kind.label) for kind in EvidenceKind]
    return render_template("eligibility/evidence.html", person=person, seen=seen, form=form, kinds=kinds)
