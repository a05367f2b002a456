"""Classes by id, by provider, to match and to search."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.reads import OrganisationView
from hub.core.errors import NotFound
from hub.core.levels import Level
from hub.core.permissions import Actor, Role
from hub.provision import queries
from hub.provision.domain import ClassState, Meeting, SearchTerms
from hub.provision.domain.details import first_meeting, slots_of_meetings
from hub.provision.domain.sketch import Sketch, Spot, draw
from hub.provision.models import EsolClass, Venue
from hub.provision.reads.views import MILE, EsolClassView, FoundClass

_EARTH_KM = 6371.0088
_JOIN_NOTICE = timedelta(days=7)


def classes(session: Session, ids: Collection[UUID]) -> dict[UUID, EsolClassView]:
    """Classes by id, in any state; unknown ids are left out. Three queries whatever their number."""
    return {view.id: view for view in _views(session, queries.classes_by_id(session, ids))}


def esol_class(session: Session, class_id: UUID) -> EsolClassView:
    """One class in any state; NotFound."""
    found = classes(session, [class_id])
    if class_id not in found:
        raise NotFound("There is no such class or venue.")
    return found[class_id]


def class_for(session: Session, class_id: UUID, actor: Actor) -> EsolClassView:
    """One class that this actor may see: open ones all, the rest its provider and the hub; else NotFound."""
    view = esol_class(session, class_id)
    own = actor.role is Role.PROVIDER and actor.organisation_id == view.organisation_id
    if view.state is not ClassState.PUBLISHED and not own and actor.role not in queries.SEES_ALL:
        raise NotFound("There is no such class or venue.")
    return view


def class_to_change(session: Session, class_id: UUID, actor: Actor) -> EsolClassView:
    """One class that this actor may change; NotFound."""
    view = esol_class(session, class_id)
    queries.require_own(view.organisation_id, actor)
    return view


def matchable_classes(session: Session, today: date) -> list[EsolClassView]:
    """Every class that a learner may be matched to: published and not begun, or roll-on and not over.

    Full ones too: the matching must be able to say that a class was full. Three queries in all.
    """
    return _views(session, queries.joinable(session, today), today)


def classes_of(session: Session, organisation_id: UUID | None, *, past: bool = False) -> list[EsolClassView]:
    """A provider's classes, or everybody's with None: open ones and drafts, or those that are over."""
    return _views(session, queries.classes_of(session, organisation_id, past=past))


def search(session: Session, terms: SearchTerms, today: date) -> list[FoundClass]:
    """Open classes that fit, nearest first where a place is given, else the earliest first."""
    views = (view for view in matchable_classes(session, today) if _fits(view, terms))
    found = [FoundClass(view, _km(view, terms)) for view in views]
    if terms.within_km is not None:
        found = [one for one in found if one.km is None or one.km <= terms.within_km]
    return sorted(found, key=lambda one: (_rank(one, terms), one.view.joins_on, one.view.title, one.view.id))


def area_centre(session: Session, area: str) -> tuple[float, float] | None:
    """Where an area of postcodes is, such as `E8 1`; None when it was never imported."""
    return queries.centre_of(session, area)


def sketch_of(session: Session, found: Sequence[FoundClass], first: int, you: Spot | None) -> Sketch | None:
    """Where these search results are, numbered as in their list from `first` on; None without any place."""
    numbered = [(str(number), one.view) for number, one in enumerate(found, first) if not one.view.online]
    spots = [Spot(label, *view.location) for label, view in numbered if view.location is not None]
    districts = {view.postcode.split(" ")[0] for _, view in numbered if view.postcode}
    areas = queries.centres_of(session, districts)
    return draw(spots, [Spot(name, *at) for name, at in sorted(areas.items())], you)


def _rank(found: FoundClass, terms: SearchTerms) -> float:
    """Distance to tenths of a mile; an online class stands after places within five miles of the searcher."""
    if terms.at is None:
        return 0.0
    return round(found.km / MILE, 1) if found.km is not None else 5.0


def _fits(view: EsolClassView, terms: SearchTerms) -> bool:
    wanted = (
        (terms.childcare, view.childcare),
        (terms.women_only, view.women_only),
        (terms.step_free, "step_free" in view.offers),
        (terms.online, view.online),
        (terms.only_free, view.free > 0),
        (terms.level is not None, terms.level in view.levels),
        (terms.strand is not None, view.strand is terms.strand),
        (terms.organisation_id is not None, view.organisation_id == terms.organisation_id),
        (bool(terms.parts), any(_in_part(slot, terms.parts) for slot in view.slots)),
    )
    return all(has for is_wanted, has in wanted if is_wanted)


def _in_part(slot: str, parts: frozenset[str]) -> bool:
    day, part = slot.split("-")
    weekend = day in {"sat", "sun"}
    return ("weekend" in parts and weekend) or (part in parts and not weekend)


def _km(view: EsolClassView, terms: SearchTerms) -> float | None:
    """Kilometres as the crow flies; None for an online class or where either place is unknown."""
    if terms.at is None or view.location is None or view.online:
        return None
    lat1, lon1, lat2, lon2 = map(radians, (*terms.at, *view.location))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))


def _views(
    session: Session, rows: Sequence[queries.ClassRow], today: date | None = None
) -> list[EsolClassView]:
    names = {one.id: one for one in accounts.organisations(session)} if rows else {}
    return [_view(row, venue, names[row.organisation_id], today) for row, venue in rows]


def _view(
    row: EsolClass, venue: Venue | None, organisation: OrganisationView, today: date | None
) -> EsolClassView:
    meetings = tuple(Meeting(one.weekday, one.starts_at, one.ends_at) for one in row.sessions)
    return EsolClassView(
        id=row.id, organisation_id=row.organisation_id, provider_name=organisation.name,
        provider_email=organisation.email, provider_phone=organisation.phone, title=row.title,
        strand=row.strand, state=row.state,
        levels=tuple(Level(level) for level in row.levels), rw_support=row.rw_support,
        skill_bands={skill: tuple(levels) for skill, levels in row.skill_bands.items()}, meetings=meetings,
        slots=slots_of_meetings(meetings), start_on=row.start_on, end_on=row.end_on,
        joins_on=_joins_on(row, meetings, today), capacity=row.capacity, places_free=row.places_free,
        held=row.held, enrolled=row.enrolled, places_confirmed_at=row.places_confirmed_at,
        places_confirmed_by=row.places_confirmed_by, venue_id=row.venue_id,
        venue_name=venue.name if venue else None, address=venue.address if venue else None,
        postcode=venue.postcode if venue else None, lat=venue.lat if venue else None,
        lon=venue.lon if venue else None, district=venue.district if venue else None, childcare=row.childcare,
        women_only=row.women_only, adults_only=row.adults_only, step_free=row.step_free, online=row.online,
        funding=tuple(row.funding), fee_pence=row.fee_pence, has_exam=row.has_exam, roll_on=row.roll_on,
        textbook_notes=row.textbook_notes, notes=row.notes, enrol_url=row.enrol_url,
        contract_areas=tuple(row.contract_areas), reserves=tuple(row.reserves), version=row.version,
    )  # fmt: skip


def _joins_on(row: EsolClass, meetings: Sequence[Meeting], today: date | None) -> date:
    has_begun = today is not None and row.start_on <= today
    earliest = today + _JOIN_NOTICE if today is not None and has_begun else row.start_on
    return first_meeting(meetings, earliest, row.end_on)
