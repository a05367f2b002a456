"""Verbs of accounts, one function each. They add, flush and record; none commits."""

from hub.accounts.service import second_factor, sign_on
from hub.accounts.service.agreements import agree, end_agreement
from hub.accounts.service.invitations import (
    Invited,
    accept,
    invite,
    may_invite,
    organisation_of_invitation,
    read_invitation,
    send_again,
    withdraw_invitation,
)
from hub.accounts.service.keys import actor_of_key, create_key, revoke_key
from hub.accounts.service.organisations import create_organisation
from hub.accounts.service.passwords import invent_password
from hub.accounts.service.people import (
    create_user,
    reset_second_factor,
    set_active,
    set_lead,
    set_role,
    sign_out_everywhere,
)
from hub.accounts.service.resets import ask_reset, require_reset, reset_password
from hub.accounts.service.sessions import (
    actor_of_token,
    end_other_sessions,
    is_proved,
    mark_second_factor,
    new_session,
    revoke_session,
    sign_out,
)
from hub.accounts.service.signing_in import (
    Proof,
    SignedIn,
    StartOver,
    Waiting,
    change_password,
    choose_digest,
    finish_set_up,
    give_code,
    go_on,
    prove_again,
    sign_in,
    started,
)

__all__ = [
    "Invited",
    "Proof",
    "SignedIn",
    "StartOver",
    "Waiting",
    "accept",
    "actor_of_key",
    "actor_of_token",
    "agree",
    "ask_reset",
    "change_password",
    "choose_digest",
    "create_key",
    "create_organisation",
    "create_user",
    "end_agreement",
    "end_other_sessions",
    "finish_set_up",
    "give_code",
    "go_on",
    "invent_password",
    "invite",
    "is_proved",
    "mark_second_factor",
    "may_invite",
    "new_session",
    "organisation_of_invitation",
    "prove_again",
    "read_invitation",
    "require_reset",
    "reset_password",
    "reset_second_factor",
    "revoke_key",
    "revoke_session",
    "second_factor",
    "send_again",
    "set_active",
    "set_lead",
    "set_role",
    "sign_in",
    "sign_on",
    "sign_out",
    "sign_out_everywhere",
    "started",
    "withdraw_invitation",
]
