"""The hub reviews referrals, books, assesses; two records turn out to be one person."""

import pytest

from hub.core.clock import london_time

pytestmark = pytest.mark.browser


def test_the_hub_asks_the_referrer_answers_the_hub_books(borough):
    made = borough.refer("Amina Yusuf")
    manager = borough.as_("manager").open("/").follow("Referrals").sees("Amina Yusuf")
    manager.follow("Amina Yusuf").is_on("Amina Yusuf").unfold("Ask the referrer for information")
    manager.press("Send the question").sees("There is a problem")
    manager.unfold("Ask the referrer for information").tick("Phone number").press("Send the question")

    # The coach sees the question on the first page, and answers it.
    coach = borough.as_("coach").open("/").sees("Answer the hub's question")
    coach.follow("My referrals").sees("Needs you").follow("Answer the hub's question").sees("The hub asks")
    coach.press("Send the answer").sees("There is a problem")
    coach.write("right phone number", "07700 900444").press("Send the answer")
    coach.does_not_see("The hub asks")

    # The hub reads the answer and books.
    borough.add_times()
    manager.open(f"/referrals/{made.id}").sees("07700 900444").press("Accept and book an assessment")
    manager.is_on("Book an assessment").press("Book this time").sees("There is a problem")
    manager.choose("10am").press("Book this time").sees("Tuesday 12 January")
    manager.open("/diary?date=2027-01-12").sees("Amina Yusuf")
    phone = borough.phones_of["Amina Yusuf"]
    assert "12 January" in borough.newest_text(phone)
    coach.open(f"/my-referrals/{made.id}").sees("Assessment arranged")


def test_an_assessor_assesses_and_decides_another_level(borough):
    made = borough.accept("Fatuma Noor")
    assessor = borough.as_("assessor").open("/")
    assessor.open(f"/referrals/{made.id}/assess").is_on("Start an assessment")
    assessor.choose("Phone", "How do you meet").choose("No", "interpreter").press("Start")
    assessor.is_on("Speaking")
    for _ in ("Speaking and listening", "Reading", "Writing"):
        for group in assessor.page.locator("main form fieldset").all():
            group.get_by_role("radio").nth(2).check()
        assessor.press("Save and go on").does_not_see("There is a problem")
    assessor.is_on("Literacy").page.get_by_role("radio").first.check()
    assessor.press("Save and go on").is_on("Result")

    # Two levels up needs a reason and a colleague.
    assessor.choose("Another level").unfold("Another level: which").press("Complete the assessment")
    assessor.sees("There is a problem").choose("Another level").unfold("Another level: which")
    assessor.pick("Level you decide", "Entry 3 (B1)").pick(
        "Reason", "Speaking is stronger than the marks show"
    )
    assessor.press("Complete the assessment").sees("The assessment is complete")
    assessor.open("/waiting-list").sees("Fatuma Noor", "Entry 3 (B1)")
    assessor.follow("Fatuma Noor").sees("1 of 1")


def test_a_missed_appointment_is_booked_again(borough):
    made = borough.accept("Late Comer")
    borough.add_times(2)
    borough.as_("manager").open(f"/referrals/{made.id}/book").choose("10am").press("Book this time")
    borough.clock.move_to(london_time(borough.clock.today().replace(day=13), 12))
    assessor = borough.as_("assessor").open("/diary?date=2027-01-13").follow("Late Comer")
    assessor.press("Record").sees("There is a problem").choose("No", "Did the learner come").press("Record")
    assessor.sees("Did not come").open("/learners-to-assess").sees("Late Comer")


def test_two_records_are_joined_and_parted_again(borough):
    borough.refer("Maryam Hussein", phone="+447700900991")
    borough.refer("Mariam Hussain", phone="+447700900991")
    manager = borough.as_("manager").open("/duplicates").sees("Maryam Hussein", "Mariam Hussain")
    manager.follow("Compare", manager.page.locator("tr", has_text="Hussein")).is_on("Same person or not?")
    manager.press("Same person").open("/duplicates").does_not_see("Hussein")
    manager.follow("Decided pairs").sees("Same person")
    manager.press("Undo", manager.page.locator("tr", has_text="Huss"))
    manager.open("/duplicates").sees("Maryam Hussein", "Mariam Hussain")

    # One letter decides, and one press takes it back.
    manager.follow("Compare", manager.page.locator("tr", has_text="Hussein")).sees("Which record knows more")
    assert manager.page.locator('[data-hub-key="d"] .hub-key').is_visible()
    manager.page.keyboard.press("d")
    manager.page.get_by_text("these are different people").wait_for()
    manager.press("Undo my last decision").is_on("Same person or not?")
    manager.page.get_by_role("button", name="Turn letter keys off").click()
    manager.page.keyboard.press("d")
    manager.is_on("Same person or not?").open("/duplicates").sees("Maryam Hussein")

    # The coach never learns of it.
    borough.as_("coach").open("/my-referrals").sees("Maryam Hussein", "Mariam Hussain").does_not_see(
        "duplicate"
    )


def test_the_first_page_the_board_and_the_search(borough):
    made = borough.refer("Zeynep Kaya")
    manager = borough.as_("manager").open("/").is_on("My work")
    manager.follow("Board").is_on("Board").sees("Open steps")
    manager.page.locator('input[name="terms"]').fill(made.reference)
    manager.press("Search").sees("Zeynep Kaya")
    manager.open(f"/learners/{made.learner_id}").is_on("Zeynep Kaya").unfold("Who looked at this record")
    manager.sees("Morgan Manager")
    for path, heading in (
        ("/messages", "Messages"), ("/settings", "Settings"), ("/reports", "The service in figures"),
        ("/reports/unmet-demand", "Unmet demand"), ("/reports/providers", "Providers"),
    ):  # fmt: skip
        manager.open(path).is_on(heading)


def test_pages_of_the_office_where_little_is_written_yet(borough, tmp_path):
    """Registers without an entry, a role that changes, a provider's list: each readable and fit for a phone."""
    sheet = tmp_path / "list.csv"
    sheet.write_text("First name,Surname,DOB,Level\nAmal,Haddad,1991-05-02,E1\nTom,Vu,31/02/1990,E1\n")
    manager = borough.as_("manager").open("/waiting-list/overlap").follow("Take in a provider's list")
    manager.pick("Whose list", "Mare Street College").page.set_input_files("#file", str(sheet))
    manager.press("Look at the file").sees("Nothing is saved yet", "31/02/1990").press("Take in 1 person")
    manager.is_on("The list is taken in").sees("1 person added")

    admin = borough.as_("admin").open("/people").follow("Ash Assessor").follow("Change role")
    admin.choose("Hub manager").press("Change the role")
    admin.sees("The role is now: Hub manager").open("/help").sees("Ada Admin")
