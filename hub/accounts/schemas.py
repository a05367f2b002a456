"""Shapes of the accounts forms."""

from typing import Any

from marshmallow import Schema, post_load

from hub.accounts.domain import LONGEST_PASSWORD, NewOrganisation, OrganisationKind
from hub.core.permissions import Role
from hub.ui.fields import Choice, Email, Name, Phone, Text, YesNo


class SignInSchema(Schema):
    email = Text(254, "your email address", required=True)
    password = Text(LONGEST_PASSWORD, "your password", required=True)
    next = Text(500, load_default=None)


class PasswordSchema(Schema):
    old_password = Text(LONGEST_PASSWORD, "your present password", required=True)
    password = Text(LONGEST_PASSWORD, "a new password", required=True)


class CodeSchema(Schema):
    code = Text(40, "the code", required=True)


class ProofSchema(Schema):
    password = Text(LONGEST_PASSWORD, "your password", required=True)
    code = Text(40, "the code", load_default=None)
    next = Text(500, load_default=None)


class ForgottenSchema(Schema):
    email = Email("your email address", required=True)


class NewPasswordSchema(Schema):
    password = Text(LONGEST_PASSWORD, "a new password", required=True)


class JoinSchema(Schema):
    name = Name("your name", required=True)
    password = Text(LONGEST_PASSWORD, "a password", required=True)


class DigestSchema(Schema):
    digest = YesNo("whether you want the e-mail", load_default=False)


class InvitationSchema(Schema):
    email = Email("the email address", required=True)
    role = Choice(Role, "the role", required=True)


class RoleSchema(Schema):
    role = Choice(Role, "the new role", required=True)


class ReasonSchema(Schema):
    reason = Text(300, "how you made sure who asks", required=True)


class OrganisationSchema(Schema):
    slug = Text(40, "a short name", required=True)
    name = Text(120, "the name", required=True)
    kind = Choice(OrganisationKind, "the kind of organisation", required=True)
    email = Email("an email address", load_default=None)
    phone = Phone("a phone number", load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> NewOrganisation:
        return NewOrganisation(**data)


class KeySchema(Schema):
    role = Choice(Role, "what the key may do", required=True)
