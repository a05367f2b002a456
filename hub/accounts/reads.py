"""What other slices may know of organisations and people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import (
    KIND_LABELS,
    SILENT_AFTER,
    AgreementStatus,
    AgreementTerms,
    ControllerRoles,
    OrganisationKind,
    agreement_status,
    shared_fields,
)
from hub.accounts.domain.codes import FactorView
from hub.accounts.models import Organisation, SharingAgreement, UserAccount
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import memory

_HUB = "hub_organisation"


@dataclass(frozen=True, slots=True)
class OrganisationView:
    id: UUID
    slug: str
    name: str
    kind: OrganisationKind
    email: str | None
    phone: str | None

    @property
    def kind_label(self) -> str:
        return KIND_LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class UserView:
    id: UUID
    name: str
    email: str
    role: Role
    organisation_id: UUID
    is_active: bool
    is_lead: bool
    wants_digest: bool
    last_sign_in_at: datetime | None


def organisation(session: Session, organisation_id: UUID) -> OrganisationView:
    """One organisation; NotFound."""
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound("There is no such organisation.")
    return _organisation(row)


def organisation_by_slug(session: Session, slug: str) -> OrganisationView:
    """For commands; NotFound names the slug, which is not personal."""
    row = queries.organisation_by_slug(session, slug)
    if row is None:
        raise NotFound(f"There is no organisation {slug!r}. `hub organisations list` shows them.")
    return _organisation(row)


def organisations(session: Session, kind: OrganisationKind | None = None) -> list[OrganisationView]:
    return [_organisation(row) for row in queries.organisations(session, kind)]


def hub_organisation(session: Session) -> OrganisationView:
    """The hub itself, as remembered.

    RuleBroken while none was made (`hub organisations create ... --kind hub`).
    """
    return memory.remembered(session, _HUB, _the_hub)


def _the_hub(session: Session) -> OrganisationView:
    found = queries.organisations(session, OrganisationKind.HUB)
    if not found:
        raise RuleBroken(
            "This hub has not been set up yet: no organisation is of the kind hub.", code="no_hub"
        )
    return _organisation(found[0])


def user(session: Session, user_id: UUID) -> UserView:
    row = session.get(UserAccount, user_id)
    if row is None:
        raise NotFound("There is no such person.")
    return _user(row)


def users(session: Session, ids: Collection[UUID]) -> dict[UUID, UserView]:
    """These people by id; somebody who is not there is left out."""
    return {row.id: _user(row) for row in queries.users_by_id(session, ids)}


def user_by_email(session: Session, email: str) -> UserView:
    """For commands; NotFound."""
    row = queries.user_by_email(session, email.strip().lower())
    if row is None:
        raise NotFound("Nobody signs in with this email address.")
    return _user(row)


def names_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of people of the staff, for registers; an API key's id has none."""
    return {row.id: row.name for row in queries.users_by_id(session, ids)}


def users_of(session: Session, organisation_id: UUID, role: Role | None = None) -> list[UserView]:
    return [_user(row) for row in queries.users_of(session, organisation_id, role)]


def second_factor(session: Session, user_id: UUID) -> FactorView:
    """Whether the person has a second proof, and how many recovery codes are left."""
    row = queries.second_factor(session, user_id)
    since = row.confirmed_at if row is not None else None
    return FactorView(since is not None, since, queries.recovery_codes_left(session, user_id) if since else 0)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person on the hub's list of everybody who can sign in."""

    user: UserView
    organisation: str
    second_factor_since: datetime | None
    sessions: int
    is_silent: bool


def people(session: Session, now: datetime) -> list[PersonLine]:
    """Everybody, by organisation and name: who is signed in, who has a second proof, who was not here for 90 days."""
    rows = queries.all_users(session)
    since = queries.factors_of(session, [user.id for user, _ in rows])
    open_ = queries.session_counts(session, now)
    return [
        PersonLine(
            _user(user), home.name, since.get(user.id), open_.get(user.id, 0),
            user.is_active and now - (user.last_sign_in_at or user.created_at) > SILENT_AFTER,
        )
        for user, home in rows
    ]  # fmt: skip


def people_named(session: Session, words: str) -> list[UserView]:
    """People whose e-mail address this is, or whose name contains the words (in small letters)."""
    return [_user(row) for row in queries.users_named(session, words)]


def actor_for(session: Session, user_id: UUID) -> Actor:
    """The actor that a person is: for commands and simulations."""
    row = session.get(UserAccount, user_id)
    if row is None:
        raise NotFound("There is no such person.")
    return actor_of_user(row)


def actor_of_user(row: UserAccount) -> Actor:
    return Actor("user", row.id, row.name, row.role, row.organisation_id)


@dataclass(frozen=True, slots=True)
class AgreementView:
    """One entry of the register of sharing agreements."""

    id: UUID
    from_id: UUID
    to_id: UUID
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    starts_on: date
    ends_on: date
    created_at: datetime
    ended_at: datetime | None
    terms: AgreementTerms

    @property
    def parties(self) -> tuple[UUID, UUID]:
        """Who gives, who receives."""
        return self.from_id, self.to_id

    def status(self, today: date) -> AgreementStatus:
        """Ended by a person, or where its dates put it."""
        if self.ended_at is not None:
            return AgreementStatus.ENDED
        return agreement_status(self.starts_on, self.ends_on, self.terms.review_on, today)


def agreements(session: Session, organisation_id: UUID | None = None) -> list[AgreementView]:
    """The register, or the part that one organisation is a party of; what ends first comes first."""
    rows = (
        queries.agreements(session)
        if organisation_id is None
        else queries.agreements_of(session, organisation_id)
    )
    return [_agreement(row) for row in rows]


def agreement(session: Session, agreement_id: UUID) -> AgreementView:
    """One agreement; NotFound."""
    row = session.get(SharingAgreement, agreement_id)
    if row is None:
        raise NotFound("There is no such agreement.")
    return _agreement(row)


def agreement_in_force(
    session: Session, from_id: UUID, to_id: UUID, purpose: str, today: date
) -> UUID | None:
    """The agreement under which `from_id` passes data to `to_id` for this purpose today, if there is one."""
    found = queries.agreements_in_force(session, from_id, to_id, today)
    return next((one.id for one in found if purpose in one.purposes), None)


def agreement_covers(  # noqa: PLR0913, PLR0917 - from whom, to whom, what for, which fields, when
    session: Session, from_id: UUID, to_id: UUID, purpose: str, today: date, fields: Collection[str] = ()
) -> bool:
    """Whether agreements in force today let `from_id` pass these fields to `to_id` for this purpose."""
    if from_id == to_id:
        return True
    in_force = queries.agreements_in_force(session, from_id, to_id, today)
    covering = [one for one in in_force if purpose in one.purposes]
    return bool(covering) and set(fields) <= {name for one in covering for name in one.fields}


def agreed_fields(session: Session, from_id: UUID, to_id: UUID, purpose: str, today: date) -> frozenset[str]:
    """The fields that agreements in force today let pass for this purpose; within one organisation, all."""
    if from_id == to_id:
        return frozenset(shared_fields())
    in_force = queries.agreements_in_force(session, from_id, to_id, today)
    return frozenset(name for one in in_force if purpose in one.purposes for name in one.fields)


def _agreement(row: SharingAgreement) -> AgreementView:
    terms = AgreementTerms(
        reference=row.reference or "",
        controller_roles=ControllerRoles(row.controller_roles or ControllerRoles.INDEPENDENT),
        lawful_basis=row.lawful_basis or "",
        art9_condition=row.art9_condition,
        dpia_id=row.dpia_id or "",
        retention=row.retention or "",
        security_terms=row.security_terms or "",
        dsar_contact=row.dsar_contact or "",
        breach_contact=row.breach_contact or "",
        signed_on=row.signed_on,
        review_on=row.review_on,
        caldicott_guardian=row.caldicott_guardian,
    )
    return AgreementView(
        row.id, row.from_organisation_id, row.to_organisation_id, tuple(row.purposes), tuple(row.fields),
        row.starts_on, row.ends_on, row.created_at, row.ended_at, terms,
    )  # fmt: skip


def _organisation(row: Organisation) -> OrganisationView:
    return OrganisationView(row.id, row.slug, row.name, row.kind, row.email, row.phone)


def _user(row: UserAccount) -> UserView:
    return UserView(
        row.id, row.name, row.email, row.role, row.organisation_id, row.is_active, row.is_lead, row.wants_digest,
        row.last_sign_in_at,
    )  # fmt: skip
