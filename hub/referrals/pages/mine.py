"""The referrer's own pages: my referrals, one referral, giving information, taking it back."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain.disclosure import shown, sight_of
from hub.consent import exchange
from hub.consent import reads as consent_reads
from hub.consent import service as consents
from hub.consent.domain import OPTIONAL, PURPOSES
from hub.consent.domain import Channel as Way
from hub.core.errors import RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number
from hub.infra.limits import limited
from hub.infra.sight import open_to_the_hub
from hub.learners import reads as learners
from hub.policy import reads as policy
from hub.policy.domain import Reason
from hub.referrals import reads, service
from hub.referrals.domain import InformationAnswer
from hub.referrals.pages.edge import PAGE, blueprint
from hub.referrals.schemas import AskPermissionSchema, ColleagueSchema, WithdrawSchema, answers_schema
from hub.referrals.service.information import topics
from hub.ui.flash import notice, success
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/my-referrals")
@allow(Role.REFERRER)
def mine() -> str:
    """The organisation's referrals: what needs me first, then the newest."""
    with transaction() as session:
        actor, today = current_actor(), runtime().clock.today()
        page = page_number()
        only_mine = request.args.get("whose") == "me"
        wanted = reads.Filter(
            organisation_id=actor.organisation_id,
            worker_id=actor.id if only_mine else None,
            newest_first=True,
            offset=(page - 1) * PAGE,
            limit=PAGE,
        )
        rows = reads.my_referrals(session, actor, wanted)
        people = _own_names(session, rows)
        for row in rows:
            audit.record(
                session,
                None,
                "referral.viewed",
                "referral",
                row.view.id,
                fields=("status",),
                clock=runtime().clock,
            )
        return render_template(
            "referrals/mine.html",
            rows=rows,
            names=people,
            outlooks=reads.outlooks(session, rows, today),
            page=page,
            pages=-(-reads.total(session, wanted) // PAGE),
            only_mine=only_mine,
            drafts=reads.my_drafts(session, actor),
        )


def _own_names(session: Session, rows: list[reads.MyReferral]) -> dict[UUID, str]:
    """Names as this organisation wrote them: never from another organisation's record."""
    written = learners.records(session, [row.view.source_record_id for row in rows])
    seen = shown(written, sight_of(current_actor().role))
    return {key: one.full_name for key, one in seen.items()}


@blueprint.get("/my-referrals/<uuid:referral_id>")
@allow(Role.REFERRER)
def mine_one(referral_id: UUID) -> str:
    """One referral: where it stands, what is asked, what happened."""
    with transaction() as session:
        return _show(session, referral_id, blank_form(), blank_form())


def _show(
    session: Session, referral_id: UUID, answers: Form, withdrawal: Form, handing: Form | None = None
) -> str:
    actor, clock = current_actor(), runtime().clock
    row = reads.my_referral(session, referral_id, actor)
    audit.record(
        session, actor, "referral.viewed", "referral", referral_id, fields=("status", "name"), clock=clock
    )
    codes = row.asked.topics if row.asked else ()
    return render_template(
        "referrals/mine_one.html",
        row=row,
        name=_own_names(session, [row]).get(row.view.source_record_id, ""),
        outlook=reads.outlooks(session, [row], clock.today())[referral_id],
        timeline_events=reads.public_timeline(session, row),
        questions=[topics()[code] for code in codes],
        form=answers,
        withdrawal=withdrawal,
        handing=handing or blank_form(),
        colleagues=_colleagues(session, row),
        reasons=[(one.code, one.label) for one in _reasons(session)],
        permissions=[(code, PURPOSES[code].title) for code in OPTIONAL],
        asking=consent_reads.own_asking(session, row.view.learner_id, row.view.source_record_id),
        ways=[(one.value, one.words) for one in Way if one.asks],
    )


def _colleagues(session: Session, row: reads.MyReferral) -> list[tuple[str, str]]:
    """Who could follow this learner instead: (id, name)."""
    people = accounts.users_of(session, row.view.organisation_id, Role.REFERRER)
    return [(str(one.id), one.name) for one in people if one.is_active and one.id != row.view.worker_id]


def _reasons(session: Session) -> list[Reason]:
    """What a referrer may give as a reason: their own and the learner's."""
    both = policy.reasons(session, "referrer") + policy.reasons(session, "learner")
    return list({one.code: one for one in both}.values())


@blueprint.post("/my-referrals/<uuid:referral_id>/information")
@allow(Role.REFERRER)
def answer_questions(referral_id: UUID) -> ResponseReturnValue:
    """Answer what the hub asked."""
    with transaction() as session:
        actor, clock = current_actor(), runtime().clock
        row = reads.my_referral(session, referral_id, actor)
        form = read_form(answers_schema(row.asked.topics if row.asked else ()), request.form)
        if not form.ok:
            return _show(session, referral_id, form, blank_form()), 422
        given = {name.removeprefix("answer-"): text for name, text in form.data.items()}
        service.give_information(session, referral_id, InformationAnswer(given), actor, clock)
    success("Thank you. The hub has your answer")
    return redirect(url_for("referrals.mine_one", referral_id=referral_id))


@blueprint.post("/my-referrals/<uuid:referral_id>/withdraw")
@allow(Role.REFERRER)
def withdraw(referral_id: UUID) -> ResponseReturnValue:
    """Take the referral back, with a reason."""
    form = read_form(WithdrawSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                service.withdraw(session, referral_id, form.data, current_actor(), runtime().clock)
            success("The referral is withdrawn. We tell the learner")
            return redirect(url_for("referrals.mine_one", referral_id=referral_id))
        except RuleBroken as error:
            form.fail_with(error)
    with transaction() as session:
        return _show(session, referral_id, blank_form(), form), 422


@blueprint.post("/my-referrals/<uuid:referral_id>/hand-over")
@allow(Role.REFERRER)
def hand_over_one(referral_id: UUID) -> ResponseReturnValue:
    """A colleague follows this learner from now on."""
    form = read_form(ColleagueSchema, request.form)
    with transaction() as session:
        reads.my_referral(session, referral_id, current_actor())
        if form.ok:
            try:
                service.hand_over_one(
                    session, referral_id, form.data["successor"], current_actor(), runtime().clock
                )
            except RuleBroken as error:
                form.fail_with(error)
        if not form.ok:
            return _show(session, referral_id, blank_form(), blank_form(), form), 422
    success("Your colleague follows this learner from now on")
    return redirect(url_for("referrals.mine_one", referral_id=referral_id))


@blueprint.post("/my-referrals/<uuid:referral_id>/ask-permission")
@allow(Role.REFERRER)
def ask_permission(referral_id: UUID) -> ResponseReturnValue:
    """Ask the learner by link for the permissions: what came with this referral. Twice is once."""
    form = read_form(AskPermissionSchema, request.form)
    with transaction() as session:
        reads.my_referral(session, referral_id, current_actor())
        if not form.ok:
            return _show(session, referral_id, form, blank_form()), 422
        service.ask_permission(session, referral_id, form.data, current_actor(), runtime().clock)
    success("The learner is asked. You see here when they have answered")
    return redirect(url_for("referrals.mine_one", referral_id=referral_id))


@blueprint.post("/my-referrals/<uuid:referral_id>/permission-sheet")
@limited("export")
@allow(Role.REFERRER)
def permission_sheet(referral_id: UUID) -> ResponseReturnValue:
    """The questions on paper, with a link, while the learner has not answered."""
    with transaction() as session:
        actor, clock = current_actor(), runtime().clock
        asked = service.ask_permission(session, referral_id, Way.ASK_ON_PAPER, actor, clock)
        link = consents.link_for(session, asked, actor, clock)
        body = exchange.sheet(consent_reads.wording(session, link.language), link.token, runtime().settings)
    return Response(body, headers=exchange.SHEET_HEADERS, content_type="application/pdf")


@blueprint.post("/my-referrals/<uuid:referral_id>/permissions")
@allow(Role.REFERRER)
def relay_permissions(referral_id: UUID) -> ResponseReturnValue:
    """Pass on that the learner takes permissions back; only the hub, having asked the learner, records it."""
    with transaction() as session:
        actor, clock = current_actor(), runtime().clock
        row = reads.my_referral(session, referral_id, actor)
        told = [code for code in request.form.getlist("purposes") if code in OPTIONAL]
        if not told:
            notice("Select what the learner takes back.")
            return redirect(url_for("referrals.mine_one", referral_id=referral_id))
        open_to_the_hub(session)
        consents.relay(session, row.view.learner_id, told, actor, clock)
    success("Thank you. The hub asks the learner and records it")
    return redirect(url_for("referrals.mine_one", referral_id=referral_id))
