"""Times and languages in words."""

from hub.ui import filters


def test_times_stand_in_the_order_of_the_week():
    assert (
        filters.slots({"thu-eve", "mon-am", "fri-pm"}) == "Monday morning, Thursday evening, Friday afternoon"
    )
    assert filters.slots(None) == ""


def test_languages_have_names():
    assert filters.language("so") == "Somali"
    assert filters.language("pt-BR") == "Brazilian Portuguese"
    assert filters.language("es-XX") == "Spanish"
    assert filters.language("zzz") == "zzz"
    assert filters.language(None) == ""
