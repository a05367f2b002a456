"""The same main path with JavaScript switched off: nothing but slower."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_the_main_path_without_script(borough):
    coach = borough.as_("coach", script=False).open("/refer").press("Start now")
    coach.press("Save and continue").sees("Enter the given names")
    coach.write("Given names", "Plain").write("Family name", "Page").press("Save and continue")
    coach.write_date("date_of_birth", 27, 3, 1990).press("Save and continue")
    coach.write("Phone number", "07700 900888").choose("Yes", "texts").choose("Yes", "call").press(
        "Save and continue"
    )
    coach.write("Postcode", "E8 1AB").press("Save and continue")
    coach.pick("Language", "English").choose("No", "interpreter").press("Save and continue").press(
        "Save and continue"
    )
    coach.follow("Needs and times").tick("Monday, Morning").press("Save and continue")
    coach.follow("All parts of this referral").follow("Agreement").choose("English").press(
        "Save and continue"
    )
    for group in coach.page.locator("fieldset:has(input[name^=P])").all():
        group.get_by_role("radio").first.check()
    coach.choose("Face to face").choose("No", "interpreter help").write_date("given_on", 11, 1, 2027)
    coach.tick("has heard or read").press("Save and continue").follow("Reason and source")
    if "Why does" in coach.main:
        coach.press("Save and continue")
    coach.choose("Jobcentre").choose("No", "benefit").press("Save and continue").open(coach.path)
    coach.follow("Check your answers").press("Send the referral").is_on("Referral sent")

    borough.add_times()
    manager = borough.as_("manager", script=False).open("/referrals").follow("Plain Page")
    manager.press("Accept and book an assessment").choose("10am").press("Book this time").sees(
        "Tuesday 12 January"
    )

    assessor = borough.as_("assessor", script=False).open("/learners-to-assess").follow("Plain Page")
    assessor.follow("Open the referral")
    referral = assessor.path
    assessor.open(f"{referral}/assess").press("Start")
    for _ in ("Speaking and listening", "Reading", "Writing"):
        for group in assessor.page.locator("main form fieldset").all():
            group.get_by_role("radio").nth(1).check()
        assessor.press("Save and go on")
    assessor.page.get_by_role("radio").first.check()
    assessor.press("Save and go on").choose("as the rule says").press("Complete the assessment")
    assessor.sees("Plain Page")

    borough.add_class()
    manager.open("/matching-rounds").press("Preview a round").press("Release everything")
    borough.as_("tutor", script=False).open("/offers").press("Accept")
    link = borough.link_in(borough.newest_text("+447700900888"))
    learner = borough.visitor(phone=True, script=False).open(link)
    learner.write_date("birth_date", 27, 3, 1990).press("Continue")
    learner.use(learner.page.get_by_role("button", name=re.compile("^Yes")).first)
    learner.sees("The place is yours")
    borough.as_("tutor", script=False).open("/enrolments").sees("Plain Page", "07700 900888")
