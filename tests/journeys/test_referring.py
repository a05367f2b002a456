"""A work coach refers a learner who is sitting beside the desk."""

import pytest

pytestmark = pytest.mark.browser


def test_a_work_coach_refers_a_learner_page_by_page(borough):
    coach = borough.as_("coach").open("/")
    coach.follow("Refer a learner").is_on("Refer a learner").press("Start now")

    # The name: sent empty by mistake, then written.
    coach.is_on("What is the learner's name?").press("Save and continue")
    coach.sees("There is a problem", "Enter the given names")
    coach.write("Given names", "Hodan").write("Family name", "Ali Warsame").press("Save and continue")

    # A date of birth that is not a date.
    coach.write_date("date_of_birth", 31, 2, 1990).press("Save and continue").sees("There is a problem")
    coach.write_date("date_of_birth", 27, 3, 1990).press("Save and continue")

    coach.write("Phone number", "12").press("Save and continue").sees("There is a problem")
    coach.write("Phone number", "07700 900222").choose("Yes", "texts").choose("Yes", "call")
    coach.press("Save and continue").write("Postcode", "E8").press("Save and continue")
    coach.sees("Enter the postcode in full, like E8 1AA").write("Postcode", "e81ab").press(
        "Save and continue"
    )
    coach.pick("Language", "Somali").choose("No", "interpreter").press("Save and continue")
    coach.choose("Woman").press("Save and continue").is_on(
        "What is left to do" if False else "Refer a learner"
    )

    # Somebody rings: the coach stops here and comes back.
    coach.sees("Completed", "Not yet started").follow("Save and come back later").sees("Not finished yet")
    coach.follow("Hodan").follow("Needs and times").is_on("When can the learner come")
    coach.press("Save and continue").sees("Select at least one time")
    coach.tick("Monday, Morning", "Thursday, Morning").press("Save and continue")
    coach.write("Longest way", "30").choose("Bus").press("Save and continue")
    coach.choose("In person only").choose("Yes", "computer").press("Save and continue")
    coach.tick("Childcare").press("Save and continue")

    # The agreement in the learner's language, one choice for each purpose.
    coach.follow("Agreement").choose("Somali").press("Save and continue").is_on("Read this to the learner")
    coach.press("Save and continue").sees("There is a problem")
    for group in coach.page.locator("fieldset:has(input[name^=P])").all():
        group.get_by_role("radio").first.check()
    coach.choose("Face to face", "How did the learner agree").choose("No", "interpreter help")
    coach.write_date("given_on", 11, 1, 2027).tick("has heard or read").press("Save and continue")
    coach.follow("Reason and source").tick("To find work").press("Save and continue")
    coach.choose("Jobcentre").choose("No", "benefit").press("Save and continue")

    # Check, change one thing, send.
    coach.follow("Check your answers").sees("Hodan", "27 March 1990", "Monday morning, Thursday morning")
    coach.follow("Change given names").write("Given names", "Hodan Amina").press("Save and continue")
    coach.is_on("Check your answers").sees("Hodan Amina").press("Send the referral")
    coach.is_on("Referral sent").sees("Reference to read out: R-", "What happens next")
    coach.follow("My referrals", coach.page.locator("main")).sees("Hodan Amina")
    coach.open("/my-referrals").sees("Hodan Amina Ali Warsame")


def test_a_learner_under_16_is_shown_who_can_help(borough):
    coach = borough.as_("coach").open("/refer").press("Start now")
    coach.write("Given names", "Young").write("Family name", "Person").press("Save and continue")
    coach.write_date("date_of_birth", 1, 6, 2014).press("Save and continue")
    coach.is_on("The learner is too young for this service").press("Delete this referral")
    coach.sees("deleted")


ON = "متابعة"
"""Continue, in Arabic."""


def test_a_learner_refers_herself_and_the_hub_answers_her(borough):
    her = borough.visitor(phone=True).open("/refer-yourself").follow("العربية").press("ابدأ الآن")
    her.checks = False  # the pages are of the same few kinds of boxes: axe looks at the first, some in between, the last
    her.write("الاسم الأول", "Fartun").write("اسم العائلة", "Abdi Noor")
    her.press(ON).write_date("date_of_birth", 27, 3, 1990).press(ON)
    her.write("رقم الهاتف", "07700 900777").choose("نعم", "رسائل").choose("نعم", "نتصل").press(ON)
    her.write("الرمز البريدي", "E8 1AB").press(ON)
    her.page.locator("select").select_option(label="العربية")
    her.choose("لا", "مترجم").press(ON).choose("امرأة")
    her.checks = True
    her.press(ON).is_on("متى يمكنك").tick("الاثنين, صباحاً")
    her.checks = False
    her.press(ON).press(ON).press(ON)
    her.tick("درس للنساء فقط").press(ON).tick("لأجد عملًا").press(ON)
    her.press(ON).sees("اختر نعم أو لا.")
    for group in her.page.locator("fieldset:has(input[name^=P])").all():
        group.get_by_role("radio").first.check()
    her.checks = True
    her.press(ON).is_on("راجع أجوبتك").sees("Fartun", "07700 900777", "نعم", "درس للنساء فقط")
    her.press("أرسل استمارتي").is_on("وصلتنا استمارتك").sees("R-")
    her.press("أغلق هذه الصفحة").sees("لم يبق منها شيء")

    assert "If it was you, reply YES" in borough.newest_text("+447700900777")

    # The hub finds her, and writes to her on her own page.
    manager = borough.as_("manager").open("/referrals").follow("Fartun Abdi Noor")
    manager.follow("The learner's page").unfold("Write to the learner")
    manager.write("Your message", "Can you come on Tuesday at 10?").press("Send the message")
    manager.sees("Your message is on its way", "Can you come on Tuesday at 10?")
    assert "Can you come on Tuesday at 10?" in borough.newest_text("+447700900777")
