"""What the tests of bad input share: fingerprints of the database, the same fault through page, API and file."""

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from sqlalchemy import text

from tests.slices.referrals.test_files import HEADER, row
from tests.slices.referrals.test_intake import body
from tests.slices.referrals.test_refer_pages import ANSWERS

NOT_BUSINESS = {"audit_entry", "user_session", "alembic_version", "rate_count"}
"""Written by looking alone: who looked, when they were last here, and how often they asked."""

SLUG_OF = {
    "given_names": "name", "family_name": "name", "date_of_birth": "date-of-birth", "phone": "contact",
    "second_phone": "contact", "email": "contact", "postcode": "address", "address": "address",
    "preferred_language": "language", "sex": "woman-or-man", "travel_minutes": "travel", "reason": "reason",
    "source": "source", "external_reference": "source",
}  # fmt: skip
OF_LEARNER = set(SLUG_OF) - {"travel_minutes", "reason", "source", "external_reference"}
COLUMN_OF = {"external_reference": "reference"}


def fingerprint(session, *, leave_out=NOT_BUSINESS):
    """(rows, hash of all rows) by table: the same before and after means that nothing was written."""
    session.flush()
    names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    asked = " UNION ALL ".join(
        f"SELECT '{name}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t"
        for name in sorted(set(names) - leave_out)
    )
    return {name: (rows, digest) for name, rows, digest in session.execute(text(asked))}


def whole_text(session, *, leave_out=("postcode",)):
    """Every row of every table as text, for looking up what must not be there in clear."""
    session.flush()
    names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    found = {}
    for name in sorted(set(names) - set(leave_out)):
        found[name] = "\n".join(session.scalars(text(f'SELECT t::text FROM "{name}" t')))
    return found


@dataclass(frozen=True)
class Fault:
    """One answer that cannot be taken, and a part of what must be said about it."""

    field: str
    given: str
    says: str

    def __str__(self):
        shown = self.given if len(self.given) < 25 else f"{self.given[:10]}... ({len(self.given)})"
        return f"{self.field}={shown!r}"

    @property
    def api_field(self):
        return f"learner.{self.field}" if self.field in OF_LEARNER else self.field

    def in_body(self) -> dict[str, Any]:
        if self.field in OF_LEARNER:
            return body(learner=body()["learner"] | {self.field: self.given})
        return body(**{self.field: self.given})

    def in_row(self) -> str:
        return row(1, **{COLUMN_OF.get(self.field, self.field): self.given})

    @property
    def column(self):
        return COLUMN_OF.get(self.field, self.field)

    @property
    def in_file(self):
        return self.column in HEADER.split(",") and not re.search(r'[\x00"\n]', self.given)

    def in_form(self) -> dict[str, Any]:
        answers = dict(ANSWERS[SLUG_OF[self.field]])
        if self.field == "date_of_birth":
            return dict(zip((f"date_of_birth-{part}" for part in ("year", "month", "day")), date_parts(self.given),
                            strict=True))  # fmt: skip
        return answers | {self.field: self.given}


def date_parts(text_):
    return [*text_.split("-"), "", ""][:3] if text_ else ["", "", ""]


def error_beside(page, field):
    """What the page says beside a field; None when it says nothing there."""
    found = re.search(rf'id="{field}-error"[^>]*>(.*?)</p>', page, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else None


def shows_typed(page, typed):
    """Whether the form still holds what was typed, safely written."""
    return not typed or escape(typed) in page.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def masked(page):
    """A page without what differs from one request to the next: ids, references, tokens."""
    plain = re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "ID", page)
    plain = re.sub(r"R-[0-9A-Z]{6}-[0-9A-Z]{2}", "REFERENCE", plain)
    return re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "TOKEN", plain)


FAULTS_OF_CANARY = {
    "given_names": "Zyxcanaria 7", "date_of_birth": "1887-04-19", "postcode": "E8 4QNN", "phone": "07700 90047100",
    "email": "zyx.quill@", "preferred_language": "Zyxcanarian", "needs": "canarious words",
}  # fmt: skip
