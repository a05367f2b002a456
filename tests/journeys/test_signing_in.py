"""Somebody is invited, joins, sets a phone up, and later leaves; a work coach hands over before she goes."""

import re

import pyotp
import pytest

pytestmark = pytest.mark.browser


def code_for(borough, key, steps=0):
    return pyotp.TOTP(key).generate_otp(int(borough.clock.now().timestamp()) // 30 + steps)


def newest_link(borough, address):
    """The path of the link in the newest e-mail to somebody."""
    borough.deliver()
    mails = [one for one in borough.stand_in.notifications if one.to == address]
    return re.findall(rf"{borough.home}(/\S+)", mails[-1].body)[-1]


def test_a_colleague_is_invited_joins_and_proves_it_with_a_phone(borough):
    manager = borough.as_("manager").open("/organisations").follow("Mare Street College")
    manager.unfold("Invite a person").write("Email address", "nadia@example.org").pick("Role", "Provider")
    manager.press("Send invitation").sees("The invitation is on its way", "nadia@example.org")

    nadia = borough.visitor().open(newest_link(borough, "nadia@example.org"))
    nadia.is_on("Join Hackney ESOL Hub").sees("Mare Street College", "Provider")
    nadia.write("Your name", "Nadia New").write("Password", "NadiaNew2027!!").press("Join")
    nadia.sees("Do not build your password on your name").write("Password", "four slow purple herons")
    nadia.press("Join").follow("My account").sees("Nadia New", "Off", "(here, now)")

    nadia.press("Set up my phone").is_on("Set up your phone")
    key = nadia.page.locator("code.hub-secret").inner_text().replace(" ", "")
    nadia.write("Code", "000000").press("Continue").sees("This code is not right")
    nadia.write("Code", code_for(borough, key)).press("Continue").is_on("Your recovery codes")
    nadia.follow("I have kept them").sees("On since", "10 recovery codes left").follow("My colleagues")
    nadia.sees("Tariq Tutor").press("Sign out").is_on("Sign in")

    nadia.write("Email address", "nadia@example.org").write("Password", "four slow purple herons")
    nadia.press("Sign in").is_on("Enter your code").press("Continue").sees("Enter the code")
    nadia.write("Code", code_for(borough, key, 1)).press("Continue").is_on("My work")

    nadia.press("Sign out").follow("I forgot my password").write("Email address", "nadia@example.org")
    nadia.press("Send the link").is_on("Look at your email")
    nadia.open(newest_link(borough, "nadia@example.org")).is_on("Choose a new password")
    nadia.write("New password", "seven quiet orange kites").press("Change password").is_on("Sign in")


def test_a_work_coach_hands_over_before_she_leaves_without_script(borough):
    manager = borough.as_("manager", script=False).open("/organisations").follow("Hackney Jobcentre")
    manager.unfold("Invite a person").write("Email address", "dee@example.org").pick("Role", "Referrer")
    manager.press("Send invitation")
    dee = borough.visitor(script=False).open(newest_link(borough, "dee@example.org"))
    dee.write("Your name", "Dee Desk").write("Password", "four slow purple herons").press("Join")
    dee.open("/refer").press("Start now")  # a draft, so that there is something to hand over

    dee.open("/caseloads").follow("Hand over").press("Hand over").sees("Choose who takes over")
    dee.choose("Chris Coach").press("Hand over").sees(
        "Handed over: 0 open referrals, 0 steps, 1 unfinished referral"
    )

    manager.open("/people").follow("Dee Desk").follow("Close account").press("Close account")
    manager.sees("The account is closed", "Account closed")
    dee.open("/account").is_on("Sign in")
