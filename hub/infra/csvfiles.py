"""Reading the CSV files that offices really send (Excel's encodings, aliases, wrong delimiters), and writing ours."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hub.core.errors import RuleBroken

LONGEST_CELL = 10_000
MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong in one line: `remedy` says what to do. `value` is shown to the person who sent it."""

    line: int
    column: str
    value: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line by column name; `line` counts from 1 with the header."""

    line: int
    values: dict[str, str]


@dataclass(slots=True)
class Rows:
    """An opened file: its rows one by one, its unknown columns, and the faults found on the way."""

    columns: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    encoding: str
    faults: list[RowFault] = field(default_factory=list)
    _reader: Any = None  # csv's own reader, for its line number
    _names: tuple[str | None, ...] = ()

    def __iter__(self) -> Iterator[Row]:
        """Rows that could be read; empty lines are passed over, overlong rows become faults."""
        for number, cells in self._records():
            if not any(cell.strip() for cell in cells):
                continue
            if number > MOST_ROWS + 1:
                self.faults.append(RowFault(number, "", "", f"Send at most {MOST_ROWS:,} rows in one file"))
                return
            row = self._row(number, cells)
            if row is not None:
                yield row

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line it begins in; where quotation marks do not match, a fault instead."""
        while True:
            begins = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                self.faults.append(RowFault(begins, "", "", _quotes(begins, self._reader.line_num)))
                continue
            yield begins, cells

    def _row(self, number: int, cells: list[str]) -> Row | None:
        if len(cells) > len(self._names) and any(cell.strip() for cell in cells[len(self._names) :]):
            remedy = (
                f"This line has {len(cells)} cells, the header has {len(self._names)}: quote text with commas"
            )
            self.faults.append(RowFault(number, "", "", remedy))
            return None
        padded = [*cells, *[""] * (len(self._names) - len(cells))]
        values = {n: cell.strip() for n, cell in zip(self._names, padded, strict=False) if n is not None}
        for column, value in values.items():
            if len(value) > LONGEST_CELL or "\x00" in value:
                self.faults.append(RowFault(number, column, value[:40], "This cell is too long or not text"))
                return None
        return Row(number, values)


def _quotes(begins: int, ends: int) -> str:
    lost = f"; lines {begins} to {ends} were left out" if ends > begins else ""
    return f'A quotation mark (") is not closed, or more words follow it{lost}. Put it right and send these rows again'


def read_rows(
    content: bytes,
    aliases: Mapping[str, Sequence[str]],
    required: Sequence[str] = (),
) -> Rows:
    """Open a CSV with a header row.

    `aliases` maps our column names to the other names they may have (case and spaces do not matter).
    Raises RuleBroken when it is not text, is empty, uses another delimiter, or lacks a `required` column.
    """
    text, encoding = _decode(content)
    if not text.strip():
        raise RuleBroken(
            "The file is empty. Send a CSV with a header row and one row for each.", code="file_empty"
        )
    header_line = text.lstrip().splitlines()[0]
    if "\x00" in header_line:
        raise RuleBroken(
            "This is not a text file. Save it as CSV (UTF-8) and send that.", code="file_not_csv"
        )
    _check_delimiter(header_line, required)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = _header(reader)
    ours = _our_names(aliases)
    names = tuple(ours.get(_key(name)) for name in header)
    _check_header(header, names, required)
    unknown = tuple(h.strip() for h, n in zip(header, names, strict=True) if n is None and h.strip())
    return Rows(tuple(n for n in names if n), unknown, encoding, _reader=reader, _names=names)


def _header(reader: Iterator[list[str]]) -> list[str]:
    """The first line that is not empty."""
    try:
        return next(cells for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error:
        words = 'A quotation mark (") in the header row is not closed. Put it right and send the file again.'
        raise RuleBroken(words, code="file_not_csv") from None


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise RuleBroken("This is an Excel workbook. Save it as CSV and send that.", code="file_not_csv")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "utf-16"
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    if b"\x00" in content:
        raise RuleBroken("This is not a text file. Send a CSV file.", code="file_not_csv")
    return content.decode("windows-1252", errors="replace"), "windows-1252"


def _check_delimiter(header_line: str, required: Sequence[str]) -> None:
    if "," in header_line or len(required) < 2:
        return
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if delimiter in header_line:
            raise RuleBroken(
                f"The columns are separated by {name}. Save the file again with commas between the columns.",
                code="wrong_delimiter",
            )


def _key(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _our_names(aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {_key(alias): name for name, others in aliases.items() for alias in (name, *others)}


def _check_header(header: list[str], names: tuple[str | None, ...], required: Sequence[str]) -> None:
    twice = sorted({n for n in names if n is not None and names.count(n) > 1})
    if twice:
        raise RuleBroken(f"These columns stand twice: {', '.join(twice)}.", code="columns_twice")
    missing = [name for name in required if name not in names]
    if missing:
        raise RuleBroken(
            f"These columns are missing: {', '.join(missing)}. Found: {', '.join(header)[:300]}.",
            code="columns_missing",
        )


def rows_read() -> Callable[[int], None] | None:
    """Tells how many rows of a long file are done, on standard error, where a person is watching."""
    if not sys.stderr.isatty():
        return None

    def tell(rows: int) -> None:
        sys.stderr.write(f"{rows:,} rows read\r")
        sys.stderr.flush()

    return tell


def spreadsheet_safe(value: object) -> str:
    """Text for a CSV cell; what a spreadsheet would take for a formula gets an apostrophe."""
    text = value.isoformat() if isinstance(value, date) else str(value if value is not None else "")
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """A file that Excel opens as UTF-8 and takes for no formula."""
    text = io.StringIO()
    csv.writer(text).writerows([[spreadsheet_safe(cell) for cell in row] for row in rows])
    return "\ufeff" + text.getvalue()
