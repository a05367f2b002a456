"""The JSON edge of the waiting list, for the hub's own systems."""

from typing import Any

from flask import request
from marshmallow import ValidationError

from hub.assessment.domain import Strand
from hub.consent import reads as consents
from hub.core.errors import RuleBroken
from hub.core.levels import Level
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import PAGING, api_blueprint, as_uuid, asked_page, asks, page_of
from hub.waitlist import queries, reads
from hub.waitlist.domain import EntryFilter, EntryState
from hub.waitlist.schemas import EntryPage, FilterSchema

blueprint = api_blueprint("waitlist", __name__, "Read the waiting list")

_QUERY = [
    asks("level", "The learner's level", enum=[level.value for level in Level]),
    asks("strand", "Kind of class", enum=[strand.value for strand in Strand]),
    asks("state", "State of the entry", enum=[state.value for state in EntryState]),
    *PAGING,
]


@blueprint.get("/waitlist")
@blueprint.doc(parameters=_QUERY)
@blueprint.response(200, EntryPage)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def list_entries() -> Any:
    """Entries of the waiting list with their place in line; filters `level`, `strand`, `state`; without a
    state, the active ones."""
    marker, limit = asked_page()
    wanted = _wanted()
    with transaction() as session:
        rows = queries.after(session, wanted, limit + 1, as_uuid(str(marker)) if marker else None)
        places = reads.positions(session, [row.id for row in rows])
        for row in rows[:limit]:
            audit.record(
                session, current_actor(), "waitlist_entry.viewed", "learner", row.learner_id,
                clock=runtime().clock,
            )  # fmt: skip
        audit.record_export(session, "waitlist_entry", len(rows[:limit]), clock=runtime().clock)
        since = consents.restricted(session, {row.learner_id for row in rows})
        items = [
            _body(reads.entry_view(row), places.get(row.id)) | {"restricted_since": since.get(row.learner_id)}
            for row in rows
        ]
        return page_of(items, limit, lambda one: one["id"])


def _wanted() -> EntryFilter:
    try:
        found: EntryFilter = FilterSchema().load(request.args.to_dict())
    except ValidationError as error:
        wrong = error.messages if isinstance(error.messages, dict) else {}
        faults = {str(name): str(messages[0]) for name, messages in wrong.items()}
        raise RuleBroken.many(faults, code="invalid_input") from error
    return found


def _body(view: reads.EntryView, place: reads.Position | None) -> dict[str, Any]:
    return {**vars(view), "place": place and place.place, "places_in_line": place and place.of}
