"""Find a class: for everybody, in plain words. A postcode never stands in an address, only its area does."""

import functools
import tomllib
from importlib import resources
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import NotFound
from hub.core.levels import Level
from hub.core.permissions import PUBLIC
from hub.infra.access import allow_public
from hub.infra.db import runtime, transaction
from hub.provision import reads
from hub.provision.domain import SearchTerms, Strand
from hub.provision.domain.reading import read_area
from hub.provision.domain.sketch import Spot
from hub.provision.pages.edge import STRAND_OPTIONS, asked_page, blueprint
from hub.provision.schemas import SearchForm
from hub.ui.forms import Form, blank_form, read_form

SHOWN = 20
PARTS = [
    ("am", "Mornings, Monday to Friday"),
    ("pm", "Afternoons, Monday to Friday"),
    ("eve", "Evenings, Monday to Friday"),
    ("weekend", "Saturday or Sunday"),
]
EXTRAS = [
    ("childcare", "Childcare"),
    ("women_only", "A class for women only"),
    ("step_free", "A way in without steps"),
    ("online", "A class online"),
    ("only_free", "Free places now"),
]


@functools.cache
def level_options() -> list[tuple[str, str, str]]:
    """The levels by what people can do, for those who do not know the names of levels."""
    text = resources.files("hub.provision").joinpath("data/level_helper.toml").read_text("utf-8")
    said = tomllib.loads(text)
    return [(level.value, said[level.value]["can_do"], level.label) for level in Level]


@blueprint.get("/find-a-class")
@allow_public
def find() -> ResponseReturnValue:
    """The questions, and under them the classes that fit."""
    with transaction() as session:
        terms, asked = _terms_of_address()
        at = reads.area_centre(session, asked["near"]) if asked["near"] else None
        found = reads.search(session, SearchTerms(**terms, at=at), runtime().clock.today())
        pages = max(-(-len(found) // SHOWN), 1)
        page = min(asked_page(), pages)
        before = (page - 1) * SHOWN
        shown = found[before : before + SHOWN]
        you = Spot(asked["near"], *at) if at else None
        sketch = reads.sketch_of(session, shown, before + 1, you)
    return _page(
        blank_form(asked["answers"]),
        found=shown,
        before=before,
        sketch=sketch,
        total=len(found),
        near=asked["near"] if at else None,
        lost=asked["near"] if asked["near"] and at is None else None,
        page=page,
        pages=pages,
        searched=bool(asked["near"] or any(asked["answers"].values())),
    )


def _page(form: Form, **values: Any) -> str:
    return render_template(
        "provision/find.html",
        form=form,
        levels=level_options(),
        strands=STRAND_OPTIONS,
        parts=PARTS,
        extras=EXTRAS,
        **values,
    )


def _terms_of_address() -> tuple[dict[str, Any], dict[str, Any]]:
    """(search terms, what was asked) of the address; whatever makes no sense there is left out."""
    level = _member(Level, request.args.get("level"))
    strand = _member(Strand, request.args.get("strand"))
    parts = [part for part in request.args.getlist("parts") if part in dict(PARTS)]
    extras = [extra for extra in request.args.getlist("extras") if extra in dict(EXTRAS)]
    try:
        near = read_area(request.args.get("near", ""))
    except ValueError:
        near = None
    terms = {"level": level, "strand": strand, "parts": frozenset(parts), **dict.fromkeys(extras, True)}
    answers = {"level": level, "strand": strand, "parts": parts, "extras": extras}
    return terms, {"near": near, "answers": answers}


def _member(kind: type[Any], text: str | None) -> Any:
    return next((one for one in kind if one.value == text), None)


@blueprint.post("/find-a-class")
@allow_public
def search() -> ResponseReturnValue:
    """Take the answers, and make of the postcode its area before it goes into an address."""
    form = read_form(SearchForm, request.form)
    if not form.ok:
        return _page(
            form, found=[], sketch=None, total=0, near=None, lost=None, page=1, pages=1, searched=False
        ), 422
    given = form.data
    near = read_area(given["postcode"]) if given["postcode"] else _area_kept()
    answers = {"near": near, "level": given["level"], "strand": given["strand"]}
    lists = {"parts": given["parts"], "extras": given["extras"]}
    return redirect(url_for("provision.find", **answers, **lists, _anchor="results"))


def _area_kept() -> str | None:
    """The area of the search before, unless the person asked to forget it."""
    try:
        return read_area(request.args.get("near", ""))
    except ValueError:
        return None


@blueprint.get("/find-a-class/<uuid:class_id>")
@allow_public
def public_class(class_id: UUID) -> ResponseReturnValue:
    """One open class, and how to join it."""
    with transaction() as session:
        view = reads.class_for(session, class_id, PUBLIC)
        if view.end_on < runtime().clock.today():
            raise NotFound("This class is over.")
        provider = reads.provider(session, view.organisation_id)
    return render_template("provision/public_class.html", one=view, provider=provider)
