"""Verbs of accounts, one function each. They add, flush and record; none commits."""

from hub.accounts.service.agreements import agree, end_agreement
from hub.accounts.service.keys import actor_of_key, create_key, revoke_key
from hub.accounts.service.organisations import create_organisation
from hub.accounts.service.passwords import invent_password
from hub.accounts.service.people import create_user, set_active
from hub.accounts.service.sessions import actor_of_token, new_session, revoke_session, sign_out
from hub.accounts.service.signing_in import SignedIn, change_password, sign_in

__all__ = [
    "SignedIn",
    "actor_of_key",
    "actor_of_token",
    "agree",
    "change_password",
    "create_key",
    "create_organisation",
    "create_user",
    "end_agreement",
    "invent_password",
    "new_session",
    "revoke_key",
    "revoke_session",
    "set_active",
    "sign_in",
    "sign_out",
]
