"""A small borough behind a real server: people who work in it, and quick ways to where a story begins."""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, make_server

from hub.accounts import service as accounts
from hub.accounts.domain import NewAgreement, NewOrganisation, NewUser, OrganisationKind
from hub.accounts.domain.places import Where
from hub.accounts.reads import actor_of_user
from hub.assessment import service as assessment
from hub.assessment.domain import (
    Completion,
    Literacy,
    LiteracyNeed,
    Mark,
    Marks,
    Mode,
    NewAssessment,
    Skill,
    SlotRun,
    rubrics,
)
from hub.consent.domain import CURRENT_VERSION
from hub.core.clock import FixedClock, SystemClock
from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Actor, Role
from hub.fake_notify.app import create_app as create_notify
from hub.fake_notify.app import state_of
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.store import FakeNotify
from hub.fake_notify.transport import InProcessAdapter
from hub.infra import db
from hub.infra.geography import Postcode
from hub.infra.outbox import Worker
from hub.infra.sms import notify_sender
from hub.learners.domain import NewNeeds, NewPerson, TravelMode
from hub.matching import service as matching
from hub.matching.domain import NewRound
from hub.provision import service as provision
from hub.provision.domain import (
    ClassDetails,
    Meeting,
    ProviderDetails,
    ProviderKind,
    SaveClass,
    SaveVenue,
    Strand,
    VenueDetails,
)
from hub.referrals import service as referrals
from hub.referrals.domain import Source
from hub.referrals.models import Referral
from hub.referrals.service import ConsentGiven, NewReferral
from tests.conftest import PASSWORD
from tests.journeys.visitor import WIDE, Visitor

POSTCODES = {"E8 1AA": (51.55, -0.06), "E8 1AB": (51.552, -0.06), "E9 6AS": (51.545, -0.045)}
BORN = date(1990, 3, 27)
MORNINGS = NewNeeds(
    availability=frozenset({"mon-am", "tue-am", "thu-am"}), travel_minutes=60, travel_mode=TravelMode.BUS
)


@dataclass
class Borough:
    """The hub as it is served, and what a story may ask of it beside the pages."""

    runtime: db.Runtime
    app: Flask
    browser: Browser
    server: BaseWSGIServer
    clock: FixedClock
    stand_in: FakeNotify
    worker: Worker
    people: dict[str, Actor] = field(default_factory=dict)
    open_contexts: list[BrowserContext] = field(default_factory=list)
    phones_of: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def start(app: Flask, runtime: db.Runtime, browser: Browser, clock: FixedClock) -> "Borough":
        """Serve the hub on a thread, at a free port, and fill it with the people who work there."""
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        runtime.settings = replace(runtime.settings, base_url=f"http://127.0.0.1:{server.server_port}")
        notify = create_notify(FakeSettings(delivery_seconds=0, rate_per_minute=1_000_000), clock)
        sender = notify_sender(runtime.settings, clock, InProcessAdapter(notify))
        worker = Worker("journeys", sender, clock, SystemClock())
        made = Borough(runtime, app, browser, server, clock, state_of(notify), worker)
        made.act(made._settle)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return made

    def stop(self) -> None:
        self.leave()
        self.server.shutdown()
        self.server.server_close()

    def leave(self) -> None:
        """Close all browser windows of a story."""
        while self.open_contexts:
            self.open_contexts.pop().close()

    def act(self, deed: Callable[[Session], Any], actor: Actor = SYSTEM) -> Any:
        """Do something as one unit of work, with all its reactions."""
        with db.transaction(actor) as session:
            return deed(session)

    # ---------------------------------------------------------------- who works here

    def _settle(self, session: Session) -> None:
        for postcode, (lat, lon) in POSTCODES.items():
            session.merge(Postcode(postcode=postcode, lat=lat, lon=lon, district="E09000012", ward=None))
        kinds = {
            "hub": (OrganisationKind.HUB, "Hackney ESOL Hub"),
            "jobcentre": (OrganisationKind("jobcentre"), "Hackney Jobcentre"),
            "college": (OrganisationKind.PROVIDER, "Mare Street College"),
        }
        homes = {}
        for slug, (kind, name) in kinds.items():
            new = NewOrganisation(f"the-{slug}", name, kind, f"{slug}@example.org", "020 7946 0123")
            homes[slug] = accounts.create_organisation(session, new, SYSTEM, self.clock)
        staff = {
            "manager": ("hub", Role.HUB_MANAGER, "Morgan Manager"),
            "assessor": ("hub", Role.ASSESSOR, "Ash Assessor"),
            "auditor": ("hub", Role.AUDITOR, "Audrey Auditor"),
            "admin": ("hub", Role.ADMIN, "Ada Admin"),
            "coach": ("jobcentre", Role.REFERRER, "Chris Coach"),
            "tutor": ("college", Role.PROVIDER, "Tariq Tutor"),
        }
        for key, (home, role, name) in staff.items():
            user = NewUser(f"{key}@example.org", name, homes[home].id, role)
            made = accounts.create_user(session, user, PASSWORD, SYSTEM, self.clock)
            self.people[key] = actor_of_user(made)
        for partner in ("jobcentre", "college"):
            for one, other in (("hub", partner), (partner, "hub")):
                agreement = NewAgreement(
                    homes[one].id, homes[other].id, ("P03", "P05", "P07"), ("name", "phone", "outcome"),
                    date(2020, 1, 1), date(2030, 1, 1),
                )  # fmt: skip
                accounts.agree(session, agreement, SYSTEM, self.clock)
        details = ProviderDetails(organisation_id=homes["college"].id, kind=ProviderKind("college"))
        provision.save_provider(session, details, self.people["tutor"], self.clock)
        venue = VenueDetails(
            name="Dalston Library", address="1 High Street", postcode="E8 1AA", step_free=True
        )
        self.venue = provision.save_venue(
            session,
            SaveVenue(details=venue, organisation_id=homes["college"].id),
            self.people["tutor"],
            self.clock,
        )

    # ---------------------------------------------------------------- windows

    def visitor(self, *, phone: bool = False, script: bool = True) -> Visitor:
        """Somebody nobody knows yet."""
        size: Any = {"width": 360, "height": 740} if phone else WIDE
        context = self.browser.new_context(viewport=size, locale="en-GB", java_script_enabled=script)
        context.set_default_timeout(30_000)
        self.open_contexts.append(context)
        return Visitor(context.new_page(), self.home, checks=script)

    def as_(self, who: str, *, script: bool = True) -> Visitor:
        """A member of staff who has signed in."""
        visitor, user_id = self.visitor(script=script), self.people[who].id
        assert user_id is not None
        token = self.act(
            lambda session: accounts.new_session(session, user_id, Where("journeys"), self.clock)
        )
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        cookie = signer.dumps({"_user_id": token, "_fresh": True})
        visitor.page.context.add_cookies([{"name": "hub", "value": cookie, "url": self.home}])
        return visitor

    @property
    def home(self) -> str:
        return self.runtime.settings.base_url

    # ---------------------------------------------------------------- where a story begins

    def refer(self, name: str, **changes: Any) -> Referral:
        """The coach has referred somebody called so, who agreed to everything."""
        given, _, family = name.partition(" ")
        phone = changes.setdefault("phone", f"+447700900{300 + len(self.phones_of):03d}")
        self.phones_of[name] = phone
        about: dict[str, Any] = {
            "given_names": given, "family_name": family, "date_of_birth": BORN, "postcode": "E8 1AB",
            "preferred_language": "en",
        }  # fmt: skip
        agreed = ConsentGiven(
            given_on=self.clock.today(), channel="in_person",
            purposes=frozenset({"P01", "P02", "P03", "P04", "P06"}), language="en",
            wording_version=CURRENT_VERSION,
        )  # fmt: skip
        new = NewReferral(
            person=NewPerson(**(about | changes)), source=Source.JOBCENTRE, consent=agreed, needs=MORNINGS
        )
        coach = self.people["coach"]
        return self.act(lambda session: referrals.submit(session, new, coach, self.clock), coach)

    def accept(self, name: str, **changes: Any) -> Referral:
        """Referred, and looked at by the hub: needs an appointment."""
        made, manager = self.refer(name, **changes), self.people["manager"]
        self.act(lambda session: referrals.mark_to_assess(session, made.id, manager, self.clock), manager)
        return made

    def wait(self, name: str, ranks: str = "1111", **changes: Any) -> Referral:
        """Referred, assessed and on the waiting list; `ranks`: speaking, listening, reading, writing."""
        made, assessor = self.accept(name, **changes), self.people["assessor"]
        marks = tuple(
            Mark(skill, code, int(rank))
            for skill, rank in zip(Skill, ranks, strict=True)
            for code in rubrics()[skill].codes
        )

        def assess(session: Session) -> None:
            new = NewAssessment(made.id, made.learner_id, mode=Mode.PHONE)
            begun = assessment.start(session, new, assessor, self.clock)
            assessment.save_marks(
                session, begun.id, Marks(marks, Literacy(LiteracyNeed.NONE)), assessor, self.clock
            )
            assessment.complete(session, begun.id, Completion(), assessor, self.clock)

        self.act(assess, assessor)
        return made

    def add_class(self, title: str = "Everyday English", **changes: Any) -> Any:
        """The college has opened a class at Entry 1 on Monday mornings."""
        tutor, today = self.people["tutor"], self.clock.today()
        given: dict[str, Any] = {
            "title": title, "strand": Strand.GENERAL, "levels": (Level.E1,),
            "meetings": (Meeting(0, time(10), time(12)),), "start_on": today + timedelta(days=21),
            "end_on": today + timedelta(days=84), "capacity": 2, "funding": ("asf", "charity"),
            "venue_id": self.venue.id,
        }  # fmt: skip
        assert tutor.organisation_id is not None
        asked = SaveClass(
            details=ClassDetails(**(given | changes)), organisation_id=tutor.organisation_id, publish=True
        )
        return self.act(lambda session: provision.save_class(session, asked, tutor, self.clock), tutor)

    def offer(self) -> list[Any]:
        """A round has been run and released: the offers."""
        manager = self.people["manager"]

        def run(session: Session) -> Any:
            made = matching.preview(session, NewRound(), manager, self.clock)
            return matching.release(session, made.id, None, manager, self.clock)

        return list(self.act(run, manager).offer_ids)

    def add_times(self, days: int = 1) -> None:
        """The assessor has free times on a day, from 10 to 12."""
        assessor = self.people["assessor"]
        assert assessor.id is not None
        run = SlotRun(
            assessor.id, self.clock.today() + timedelta(days=days), start=time(10), end=time(12),
            mode=Mode.VENUE, place="Hackney Central Library",
        )  # fmt: skip
        self.act(lambda session: assessment.offer_slots(session, run, assessor, self.clock), assessor)

    # ---------------------------------------------------------------- the post

    def deliver(self) -> None:
        """Send what is due to the phones."""
        while self.worker.drain():
            pass
        self.stand_in.deliver_due(everything=True)

    def newest_text(self, phone: str) -> str:
        """What the phone shows last."""
        self.deliver()
        return self.stand_in.texts_to(phone)[-1].body

    def link_in(self, text: str) -> str:
        """The address path of the personal link in a text."""
        found = re.search(r"/l/[A-Za-z0-9_-]+", text)
        assert found, text
        return found[0]
