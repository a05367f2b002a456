"""My account: who I am, where I am signed in, my password, my second proof, what I am sent."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import queries, reads, service, sessions
from hub.accounts.pages.edge import blueprint, picture_of, proved, safe_next
from hub.accounts.schemas import CodeSchema, DigestSchema, PasswordSchema, ProofSchema
from hub.core.errors import NotFound, RuleBroken
from hub.core.ids import secret_hash
from hub.core.permissions import ROLE_LABELS, STAFF_ROLES
from hub.infra import limits
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/account")
@allow(*STAFF_ROLES)
def my_account() -> ResponseReturnValue:
    """Who I am, where I am signed in, my password."""
    return _account(blank_form())


def _account(form: Form) -> str:
    actor, runs = current_actor(), runtime()
    assert actor.organisation_id is not None  # noqa: S101 - staff have one
    with transaction() as session:
        return render_template(
            "accounts/account.html",
            form=form,
            me=reads.user(session, _me()),
            organisation=reads.organisation(session, actor.organisation_id),
            role=ROLE_LABELS[actor.role],
            signed_in=queries.sessions_of(session, _me(), runs.clock.now()),
            this_one=queries.live_session(session, _token_hash(), runs.clock.now()),
            factor=reads.second_factor(session, _me()),
            factor_rule=runs.settings.second_factor,
        )


def _me() -> UUID:
    """The signed-in person's id; an API key has no account page."""
    me = current_actor().id
    if me is None:
        raise NotFound("There is no such person.")
    return me


def _token() -> str:
    return sessions.token_of_request() or ""


def _token_hash() -> bytes:
    return secret_hash(_token())


@blueprint.route("/account/prove", methods=["GET", "POST"])
@allow(*STAFF_ROLES)
def prove() -> ResponseReturnValue:
    """Password, and code where there is one, once more: before what protects an account changes."""
    form = read_form(ProofSchema, request.form) if request.method == "POST" else blank_form()
    target = safe_next(request.values.get("next"))
    if request.method == "POST" and form.ok:
        limits.take("sign_in_failed", limits.network(), runtime().clock)
        given = service.Proof(_token(), form.data["password"], form.data["code"] or "")
        with transaction() as session:
            fresh = service.prove_again(session, given, current_actor(), runtime().clock)
        if fresh is not None:
            limits.give_back("sign_in_failed", limits.network(), runtime().clock)
            sessions.begin(service.SignedIn(fresh, current_actor()))
            return redirect(target)
        form.fail("password", "This is not right. After 10 tries you wait 15 minutes")
    form.values.clear()
    with transaction() as session:
        factor = reads.second_factor(session, _me())
    page = render_template("accounts/prove.html", form=form, factor=factor, target=target)
    return page, 422 if form.errors else 200


@blueprint.post("/account/password")
@allow(*STAFF_ROLES)
def change_password() -> ResponseReturnValue:
    form = read_form(PasswordSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                service.change_password(
                    session, **_passwords(form), actor=current_actor(), clock=runtime().clock
                )
        except RuleBroken as error:
            form.fail_with(error)
    if not form.ok:
        form.values.clear()
        return _account(form), 422
    sessions.end()
    flash.success("Your password is changed. Sign in with the new one.")
    return redirect(url_for("accounts.sign_in"))


def _passwords(form: Form) -> dict[str, str]:
    return {"old": form.data["old_password"], "new": form.data["password"]}


@blueprint.post("/account/digest")
@allow(*STAFF_ROLES)
def choose_digest() -> ResponseReturnValue:
    """Whether I get the e-mail about what is overdue."""
    form = read_form(DigestSchema, request.form)
    with transaction() as session:
        wanted = bool(form.data and form.data["digest"])
        service.choose_digest(session, wanted, current_actor(), runtime().clock)
    flash.success("You get the e-mail." if wanted else "You do not get the e-mail any more.")
    return redirect(url_for("accounts.my_account"))


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@allow(*STAFF_ROLES)
def end_session(session_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        service.revoke_session(session, session_id, current_actor(), runtime().clock)
    flash.success("That sign-in has ended.")
    return redirect(url_for("accounts.my_account"))


@blueprint.post("/account/sessions/end-others")
@allow(*STAFF_ROLES)
def end_other_sessions() -> ResponseReturnValue:
    """Everywhere but here."""
    with transaction() as session:
        service.end_other_sessions(session, _token(), current_actor(), runtime().clock)
    flash.success("All your other sign-ins have ended.")
    return redirect(url_for("accounts.my_account"))


@blueprint.post("/account/second-proof")
@proved("accounts.my_account")
@allow(*STAFF_ROLES)
def begin_second_factor() -> ResponseReturnValue:
    """Begin to set up a second proof, or one on a new phone; the present one counts until the new one is confirmed."""
    with transaction() as session:
        service.second_factor.offer(session, _me(), runtime().clock)
    return redirect(url_for("accounts.set_up"))


@blueprint.get("/account/second-proof/set-up")
@proved("accounts.set_up")
@allow(*STAFF_ROLES)
def set_up() -> ResponseReturnValue:
    """The picture to scan, and the field for the first code."""
    return _set_up(blank_form())


def _set_up(form: Form) -> str:
    with transaction() as session:
        secret, address = service.second_factor.address(session, _me())
    return render_template(
        "accounts/set_up_again.html", form=form, secret=secret, picture=picture_of(address)
    )


@blueprint.post("/account/second-proof/set-up")
@proved("accounts.set_up")
@allow(*STAFF_ROLES)
def confirm_set_up() -> ResponseReturnValue:
    """The first code of the new phone; then the recovery codes, shown this once."""
    form = read_form(CodeSchema, request.form)
    if form.ok:
        with transaction() as session:
            codes = service.second_factor.confirm(
                session, _me(), form.data["code"], current_actor(), runtime().clock
            )
            if codes is not None:
                service.mark_second_factor(session, _token(), runtime().clock)
        if codes is not None:
            return _codes(codes)
        form.fail("code", "This code is not right. Wait for the next one and try again")
    form.values.clear()
    return _set_up(form), 422


def _codes(codes: list[str]) -> str:
    return render_template("accounts/recovery_codes.html", codes=codes, target=url_for("accounts.my_account"))


@blueprint.post("/account/recovery-codes")
@proved("accounts.my_account")
@allow(*STAFF_ROLES)
def new_recovery_codes() -> ResponseReturnValue:
    """Ten new codes, shown this once; the old ones end."""
    with transaction() as session:
        codes = service.second_factor.new_codes(session, _me(), current_actor(), runtime().clock)
    return _codes(codes)


@blueprint.post("/account/second-proof/off")
@proved("accounts.my_account")
@allow(*STAFF_ROLES)
def turn_off_second_factor() -> ResponseReturnValue:
    with transaction() as session:
        service.second_factor.turn_off(session, current_actor(), runtime().clock)
    flash.success("You sign in with your password alone.")
    return redirect(url_for("accounts.my_account"))
