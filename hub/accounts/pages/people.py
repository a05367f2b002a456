"""People: colleagues of one's own organisation, everybody for the hub, invitations."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import queries, reads, service
from hub.accounts.domain import ROLE_DOES, NewInvitation, roles_in
from hub.accounts.pages.edge import blueprint, proved
from hub.accounts.schemas import InvitationSchema, ReasonSchema, RoleSchema
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import ROLE_LABELS, STAFF_ROLES, Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number
from hub.infra.limits import limited
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

PAGE = 50
MANAGES = (Role.HUB_MANAGER, Role.ADMIN)


@blueprint.get("/colleagues")
@allow(*STAFF_ROLES)
def colleagues() -> ResponseReturnValue:
    """The people of my organisation; its leads invite more."""
    return _colleagues(_my_organisation(), blank_form())


def _my_organisation() -> UUID:
    home = current_actor().organisation_id
    if home is None:
        raise NotFound("There is no such organisation.")
    return home


def _colleagues(organisation_id: UUID, form: Form) -> str:
    with transaction() as session:
        found = reads.organisation(session, organisation_id)
        return render_template(
            "accounts/colleagues.html",
            form=form,
            organisation=found,
            people=reads.users_of(session, organisation_id),
            role_labels=ROLE_LABELS,
            now=runtime().clock.now(),
            **invitations_shown(session, found),
        )


def invitations_shown(session: Session, found: reads.OrganisationView) -> dict[str, object]:
    """What the list of invitations and the form beside it need."""
    may = service.may_invite(session, found.id, current_actor())
    return {
        "may_invite": may,
        "invitations": queries.open_invitations(session, found.id) if may else (),
        "roles": [(role.value, ROLE_LABELS[role]) for role in sorted(roles_in(found.kind))],
    }


@blueprint.post("/organisations/<uuid:organisation_id>/invitations")
@limited("invitation")
@allow(*STAFF_ROLES)
def invite(organisation_id: UUID) -> ResponseReturnValue:
    """Invite somebody by e-mail; the link works once, for seven days."""
    actor = current_actor()
    with transaction() as session:
        if not service.may_invite(session, organisation_id, actor):
            raise NotFound("There is no such organisation.")
        reads.organisation(session, organisation_id)
    form = read_form(InvitationSchema, request.form)
    if form.ok:
        new = NewInvitation(form.data["email"], organisation_id, form.data["role"])
        try:
            with transaction() as session:
                service.invite(session, new, actor, runtime().clock)
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
        else:
            flash.success("The invitation is on its way. Its link works once, for 7 days.")
            return redirect(_back(organisation_id))
    return _colleagues(organisation_id, form), 422


def _back(organisation_id: UUID) -> str:
    if current_actor().role in MANAGES:
        return url_for("accounts.organisation", organisation_id=organisation_id)
    return url_for("accounts.colleagues")


@blueprint.post("/invitations/<uuid:invitation_id>/<any('send-again', 'withdraw'):verb>")
@limited("invitation")
@allow(*STAFF_ROLES)
def change_invitation(invitation_id: UUID, verb: str) -> ResponseReturnValue:
    """Send an invitation once more, or take it back. The old link ends either way."""
    with transaction() as session:
        actor, clock = current_actor(), runtime().clock
        organisation_id = service.organisation_of_invitation(session, invitation_id, actor)
        if verb == "withdraw":
            service.withdraw_invitation(session, invitation_id, actor, clock)
        else:
            service.send_again(session, invitation_id, actor, clock)
    flash.success(
        "The invitation is withdrawn." if verb == "withdraw" else "The invitation is on its way again."
    )
    return redirect(_back(organisation_id))


@blueprint.get("/people")
@allow(*MANAGES)
def people() -> str:
    """Everybody who can sign in: role, second proof, last sign-in, who was not here for 90 days."""
    with transaction() as session:
        everybody = reads.people(session, runtime().clock.now())
    only = request.args.get("show")
    shown = [one for one in everybody if _wanted(one, only)]
    page = page_number()
    return render_template(
        "accounts/people.html",
        people=shown[(page - 1) * PAGE : page * PAGE],
        only=only,
        page=page,
        pages=-(-len(shown) // PAGE),
        role_labels=ROLE_LABELS,
    )


def _wanted(one: reads.PersonLine, only: str | None) -> bool:
    tests = {
        "unused": one.is_silent,
        "closed": not one.user.is_active,
        "without": one.user.is_active and one.second_factor_since is None,
        "leads": one.user.is_lead,
    }
    return tests.get(only or "", True)


@blueprint.get("/people/<uuid:user_id>")
@allow(*MANAGES)
def person(user_id: UUID) -> str:
    """One person's account, and what the hub can do for it."""
    return _person(user_id, blank_form())


def _person(user_id: UUID, form: Form) -> str:
    with transaction() as session:
        user = reads.user(session, user_id)
        return render_template(
            "accounts/person.html",
            form=form,
            person=user,
            organisation=reads.organisation(session, user.organisation_id),
            factor=reads.second_factor(session, user_id),
            signed_in=queries.sessions_of(session, user_id, runtime().clock.now()),
            role=ROLE_LABELS[user.role],
            is_me=user_id == current_actor().id,
            is_admin=current_actor().role is Role.ADMIN,
        )


@blueprint.post("/people/<uuid:user_id>/reset-second-proof")
@proved("accounts.person")
@allow(Role.ADMIN)
def reset_second_factor(user_id: UUID) -> ResponseReturnValue:
    """Somebody lost phone and codes: the administrator says how the person was recognised."""
    form = read_form(ReasonSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                service.reset_second_factor(
                    session, user_id, form.data["reason"], current_actor(), runtime().clock
                )
        except RuleBroken as error:
            form.fail_with(error)
        else:
            flash.success(
                "The second proof is taken away and all sign-ins have ended. The person is told by e-mail."
            )
            return redirect(url_for("accounts.person", user_id=user_id))
    return _person(user_id, form), 422


@blueprint.route("/people/<uuid:user_id>/role", methods=["GET", "POST"])
@proved("accounts.change_role")
@allow(Role.ADMIN)
def change_role(user_id: UUID) -> ResponseReturnValue:
    """Another role for somebody of an organisation: the administrator chooses among those that fit there."""
    form = read_form(RoleSchema, request.form) if request.method == "POST" else blank_form()
    if request.method == "POST" and form.ok:
        role: Role = form.data["role"]
        try:
            with transaction() as session:
                service.set_role(session, user_id, role, current_actor(), runtime().clock)
        except RuleBroken as error:
            form.fail_with(error)
        else:
            flash.success(f"The role is now: {ROLE_LABELS[role]}. All sign-ins of this person have ended.")
            return redirect(url_for("accounts.person", user_id=user_id))
    return _choose_role(user_id, form), 422 if form.errors else 200


def _choose_role(user_id: UUID, form: Form) -> str:
    with transaction() as session:
        user = reads.user(session, user_id)
        organisation = reads.organisation(session, user.organisation_id)
        others = sorted(roles_in(organisation.kind) - {user.role}, key=lambda role: ROLE_LABELS[role])
        return render_template(
            "accounts/change_role.html",
            form=form,
            person=user,
            organisation=organisation,
            role=ROLE_LABELS[user.role],
            options=[(role.value, ROLE_LABELS[role], ROLE_DOES[role]) for role in others],
            is_me=user_id == current_actor().id,
        )


_DONE = {
    "sign-out": "All sign-ins of this person have ended.",
    "send-link": "A link to choose a new password is on its way.",
    "make-lead": "This person can now invite colleagues.",
    "end-lead": "This person invites nobody any more.",
    "open": "The account is open again.",
}


@blueprint.post("/people/<uuid:user_id>/<any('sign-out', 'send-link', 'make-lead', 'end-lead', 'open'):verb>")
@allow(*MANAGES)
def change_person(user_id: UUID, verb: str) -> ResponseReturnValue:
    """What the hub does for a person's account. Closing it is a page of its own: somebody takes the caseload over."""
    with transaction() as session:
        _do(session, user_id, verb)
    flash.success(_DONE[verb])
    return redirect(url_for("accounts.person", user_id=user_id))


def _do(session: Session, user_id: UUID, verb: str) -> None:
    actor, clock = current_actor(), runtime().clock
    match verb:
        case "sign-out":
            service.sign_out_everywhere(session, user_id, actor, clock)
        case "send-link":
            service.ask_reset(session, reads.user(session, user_id).email, actor, clock)
        case "open":
            service.set_active(session, user_id, True, actor, clock)
        case _:
            service.set_lead(session, user_id, verb == "make-lead", actor, clock)
