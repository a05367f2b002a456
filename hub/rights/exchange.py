"""A copy of somebody's data as a zip: a PDF to read, JSON for machines, and nothing else."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from importlib import resources
from typing import Any
from uuid import UUID

from hub.core.wording import clock_time, long_date
from hub.infra import pdf
from hub.rights.domain.retention import london_day
from hub.rights.reads.copies import Copy, Section

PDF_NAME, JSON_NAME = "your-data.pdf", "your-data.json"
ZIP_TYPE = "application/zip"


def zipped(copy: Copy, hub_name: str) -> bytes:
    """The same data twice, in one file. The same copy gives the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((PDF_NAME, as_pdf(copy, hub_name)), (JSON_NAME, as_json(copy, hub_name))):
            entry = zipfile.ZipInfo(name, copy.made_at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return file.getvalue()


def as_json(copy: Copy, hub_name: str) -> bytes:
    """Every record by table and column, values as they are stored."""
    whole = {
        "hub": hub_name,
        "made_at": copy.made_at,
        "name": copy.name,
        "sources": list(copy.sources),
        "purposes": [{"purpose": title, "basis": basis} for title, basis in copy.purposes],
        "data": [_table(section) for section in copy.sections],
        "left_out": [{"what": one.title, "why": one.why} for one in copy.left_out.values()],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_plain).encode()


def _table(section: Section) -> dict[str, Any]:
    records = [{field.name: field.value for field in record} for record in section.records]
    return {"table": section.table, "title": section.title, "records": records}


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (UUID, Enum)):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def as_pdf(copy: Copy, hub_name: str) -> bytes:
    """The same in words, a heading for each kind of record."""
    data = {
        "hub": hub_name,
        "title": "What we know about you",
        "name": copy.name,
        "made": long_date(london_day(copy.made_at)),
        "sources": list(copy.sources),
        "purposes": [list(one) for one in copy.purposes],
        "sections": [_section(section) for section in copy.sections],
        "left_out": [[one.title, one.why] for one in copy.left_out.values()],
    }
    template = resources.files("hub.rights") / "templates" / "rights" / "copy.typ"
    return pdf.render(template, data)


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "records": [[[field.words, in_words(field.value)] for field in record] for record in section.records],
    }


def in_words(value: Any) -> str:
    """A stored value as a person reads it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return f"{long_date(london_day(value))} at {clock_time(value)}"
    if isinstance(value, date):
        return long_date(value)
    if isinstance(value, Mapping):
        return "; ".join(
            f"{_key(key)}: {in_words(one)}" for key, one in value.items() if one not in (None, [], "")
        )
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(in_words(one) for one in value) or "None"
    if isinstance(value, Enum):
        return str(value).replace("_", " ")
    return str(value)


def _key(text: Any) -> str:
    return str(text).replace("_", " ")
