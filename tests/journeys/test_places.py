"""From a class with free places to a learner who sits in it."""

import re
from datetime import timedelta

import pytest

from hub.core.levels import Level

pytestmark = pytest.mark.browser


def test_a_provider_adds_a_class_and_keeps_the_places_right(borough):
    tutor = borough.as_("tutor").open("/").follow("My classes").follow("Add a class").is_on("Add a class")
    tutor.press("Save and open the class").sees("There is a problem")
    tutor.write("Name of the class", "English for parents").choose("General", "What is it for").tick(
        "Entry 1"
    )
    tutor.write("Tuesday starts", "10am").write("Tuesday ends", "12:00")
    tutor.write_date("start_on", 2, 2, 2027).write_date("end_on", 23, 3, 2027)
    tutor.pick("Venue", "Dalston Library, E8 1AA").write("Number of places", "12").write("Fee", "0")
    tutor.page.get_by_role("group", name="Who can pay").get_by_role("checkbox").first.check()
    tutor.press("Save and open the class").sees("English for parents", "Open")
    tutor.open("/classes").sees("12 of 12 free").press(
        "−", tutor.page.locator("tr", has_text="English for parents")
    )
    tutor.sees("11 of 12 free").press("Still right", tutor.page.locator("tr", has_text="English for parents"))
    tutor.sees("Today, Tariq Tutor").follow("English for parents").write("Or type the number", "99")
    tutor.press("Confirm free places").sees("There is a problem")

    # And the public finds it.
    visitor = borough.visitor().open("/find-a-class").sees("English for parents").write("postcode", "E9 6AS")
    visitor.press("Find classes").sees("near E9", "mile").follow("English for parents").sees("Tuesday")


def test_from_the_round_to_the_classroom(borough):
    learner = borough.wait("Selam Tesfay", "2222")
    borough.wait("Bao Nguyen", "4444")
    borough.add_class("Morning English", levels=(Level.E2,), capacity=1)

    # The manager previews, asks why not, and releases.
    manager = borough.as_("manager").open("/matching-rounds").press("Preview a round").sees("Morning English")
    manager.follow("Learners with a class").sees("Selam Tesfay").follow("Learners without a class")
    manager.sees("Bao Nguyen").follow("Why?", manager.page.locator("tr", has_text="Bao Nguyen"))
    manager.is_on("Why and why not").sees("Morning English").page.go_back()
    manager.press("Release everything").open("/offers").sees("Selam Tesfay")

    # The provider sees a level and times, no name; accepts.
    tutor = borough.as_("tutor").open("/").follow("Offers to answer").sees("Morning English", "Entry 2")
    tutor.does_not_see("Selam", "Tesfay").press("Accept").sees("Answered")
    tutor.open("/enrolments").does_not_see("Selam")

    # The learner opens the link on a phone: a wrong date of birth, then the right one, then yes.
    phone = borough.phones_of["Selam Tesfay"]
    text = borough.newest_text(phone)
    assert "there is a place for you" in text
    assert not re.search("Selam|English|Entry", text), "nothing that a wrong reader should learn"
    at_home = borough.visitor(phone=True).open(borough.link_in(text))
    at_home.write_date("birth_date", 1, 1, 1980).press("Continue").sees("problem")
    at_home.write_date("birth_date", 27, 3, 1990).press("Continue")
    at_home.sees("Dalston Library", "Mare Street College")
    at_home.use(at_home.page.get_by_role("button", name=re.compile("^Yes")).first)
    at_home.sees("The place is yours", "Mare Street College")

    # Now, and only now, the provider has a name and a number.
    national = "0" + phone[3:]
    tutor.open("/enrolments").sees("Selam Tesfay", f"{national[:5]} {national[5:]}")
    assert "you have the place" in borough.newest_text(phone)
    borough.as_("coach").open(f"/my-referrals/{learner.id}").sees("Selam Tesfay")

    # First day: she came.
    borough.clock.advance(timedelta(days=22))
    tutor = borough.as_("tutor").open("/enrolments")
    tutor.follow("Started", tutor.page.locator("tr", has_text="Selam"))
    day = borough.clock.today()
    tutor.write_date("on", day.day, day.month, day.year).press("Started").sees("Record a week")


def accept_offer(borough, title):
    tutor = borough.as_("tutor").open("/offers")
    return tutor.press("Accept", tutor.page.locator("section", has_text=title))


def test_a_provider_declines_and_the_hub_decides(borough):
    borough.wait("Ines Costa", "0000")
    borough.add_class("Late morning English", levels=(Level.PRE,))
    borough.offer()
    tutor = borough.as_("tutor").open("/offers").sees("Late morning English")
    tutor.press("Decline", tutor.page.locator("section", has_text="Late morning English")).press("Decline")
    tutor.sees("There is a problem").page.get_by_role("radio").first.check()
    tutor.write("More about it", "She came to us last year and finished this level").press("Decline")
    tutor.sees("Answered")
    manager = borough.as_("manager").open("/offers").follow("Ines Costa").follow("Decide")
    manager.is_on("Decide about an offer").sees("finished this level")
    manager.page.get_by_role("radio").first.check()
    manager.use(manager.page.locator("main form button[type=submit]").first).open("/offers")


def test_a_learner_says_no_and_keeps_the_turn(borough):
    learner = borough.wait("Ivan Petrov", "3333")
    borough.add_class("Quiet English", levels=(Level.E3,))
    borough.offer()
    accept_offer(borough, "Quiet English")
    phone = borough.phones_of["Ivan Petrov"]
    at_home = borough.visitor(phone=True).open(borough.link_in(borough.newest_text(phone)))
    at_home.write_date("birth_date", 27, 3, 1990).press("Continue")
    at_home.press("No").page.get_by_role("radio").first.check()
    at_home.press("Send")
    borough.as_("manager").open(f"/learners/{learner.learner_id}").sees("Waiting")
    assert "You keep your turn" in borough.newest_text(phone)


def test_doors_that_stay_shut(borough):
    learner = borough.wait("Nur Hidden")
    stranger = borough.visitor().open("/l/not-a-link-of-ours-at-all").does_not_see("Nur")
    stranger.open("/nowhere").is_on("not found")
    stranger.open("/referrals").is_on("Sign in")
    coach = borough.as_("coach").open("/referrals").sees("not").does_not_see("Nur")
    coach.open(f"/my-referrals/{borough.people['coach'].id}").is_on("not found")
    coach.open(f"/learners/{learner.learner_id}").does_not_see("Nur")
    borough.as_("tutor").open("/waiting-list").does_not_see("Nur")


def test_a_link_runs_out(borough):
    borough.wait("Old Link", "5555")
    borough.add_class("Short English", levels=(Level.L2,))
    borough.offer()
    accept_offer(borough, "Short English")
    address = borough.link_in(borough.newest_text(borough.phones_of["Old Link"]))
    borough.clock.advance(timedelta(days=400))
    borough.visitor(phone=True).open(address).sees("020 7946 0100").does_not_see("Short English")
