"""The JSON edge of classes: everybody with a key may search, a provider changes its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from hub.core.errors import RuleBroken
from hub.core.levels import Level
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import (
    IF_MATCH,
    PAGING,
    api_blueprint,
    asked_page,
    asks,
    page_of,
    require_match,
    with_etag,
)
from hub.infra.idempotency import idempotent
from hub.provision import reads, service
from hub.provision.domain import ClassDetails, PlacesChange, SaveClass, SearchTerms, Strand
from hub.provision.domain.reading import read_area
from hub.provision.schemas import ClassesOut, ClassIn, ClassOut, NewClassIn, PlacesIn, api_details, class_out

blueprint = api_blueprint("provision", __name__, "Find classes; keep your classes and free places up to date")

READERS = (Role.PROVIDER, Role.HUB_MANAGER, Role.ASSESSOR, Role.REFERRER)
CHANGERS = (Role.PROVIDER, Role.HUB_MANAGER)
PARTS = frozenset({"am", "pm", "eve", "weekend"})
_FLAGS = ("childcare", "women_only", "step_free", "online", "only_free")
_QUERY = [
    asks("level", "The learner's level", enum=[level.value for level in Level]),
    asks("strand", "Kind of class", enum=[strand.value for strand in Strand]),
    asks("near", "First half of a postcode, E8 or E8 1, never a whole one"),
    asks("within_km", "At most so far from `near`", type="number", minimum=0, maximum=1000),
    asks("parts", "Parts of the week, with commas: am, pm, eve, weekend"),
    *(asks(name, "Write yes to ask for it", enum=["yes", "true", "1"]) for name in (*_FLAGS, "mine")),
    *PAGING,
]


@blueprint.get("/classes")
@blueprint.doc(parameters=_QUERY)
@blueprint.response(200, ClassesOut)
@allow(*READERS)
def search_classes() -> Any:
    """Classes that learners can join, by level, strand, area, time and needs; or, with `mine=yes`, your own."""
    after, size = asked_page()
    with transaction() as session:
        found = _mine(session) if _yes("mine") else _found(session)
        start = _position(after)
        items = [_shown(one) for one in found[start : start + size + 1]]
    return page_of(items, size, lambda _: start + size)


def _position(after: Any) -> int:
    if after is None:
        return 0
    if not isinstance(after, int) or after < 0:
        raise RuleBroken("after is not a marker from `next`.", field="after", code="invalid_input")
    return after


def _mine(session: Session) -> list[reads.FoundClass]:
    actor = current_actor()
    organisation_id = actor.organisation_id if actor.role is Role.PROVIDER else None
    return [reads.FoundClass(view, None) for view in reads.classes_of(session, organisation_id)]


def _found(session: Session) -> list[reads.FoundClass]:
    return reads.search(session, _terms(session), runtime().clock.today())


def _terms(session: Session) -> SearchTerms:
    """The query as search terms; RuleBroken naming each part that cannot be read."""
    faults: dict[str, str] = {}
    flags: dict[str, Any] = {name: _yes(name) for name in _FLAGS}
    near = _read("near", read_area, "Write the first half of a postcode, like E8, or E8 1", faults)
    at = reads.area_centre(session, near) if near else None
    if near and at is None:
        faults.setdefault("near", "We do not know where this is")
    parts = frozenset(part for part in request.args.get("parts", "").split(",") if part)
    if parts - PARTS:
        faults["parts"] = "Use am, pm, eve or weekend"
    terms = SearchTerms(
        level=_read("level", Level, f"Use one of {', '.join(Level)}", faults),
        strand=_read("strand", Strand, f"Use one of {', '.join(Strand)}", faults),
        at=at, within_km=_read("within_km", _kilometres, "Use a number of kilometres", faults), parts=parts, **flags,
    )  # fmt: skip
    if faults:
        raise RuleBroken.many(faults, code="invalid_input")
    return terms


def _read(name: str, reader: Callable[[str], Any], remedy: str, faults: dict[str, str]) -> Any:
    if name not in request.args:
        return None
    try:
        return reader(request.args[name])
    except ValueError:
        faults[name] = remedy
        return None


def _kilometres(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1000:
        raise ValueError
    return number


def _yes(name: str) -> bool:
    return request.args.get(name, "").lower() in {"yes", "true", "1"}


def _shown(found: reads.FoundClass) -> dict[str, Any]:
    shown = class_out(found.view)
    return shown if found.km is None else shown | {"distance_km": round(found.km, 3)}


@blueprint.post("/classes")
@idempotent
@blueprint.arguments(NewClassIn)
@blueprint.response(201, ClassOut)
@allow(*CHANGERS)
def add_class(values: dict[str, Any]) -> Any:
    """Add a class of your own; the hub names the `provider` by its short name. Published unless `publish` is no."""
    with transaction() as session:
        slug = values.get("provider")
        actor = current_actor()
        owner = service.provider_of(session, slug) if slug else actor.organisation_id
        asked = SaveClass(
            details=ClassDetails(**api_details(values)),
            organisation_id=owner,
            places_free=values.get("places_free"),
            publish=values.get("publish") is not False,
        )
        row = service.save_class(session, asked, actor, runtime().clock)
        view = reads.esol_class(session, row.id)
    answer, status, headers = with_etag(class_out(view), view.version, 201)
    return answer, status, headers | {"Location": url_for("provision_api.show_class", class_id=view.id)}


@blueprint.get("/classes/<uuid:class_id>")
@blueprint.response(200, ClassOut)
@allow(*READERS)
def show_class(class_id: UUID) -> Any:
    """One class: open ones for everybody with a key, drafts and past ones for their provider and the hub."""
    with transaction() as session:
        view = reads.class_for(session, class_id, current_actor())
    return with_etag(class_out(view), view.version)


@blueprint.patch("/classes/<uuid:class_id>")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(ClassIn(partial=True))
@blueprint.response(200, ClassOut)
@allow(*CHANGERS)
def change_class(values: dict[str, Any], class_id: UUID) -> Any:
    """Change some fields of a class, from the version named by If-Match."""
    with transaction() as session:
        before = reads.class_to_change(session, class_id, current_actor())
        require_match(before.version)
        details = replace(before.details, **api_details(values))
        asked = SaveClass(
            details=details,
            class_id=class_id,
            version=before.version,
            publish=values.get("publish") is True,
        )
        service.save_class(session, asked, current_actor(), runtime().clock)
        view = reads.esol_class(session, class_id)
    return with_etag(class_out(view), view.version)


@blueprint.post("/classes/<uuid:class_id>/confirm-places")
@idempotent
@blueprint.arguments(PlacesIn)
@blueprint.response(200, ClassOut)
@allow(*CHANGERS)
def confirm_places(values: dict[str, Any], class_id: UUID) -> Any:
    """Say how many places are free now, beside those held for offers and taken through the hub."""
    clock, actor = runtime().clock, current_actor()
    with transaction() as session:
        if "seen" in values:
            change = PlacesChange(class_id, values["seen"], values["places_free"])
            service.change_places(session, change, actor, clock)
        else:
            service.confirm_places(session, class_id, values["places_free"], actor, clock)
        view = reads.esol_class(session, class_id)
    return with_etag(class_out(view), view.version)
