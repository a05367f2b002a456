"""Read every template as a careful reviewer would; part of `make check`.

Each template parses; nothing in it needs an exception from the strict content security policy (no inline
script, style or event attribute); each picture has a text; each form that posts carries the CSRF field; and
nothing is marked safe in a template, because what is safe is decided in Python, where it can be tested.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import jinja2

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
NO_SESSION = "hub/fake_notify/"  # a tool on loopback without sign-in: its forms have nothing to forge
CSRF_FIELD = '<input name="csrf_token">'
DATA_SCRIPTS = {"application/json", "application/ld+json"}
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MARKED_SAFE = re.compile(r"\|\s*safe\b|\{%-?\s*autoescape\s+false")


@dataclass(frozen=True)
class Fault:
    """What is wrong, and on which line."""

    line: int
    text: str


def without_jinja(source: str) -> str:
    """The bare HTML: expressions become a letter (or the CSRF field), the rest nothing; line numbers stay."""

    def bare(match: re.Match[str]) -> str:
        expression = match.group()
        kept = " " if not expression.startswith("{{") else CSRF_FIELD if "csrf_field()" in expression else "x"
        return kept + "\n" * expression.count("\n")

    return JINJA.sub(bare, source)


class Reader(HTMLParser):
    """Walks through one template's HTML and collects its faults."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Fault] = []
        self._unproved: int | None = None  # line of the posting form whose CSRF field has not come yet

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element and its attributes."""
        values = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        self.faults += [Fault(line, text) for text in element_faults(tag, values)]
        if tag == "form" and values.get("method", "").lower() == "post":
            self._unproved = line
        if values.get("name") == "csrf_token":
            self._unproved = None

    def handle_endtag(self, tag: str) -> None:
        """A posting form ends: it must have had its CSRF field."""
        if tag == "form" and self._unproved is not None:
            self.faults.append(Fault(self._unproved, "a form that posts needs {{ csrf_field() }}"))
            self._unproved = None

    def close(self) -> None:
        """A form that ends in another template must carry the field before that."""
        super().close()
        self.handle_endtag("form")


def element_faults(tag: str, values: dict[str, str]) -> Iterator[str]:
    """What is wrong with one element."""
    if tag == "style":
        yield "no <style>: rules belong in the stylesheet"
    if tag == "script" and "src" not in values and values.get("type") not in DATA_SCRIPTS:
        yield "no inline <script>: code belongs in a file of its own"
    if tag == "img" and "alt" not in values:
        yield 'an <img> needs alt (alt="" when it only decorates)'
    for name, value in values.items():
        if name == "style" or (name.startswith("on") and name.isalpha()):
            yield f"no {name}= attribute: the content security policy forbids it"
        if value.strip().lower().startswith("javascript:"):
            yield f"no script address in {name}="


def faults_of(source: str) -> list[Fault]:
    """Everything that is wrong with one template."""
    try:
        ENVIRONMENT.parse(source)
    except jinja2.TemplateSyntaxError as error:
        return [Fault(error.lineno, f"does not parse: {error.message}")]
    reader = Reader()
    reader.feed(without_jinja(source))
    reader.close()
    for number, line in enumerate(source.splitlines(), start=1):
        if MARKED_SAFE.search(line):
            reader.faults.append(Fault(number, "nothing is marked safe here: return Markup from Python"))
    return reader.faults


def templates() -> Iterator[Path]:
    """Every HTML and SVG template of the program, and its text templates."""
    for folder in sorted((ROOT / "hub").rglob("templates")):
        yield from sorted(
            path for path in folder.rglob("*") if path.suffix in {".html", ".svg", ".txt", ".j2"}
        )


def main() -> int:
    """Print the faults as file:line: text; exit status 1 when there are any."""
    count = 0
    for path in templates():
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        for fault in faults_of(source):
            if name.startswith(NO_SESSION) and "csrf" in fault.text:
                continue
            print(f"{name}:{fault.line}: {fault.text}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
