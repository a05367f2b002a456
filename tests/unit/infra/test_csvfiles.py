"""The files that offices really send."""

import pytest

from hub.core.errors import RuleBroken
from hub.infra.csvfiles import read_rows

ALIASES = {"given_names": ["first name"], "family_name": ["surname", "last name"], "phone": ["mobile"]}
REQUIRED = ["given_names", "family_name"]


def read(content: bytes):
    rows = read_rows(content, ALIASES, REQUIRED)
    return [row.values for row in rows], rows


def test_aliases_case_spaces_and_a_byte_order_mark_do_not_matter():
    found, rows = read("\ufeffFIRST NAME, Surname ,Shoe size\nAmina,Yılmaz,38\n".encode())
    assert found == [{"given_names": "Amina", "family_name": "Yılmaz"}]
    assert rows.unknown_columns == ("Shoe size",)


def test_windows_1252_from_excel_is_recognised():
    found, rows = read("given names,family name\nZoë,O’Brien\n".encode("windows-1252"))
    assert found == [{"given_names": "Zoë", "family_name": "O’Brien"}]
    assert rows.encoding == "windows-1252"


def test_lines_are_counted_as_a_person_sees_them_and_empty_ones_passed_over():
    rows = read_rows(b"given_names,family_name\nA,B\n\n,\nC,D\n", ALIASES, REQUIRED)
    assert [row.line for row in rows] == [2, 5]


def test_a_line_with_too_many_cells_is_a_fault_and_the_rest_lands():
    found, rows = read(b"given_names,family_name\nA,B,C\nD,E\n")
    assert found == [{"given_names": "D", "family_name": "E"}]
    assert [(fault.line, "quote text" in fault.remedy) for fault in rows.faults] == [(2, True)]


def test_a_short_line_has_empty_cells():
    assert read(b"given_names,family_name,phone\nA,B\n")[0] == [
        {"given_names": "A", "family_name": "B", "phone": ""}
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"  \n ", "file_empty"),
        (b"given_names;family_name\nA;B\n", "wrong_delimiter"),
        (b"given_names\tfamily_name\nA\tB\n", "wrong_delimiter"),
        (b"given_names,phone\nA,1\n", "columns_missing"),
        (b"given_names,first name,family_name\nA,A,B\n", "columns_twice"),
        (b"PK\x03\x04rest", "file_not_csv"),
        (b"\xff\x00\x81\x00", "file_not_csv"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_with_a_reason(content, code):
    with pytest.raises(RuleBroken) as caught:
        read_rows(content, ALIASES, REQUIRED)
    assert caught.value.code == code


def test_utf_16_is_understood():
    assert read("given_names,family_name\nA,B\n".encode("utf-16"))[0] == [
        {"given_names": "A", "family_name": "B"}
    ]


def test_a_cell_of_a_hundred_thousand_characters_is_a_fault():
    found, rows = read(b"given_names,family_name\n" + b"A" * 100_000 + b",B\nC,D\n")
    assert found == [{"given_names": "C", "family_name": "D"}]
    assert rows.faults[0].column == "given_names"
