"""What row-level security costs a transaction: a partner's list of 50 among 100,000 rows of 50 organisations.

Figure 12 of security-privacy-reliability.md, section 7: at most 0.1 ms. The same transactions with the policy of the
table and without it, in turns, since the machine is rarely quiet; the hub's count over all rows shows what a policy
costs where everything may be seen.
"""

import time
from collections.abc import Callable
from statistics import median
from uuid import UUID

from sqlalchemy import create_engine, func, text

from hub.accounts import service as accounts
from hub.accounts.domain import NewOrganisation, OrganisationKind
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import embedded_postgres, migrations, sight
from hub.infra.db import runtime, transaction
from hub.steps import queries
from hub.steps.models import Step
from tests.benchmarks.figures import Figure
from tests.benchmarks.scratch import scratch_hub

ORGANISATIONS, EACH, TIMES, TURNS = 50, 2_000, 300, 4
_FILL = text(
    "INSERT INTO step (id, kind, state, subject_type, subject_id, organisation_id, role, opened_at, due_on) "
    "SELECT gen_random_uuid(), 'information_to_give', 'open', 'referral', gen_random_uuid(), :organisation, "
    "'referrer', now(), current_date + (i % 60) FROM generate_series(1, :number) AS i"
)


def fill() -> list[UUID]:
    """Organisations with open steps of their own."""
    ids = []
    with transaction(SYSTEM) as session:
        for number in range(ORGANISATIONS):
            new = NewOrganisation(f"agency-{number:02d}", f"Agency {number}", OrganisationKind.CHARITY)
            ids.append(accounts.create_organisation(session, new, SYSTEM, runtime().clock).id)
        for one in ids:
            session.execute(_FILL, {"organisation": one, "number": EACH})
    return ids


def seconds(act: Callable[[], object], times: int) -> float:
    """The median of a transaction."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return median(taken)


def listed(actor: Actor) -> Callable[[], object]:
    def act() -> object:
        with transaction(actor) as session:
            found = queries.held_by(actor).order_by(Step.due_on).limit(50)
            return session.execute(found.with_only_columns(Step.id, Step.due_on)).all()

    return act


def counted() -> object:
    with transaction(SYSTEM) as session:
        return session.scalar(sight.visible(session, Step).with_only_columns(func.count()))


def run() -> list[Figure]:
    with scratch_hub() as hub:
        ids = fill()
        partner = Actor("user", None, "Partner", Role.REFERRER, ids[7])
        owner_url = embedded_postgres.ensure_running(hub.settings.data_dir).owner_url
        owner = create_engine(owner_url)
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE step"))
        found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for turn in range(2 * TURNS):
            guarded = turn % 2 == 0
            with owner.begin() as connection:
                word = "ENABLE" if guarded else "DISABLE"
                connection.execute(text(f"ALTER TABLE step {word} ROW LEVEL SECURITY"))
            seconds(listed(partner), 20)
            found[guarded].append((seconds(listed(partner), TIMES), seconds(counted, 5)))
        owner.dispose()
        migrations.secure(owner_url)
    with_it, without = ([min(column) for column in zip(*found[one], strict=True)] for one in (True, False))
    return [
        Figure("row security, a partner's list of 50", 1000 * (with_it[0] - without[0]), "ms a transaction", 0.1, "less",
               f"{1000 * with_it[0]:.2f} with, {1000 * without[0]:.2f} without"),
        Figure("row security, the hub counts 100,000 rows", 1000 * (with_it[1] - without[1]), "ms", None, "less",
               f"{1000 * with_it[1]:.1f} with, {1000 * without[1]:.1f} without"),
    ]  # fmt: skip
