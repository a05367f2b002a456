"""Commands for organisations, people and keys."""

from collections.abc import Callable

import click

from hub.accounts import reads, service
from hub.accounts.domain import NewOrganisation, NewUser, OrganisationKind
from hub.core.permissions import ROLE_LABELS, STAFF_ROLES, SYSTEM, Role
from hub.infra.db import runtime, transaction

Start = Callable[[], object]


def _role(_: click.Context, __: click.Parameter, value: str) -> Role:
    return Role(value)


role_option = click.option(
    "--role",
    required=True,
    callback=_role,
    type=click.Choice(sorted(role.value for role in STAFF_ROLES)),
    help="What they may do.",
)


@click.group()
def organisations() -> None:
    """Organisations of the partnership."""


@organisations.command("create")
@click.argument("slug")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in OrganisationKind]))
@click.option("--name", required=True)
def create_organisation(slug: str, kind: str, name: str) -> None:
    """Add an organisation under the short name SLUG."""
    with transaction(SYSTEM) as session:
        new = NewOrganisation(slug, name, OrganisationKind(kind))
        service.create_organisation(session, new, SYSTEM, runtime().clock)
    click.echo(f"Added {name} as {slug}.")


@organisations.command("list")
def list_organisations() -> None:
    """Show all organisations."""
    with transaction(SYSTEM) as session:
        for one in reads.organisations(session):
            click.echo(f"{one.slug:<30} {one.kind:<12} {one.name}")


@click.group()
def users() -> None:
    """People who sign in."""


@users.command("create")
@click.argument("email")
@click.option("--organisation", required=True, help="The organisation's short name.")
@click.option("--name", default=None, help="The person's name; else taken from the address.")
@role_option
def create_user(email: str, organisation: str, name: str | None, role: Role) -> None:
    """Add a person; prints a first password, once."""
    password = service.invent_password()
    with transaction(SYSTEM) as session:
        home = reads.organisation_by_slug(session, organisation)
        shown = name or email.split("@", maxsplit=1)[0].replace(".", " ").title()
        service.create_user(session, NewUser(email, shown, home.id, role), password, SYSTEM, runtime().clock)
    click.echo(f"{email} signs in with the password: {password}")


@users.command("role")
@click.argument("email")
@role_option
def change_role(email: str, role: Role) -> None:
    """Give the person who signs in with EMAIL another role; all their sign-ins end."""
    with transaction(SYSTEM) as session:
        user = reads.user_by_email(session, email)
        service.set_role(session, user.id, role, SYSTEM, runtime().clock)
    click.echo(f"{user.name} is now: {ROLE_LABELS[role]}. All sign-ins have ended.")


@click.group()
def keys() -> None:
    """API keys, and the keys that seal records."""


@keys.command("create")
@click.option("--organisation", required=True, help="The organisation's short name.")
@role_option
def create_key(organisation: str, role: Role) -> None:
    """Make an API key; prints it, once."""
    with transaction(SYSTEM) as session:
        home = reads.organisation_by_slug(session, organisation)
        key = service.create_key(session, home.id, role, SYSTEM, runtime().clock)
    click.echo(key)
