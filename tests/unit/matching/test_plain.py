"""No code is ever read out to a learner."""

from hub.matching.domain.plain import groups_missing, in_words


def test_codes_become_words():
    assert in_words("E1, E2; reading PRE") == "Entry 1 (A1), Entry 2 (A2); reading Pre-entry (below A1)"
    assert in_words("mon-am, sat-eve") == "Monday morning, Saturday evening"
    assert in_words("2027-01-25 to 2027-04-02") == "25 Jan 2027 to 2 Apr 2027"
    assert in_words("childcare, step_free") == "childcare, a way in without steps"
    assert in_words("none") == "none"


def test_only_what_is_missing_is_told():
    held = "adult, device, strand:general"
    assert groups_missing("adult, woman, strand:general", held) == "women"
    assert groups_missing("woman, strand:work", held) == "women and people who wait for a work class"
