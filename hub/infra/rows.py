"""Who may see which rows: said once beside each model's columns, held twice.

A model says `__rows__ = of_organisation()`, `of_parent(...)`, `anybody(why)` or nothing: then only the hub sees its
rows. First hold: `scoped(Model, actor)` is the only select of such a model that a unit of work of a partner may run
(`require_scope`, called for every ORM statement). Second hold: PostgreSQL's row-level security, whose policies are
written from the same words (`policy_of`) and read the settings that `transaction()` makes for its actor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from hub.core.permissions import Actor, Role

if TYPE_CHECKING:
    from sqlalchemy.orm import ORMExecuteState

SEES_ALL = frozenset({Role.HUB_MANAGER, Role.ASSESSOR, Role.DATA_PROTECTION, Role.WORKER})
"""Roles that may meet any learner. Which pages show what to them is each view's `allow`."""

SCOPED = {"hub_scoped": True}
"""Execution options of a statement that names the organisation by itself."""
Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Rows:
    """Who sees a table's rows beside the roles that see all: organisations, owners of a parent row, further roles."""

    organisation: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    roles: frozenset[Role] = frozenset()
    everybody: str = ""
    learners: tuple[str, ...] = ()
    learners_of: tuple[str, str] | None = None

    def and_role(self, *roles: Role) -> Rows:
        """These roles see all rows as well."""
        return replace(self, roles=self.roles | frozenset(roles))

    def and_learners(self, *columns: str) -> Rows:
        """Seen by whoever has the right to these learners alone (`sight.of_learners`): columns with a learner's id."""
        return replace(self, learners=columns)

    def and_learners_of(self, table: str, column: str) -> Rows:
        """The same, by the row of `table` that `column` points at."""
        return replace(self, learners_of=(table, column))


HUB_ONLY = Rows()


def of_organisation(*columns: str) -> Rows:
    """An organisation sees the rows that bear its id, by default in `organisation_id`."""
    return Rows(organisation=columns or ("organisation_id",))


def of_parent(table: str, column: str) -> Rows:
    """Who sees the row of `table` that `column` points at sees this one."""
    return Rows(parent=(table, column))


def anybody(why: str) -> Rows:
    """No row of it tells of a learner: `why` says what it holds."""
    return Rows(everybody=why)


def rows_of(model: Any) -> Rows:
    """What a model says of its rows; one that says nothing is the hub's alone."""
    return cast(Rows, getattr(model, "__rows__", HUB_ONLY))


# ---------------------------------------------------------------- first hold: the select


def scoped(model: type[Model], actor: Actor) -> Select[Model]:
    """Select the rows of `model` that this actor may see, all of them for the hub."""
    return select(model).select_from(model).where(_visible(model, actor)).execution_options(**SCOPED)


def narrowed(model: type[Model], actor: Actor, learners: frozenset[UUID]) -> Select[Model]:
    """Select what the actor may see of `model` anyway, and the rows of these learners."""
    seen = or_(_visible(model, actor), _of_learners(model, learners))
    return select(model).select_from(model).where(seen).execution_options(**SCOPED)


def _of_learners(model: Any, learners: frozenset[UUID]) -> ColumnElement[bool]:
    said = rows_of(model)
    if said.learners_of is not None:
        parent, column = _model_of(model, said.learners_of[0]), getattr(model, said.learners_of[1])
        return cast(ColumnElement[bool], column.in_(select(parent.id).where(_of_learners(parent, learners))))
    return or_(false(), *(getattr(model, column).in_(learners) for column in said.learners))


def _visible(model: Any, actor: Actor) -> ColumnElement[bool]:
    said = rows_of(model)
    if said.everybody or actor.role in SEES_ALL or actor.role in said.roles:
        return true()
    if said.parent is not None:
        parent, column = _model_of(model, said.parent[0]), getattr(model, said.parent[1])
        return cast(ColumnElement[bool], column.in_(select(parent.id).where(_visible(parent, actor))))
    if actor.organisation_id is None or not said.organisation:
        return false()
    return or_(*(getattr(model, column) == actor.organisation_id for column in said.organisation))


def _model_of(model: Any, table: str) -> Any:
    found = [one.class_ for one in model.registry.mappers if one.local_table.name == table]
    return found[0]


class Unscoped(RuntimeError):
    """A partner's unit of work asked for rows without saying whose: a mistake in the program, answered with 500."""


def require_scope(state: ORMExecuteState, *, narrow: bool = False) -> None:
    """Refuse a partner's statement on a table of learners that `scoped` did not make.

    Raises Unscoped. Inserts pass: row-level security looks at what they write. `narrow`: in a part of the work
    that sees certain learners, their tables may be asked plainly: PostgreSQL shows the rows of these alone.
    """
    if state.is_insert or state.is_column_load or state.execution_options.get("hub_scoped"):
        return
    for mapper in state.all_mappers:
        said = rows_of(mapper.class_)
        if not said.everybody and not (narrow and (said.learners or said.learners_of)):
            raise Unscoped(
                f"{mapper.class_.__name__} is not everybody's: select it with rows.scoped(), or inside "
                "sight.as_the_hub(); see hub/infra/README.md"
            )


# ---------------------------------------------------------------- second hold: the database

SEES, ROLE, ORGANISATION, LEARNERS, OWN = "app.sees", "app.role", "app.org_id", "app.learners", "app.own"
_ALL = f"current_setting('{SEES}', true) <> ''"
"""Unset is NULL and reset is '': both are closed. `<>` and not `=`, because PostgreSQL guesses that an inequality
holds for nearly all rows and so plans the hub's queries as if there were no policy."""


_SOME = f"current_setting('{LEARNERS}', true) <> ''"
_THESE = f"ANY ((SELECT NULLIF(current_setting('{LEARNERS}', true), '')::uuid[])::uuid[])"
"""As a sub-select PostgreSQL reads the list once a statement, not once a row."""


_MINE = f"ANY (string_to_array(current_setting('{OWN}', true), ','))"
"""Unset is NULL and reset an empty list: nobody's. Not a sub-select: the hub's queries are planned without it."""


def settings_of(
    actor: Actor, *, everything: bool, learners: frozenset[UUID] | None = None, own: bool | None = None
) -> str:
    """Statements that tell PostgreSQL, until the end of the transaction, who acts and whether they see all.

    `learners`: whose rows they see besides; `own`: that these are one person who acts for themselves, and so meet all
    tables with their rows. None where that was never said, and need not be taken back.
    """
    said = {SEES: "all" if everything else "", ROLE: actor.role, ORGANISATION: actor.organisation_id or ""}
    if learners is not None:
        said[LEARNERS] = f"{{{','.join(sorted(map(str, learners)))}}}" if learners else ""
    if own is not None:
        said[OWN] = ",".join(sorted(map(str, learners or ()))) if own else ""
    return "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in said.items())


OWNER_OPTIONS = f"-c {SEES}=all"
"""libpq options of the owner's tools (migrations, backups): row security binds the owner too."""


OWN_COLUMN = "learner_id"


def is_own(model: Any) -> bool:
    """Whether the table's rows are learners' own: it says whose each is."""
    return OWN_COLUMN in model.__table__.columns


def policy_of(model: Any) -> str | None:
    """The condition of the model's policy; None where everybody sees all rows."""
    said = rows_of(model)
    if said.everybody:
        return None
    ways = [_ALL]
    ways += [f"{column}::text = current_setting('{ORGANISATION}', true)" for column in said.organisation]
    ways += [f"current_setting('{ROLE}', true) = '{role}'" for role in sorted(said.roles)]
    if said.parent is not None:
        table, column = said.parent
        ways.append(
            f"EXISTS (SELECT FROM {table} AS parent WHERE parent.id = {model.__tablename__}.{column})"
        )
    if is_own(model) and not said.learners:
        ways.append(f"{OWN_COLUMN}::text = {_MINE}")
    if said.learners:
        mine = " OR ".join(f"{column} = {_THESE}" for column in said.learners)
        ways.append(f"({_SOME} AND ({mine}))")
    if said.learners_of is not None:
        table, column = said.learners_of
        ways.append(
            f"({_SOME} AND EXISTS (SELECT FROM {table} AS whose WHERE whose.id = {model.__tablename__}.{column}))"
        )
    return " OR ".join(ways)
