"""A picture of every page for every role: `make screenshots` writes them into screenshots/ with an index.html.

A small demo borough is built and served on a thread. For each role the pages are found by following links from
the first page, one of each kind, so that a new page needs no entry here. Then the same with an empty hub.
Two pictures for the README are written into pictures/.
"""

import html
import logging
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from hub.accounts import service as accounts_service
from hub.accounts.domain.places import Where
from hub.accounts.models import UserAccount
from hub.app import create_app
from hub.core.clock import FixedClock, london_time
from hub.core.levels import Level
from hub.core.permissions import ROLE_LABELS, SYSTEM, Role
from hub.demo import borough as partnership
from hub.demo.build import Plan, build_until_now
from hub.demo.headless import own_database
from hub.demo.sign_ins import sign_ins
from hub.demo.year.run import Year
from hub.infra.db import runtime, transaction
from hub.learners import reads as learners
from hub.learners import service as learners_service
from hub.learners.domain import LinkPurpose
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.matching.domain import NewRound, OfferState
from hub.matching.reads.rounds import detail
from hub.provision import service as provision
from hub.provision.domain import ClassDetails, Meeting, SaveClass, Strand
from hub.referrals.pages.journey import QUESTIONS
from tests.browser import ROOT, running_browser, send

FOLDER, PICTURES = ROOT / "screenshots", ROOT / "pictures"
TODAY = date(2027, 1, 12)
SIZES = {"wide": 1280, "phone": 320}
ROLES = (
    Role.REFERRER,
    Role.ASSESSOR,
    Role.HUB_MANAGER,
    Role.PROVIDER,
    Role.AUDITOR,
    Role.DATA_PROTECTION,
    Role.ADMIN,
)
NOT_PAGES = (".csv", ".json", ".ics", "/sign-out")
MOST_PAGES = 90
LEARNERS = 150


@dataclass
class Album:
    """The pictures taken so far: (group, page, title, file stem)."""

    browser: Browser
    app: Flask
    home: str
    taken: list[tuple[str, str, str, str]] = field(default_factory=list)

    def context(self) -> BrowserContext:
        made = self.browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        made.set_default_timeout(20_000)
        return made

    def signed_in(self, role: Role) -> BrowserContext | None:
        """A browser of the person of that role whom the demo names."""
        with transaction(SYSTEM) as session:
            emails = {title: email for title, email, _ in sign_ins(session)}
            email = emails.get(ROLE_LABELS[role])
            user = session.query(UserAccount).filter_by(email=email).first()
            if user is None:
                return None
            token = accounts_service.new_session(session, user.id, Where("screenshots"), runtime().clock)
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        made = self.context()
        cookie = signer.dumps({"_user_id": token, "_fresh": True})
        made.add_cookies([{"name": "hub", "value": cookie, "url": self.home}])
        return made

    def kind_of(self, address: str) -> str:
        """The page's own name, `desk.board`, with what it shows of its kinds; empty for what is no page."""
        parts = urlsplit(address)
        if not address.startswith(self.home) or parts.path.endswith(NOT_PAGES):
            return ""
        try:
            endpoint, _ = self.app.url_map.bind("").match(parts.path, method="GET")
        except HTTPException:
            return ""
        words = [
            pair.split("=")[1] for pair in parts.query.split("&") if pair.startswith(("show=", "stage="))
        ]
        return "-".join([endpoint, *words])

    def take(self, page: Page, group: str, name: str) -> None:
        """The whole page, wide and as on a narrow phone."""
        stem = f"{group}/{name}".replace(" ", "-")
        (FOLDER / group).mkdir(parents=True, exist_ok=True)
        for size, width in SIZES.items():
            page.set_viewport_size({"width": width, "height": 900 if width > 400 else 640})
            page.screenshot(path=FOLDER / f"{stem}-{size}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})
        self.taken.append((group, name, page.title(), stem))

    def walk(self, context: BrowserContext, group: str, first: str, depth: int = 4) -> None:
        """Every kind of page that can be reached from `first` by links."""
        page, seen = context.new_page(), {self.kind_of(self.home + first)}
        ahead = [(self.home + first, 0)]
        for _ in range(MOST_PAGES):
            if not ahead:
                break
            address, steps = ahead.pop(0)
            page.goto(address)
            self.take(page, group, self.kind_of(address))
            if steps < depth:
                for found in page.eval_on_selector_all("a[href]", "all => all.map((one) => one.href)"):
                    kind = self.kind_of(found.partition("#")[0])
                    if kind and kind not in seen:
                        seen.add(kind)
                        ahead.append((found, steps + 1))
        context.close()

    def write_index(self) -> None:
        """One page to look through them all."""
        rows = []
        for group in dict.fromkeys(one[0] for one in self.taken):
            rows.append(f"<h2>{html.escape(group)}</h2>")
            for _, name, title, stem in (one for one in self.taken if one[0] == group):
                pictures = "".join(
                    f'<a href="{stem}-{size}.png"><img loading="lazy" src="{stem}-{size}.png" alt="{size}"></a>'
                    for size in SIZES
                )
                rows.append(
                    f"<figure><figcaption>{html.escape(f'{name}: {title}')}</figcaption>{pictures}</figure>"
                )
        style = "body{font:1rem sans-serif}img{height:26rem;margin:.3rem;border:1px solid #999}figure{display:inline-block}"
        page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Screenshots</title><style>{style}</style>'
        (FOLDER / "index.html").write_text(page + "\n".join(rows), encoding="utf-8")


@contextmanager
def served() -> Iterator[tuple[Flask, str]]:
    """The application on a free port, in a thread."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield app, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def public_pages(album: Album) -> None:
    album.walk(album.context(), "public", "/find-a-class")
    context = album.context()
    page = context.new_page()
    for name, path in (("not-found", "/nowhere"), ("bad-link", "/l/no-such-link")):
        page.goto(album.home + path)
        album.take(page, "public", name)
    page.goto(album.home + "/sign-in")
    send(page, page.locator("main button[type=submit]").first)
    album.take(page, "public", "sign-in-errors")
    context.close()


def journey_pages(album: Album) -> None:
    """The questions of a referral, empty and with errors."""
    context = album.signed_in(Role.REFERRER)
    if context is None:
        return
    page = context.new_page()
    page.goto(album.home + "/refer")
    send(page, page.get_by_role("button", name="Start now"))
    draft = page.url.rpartition("/")[0]
    for slug in QUESTIONS:
        page.goto(f"{draft}/{slug}")
        album.take(page, "refer", slug)
        send(page, page.get_by_role("button", name="Save and continue"))
        if page.locator(".govuk-error-summary").count():
            album.take(page, "refer", f"{slug}-errors")
    for name, path in (("tasks", draft), ("check", f"{draft}/check")):
        page.goto(path)
        album.take(page, "refer", name)
    context.close()


def learner_pages(album: Album) -> None:
    """The page behind the link in a text: before and after the date of birth, in English and in Arabic."""
    with transaction(SYSTEM) as session:
        offers = matching.offers_in_states(session, {OfferState.WITH_LEARNER})
        one = offers[0]
        person = learners.person(session, one.learner_id)
        token = learners_service.make_link(
            session, one.learner_id, LinkPurpose.OFFER, one.id, timedelta(days=7), runtime().clock
        )
    born = person.date_of_birth if person else None
    assert born is not None
    for group, language in (("learner", "en"), ("learner-arabic", "ar")):
        context = album.context()
        page = context.new_page()
        page.goto(f"{album.home}/l/{token}?lang={language}")
        album.take(page, group, "portal.enter")
        send(page, page.locator("main button[type=submit]").first)
        album.take(page, group, "portal.enter-errors")
        for part, number in (("day", born.day), ("month", born.month), ("year", born.year)):
            page.locator(f'input[name="birth_date-{part}"]').fill(str(number))
        send(page, page.locator("main button[type=submit]").first)
        album.take(page, group, "after-birth-date")
        for name in ("here", "offer", "times", "contact", "permissions", "ask"):
            page.goto(f"{album.home}/l/{token}/{name}?lang={language}")
            album.take(page, group, name)
        if language == "en":
            page.set_viewport_size({"width": 390, "height": 760})
            page.goto(f"{album.home}/l/{token}/offer")
            PICTURES.mkdir(exist_ok=True)
            clip = page.locator("main").bounding_box()
            assert clip is not None
            wanted: Any = {"x": 0, "y": clip["y"], "width": 390, "height": min(clip["height"], 900)}
            page.screenshot(path=PICTURES / "offer-on-a-phone.png", full_page=True, clip=wanted)
        context.close()


def readme_picture(album: Album) -> None:
    context = album.signed_in(Role.HUB_MANAGER)
    assert context is not None
    page = context.new_page()
    page.goto(album.home + "/board")
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "board.png")
    context.close()


def full_borough(album: Album) -> None:
    for role in ROLES:
        context = album.signed_in(role)
        if context is not None:
            album.walk(context, role.value, "/")
    public_pages(album)
    journey_pages(album)
    learner_pages(album)
    readme_picture(album)


def empty_hub(album: Album) -> None:
    for role in ROLES:
        context = album.signed_in(role)
        if context is not None:
            album.walk(context, f"empty-{role.value}", "/", depth=1)


def put_offers(year: Year) -> None:
    """Two new classes of the college whose person signs in, a round for them, half of it released and answered."""
    clock, manager = year.world.clock, year.world.borough.manager
    team = next(one for one in year.world.borough.providers if one.data["slug"] == "mare-street-college")
    for level, weekday in ((Level.E1, 1), (Level.E2, 3)):
        details = ClassDetails(
            title=f"Everyday English, {level.label}", strand=Strand.GENERAL, levels=(level,),
            meetings=(Meeting(weekday, time(10), time(12)),), start_on=TODAY + timedelta(days=20 + weekday),
            end_on=TODAY + timedelta(days=83), capacity=8, funding=("asf", "charity"),
            venue_id=team.venues[0][0],
        )  # fmt: skip
        asked = SaveClass(details=details, organisation_id=team.organisation_id, publish=True)
        with transaction(team.actor) as session:
            provision.save_class(session, asked, team.actor, clock)
    with transaction(manager) as session:
        made = matching_service.preview(session, NewRound(), manager, clock)
        proposed = [line.id for line in detail(session, made.id).lines if line.class_id]
        kept = proposed[: max(2, len(proposed) // 2)]
        released = matching_service.release(session, made.id, kept, manager, clock)
    for offer_id in released.offer_ids[::2]:
        with transaction(team.actor) as session:
            matching_service.accept_as_provider(session, offer_id, team.actor, clock)


def main() -> int:
    """Take them all; about three minutes."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    clock = FixedClock(london_time(TODAY, 10, 30))
    taken: list[Any] = []
    with running_browser() as browser:
        with own_database(clock):
            plan = Plan(LEARNERS, TODAY - timedelta(days=200), TODAY, "screenshots")
            put_offers(build_until_now(plan, clock, lambda day: None))
            with served() as (app, home):
                album = Album(browser, app, home, taken)
                full_borough(album)
        with own_database(clock):
            with transaction(SYSTEM) as session:
                partnership.build(session, clock, 20)
            with served() as (app, home):
                album = Album(browser, app, home, taken)
                empty_hub(album)
    album.write_index()
    print(f"{len(taken) * len(SIZES)} pictures: open {Path(FOLDER, 'index.html')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
