"""A person in front of a browser, in words a person would use. Every page that comes is checked."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, Response

from tests.browser import axe_violations, resize, send, too_wide

WIDE = {"width": 1280, "height": 900}
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/l/)[A-Za-z0-9_-]+")
_KINDS = """() => {
    const worth = (name) => name.startsWith("aria-") || ["alt", "for", "hidden", "open", "title"].includes(name);
    const kind = (one) => [
        one.tagName, ...["class", "dir", "lang", "role", "type"].map((name) => one.getAttribute(name)),
        ...one.getAttributeNames().filter(worth).sort(), one.textContent.trim() ? "words" : "",
    ].join(" ");
    const shown = [...document.querySelectorAll("html, body *")].filter((one) => one.checkVisibility());
    return [...new Set(shown.map(kind))].sort().join("|");
}"""
_checked: set[tuple[str, str]] = set()


def check_page(page: Page) -> None:
    """The page meets WCAG 2.2 AA by axe as it is and does not scroll sideways at 320 px.

    An address is looked at once in a run for every set of kinds of parts that it shows: with an error, with a tag of
    another colour, with a part unfolded. Another learner's name on it is not another page.
    """
    key = (_IDS.sub("*", "/" + page.url.partition("//")[2].partition("/")[2]), page.evaluate(_KINDS))
    if key in _checked:
        return
    _checked.add(key)
    before = page.viewport_size or WIDE
    found = axe_violations(page)
    resize(page, 320, 640)
    found += too_wide(page)
    resize(page, before["width"], before["height"])
    assert not found, f"{page.url} ({page.title()}):\n" + "\n".join(found)


def _plain(text: str) -> str:
    """Words only: a tag may stand in capitals, a soft hyphen in a narrow column."""
    return " ".join(text.replace("\u00ad", "").split())


@dataclass
class Visitor:
    """Somebody who uses the hub."""

    page: Page
    home: str
    checks: bool = True  # axe needs script
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("response", self._note_response)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", lambda line: self._note_console(line.type, line.text))

    def _note_response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def _note_console(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"console: {text}")

    def open(self, path: str) -> "Visitor":
        """Go to an address of the hub."""
        self.page.goto(self.home + path)
        return self._arrived()

    def follow(self, text: str, within: Locator | None = None) -> "Visitor":
        """Follow the first link of these words, also one that looks like a button."""
        place = within or self.page
        link = place.get_by_role("link", name=text, exact=False).or_(
            place.locator("a[role=button]", has_text=text)
        )
        return self.use(link.first)

    def press(self, text: str, within: Locator | None = None) -> "Visitor":
        """Press the button of exactly these words, or, if there is none, that begins with them."""
        place = within or self.page
        exact = place.get_by_role("button", name=text, exact=True)
        return self.use(exact.first if exact.count() else place.get_by_role("button", name=text).first)

    def use(self, what: Locator) -> "Visitor":
        """Press whatever leads to another page."""
        send(self.page, what)
        return self._arrived()

    def _arrived(self) -> "Visitor":
        assert not self.faults, self.faults
        if self.checks:
            check_page(self.page)
        return self

    def write(self, label: str, text: str) -> "Visitor":
        self.page.get_by_label(label, exact=False).first.fill(text)
        return self

    def write_date(self, name: str, day: int, month: int, year: int) -> "Visitor":
        for part, number in (("day", day), ("month", month), ("year", year)):
            self.page.locator(f'input[name="{name}-{part}"]').fill(str(number))
        return self

    def choose(self, text: str, question: str = "") -> "Visitor":
        """Choose the radio button of these words, in the group of that question."""
        place = self.page.get_by_role("group", name=question).last if question else self.page
        place.get_by_role("radio", name=text, exact=False).first.check()
        return self

    def tick(self, *texts: str) -> "Visitor":
        for text in texts:
            self.page.get_by_role("checkbox", name=text, exact=False).first.check()
        return self

    def pick(self, label: str, option: str) -> "Visitor":
        self.page.get_by_label(label, exact=False).first.select_option(label=option)
        return self

    def unfold(self, text: str) -> "Visitor":
        """Open a part of the page, if it is closed."""
        summary = self.page.locator("summary", has_text=text).first
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()
        return self

    def sees(self, *texts: str) -> "Visitor":
        for text in texts:
            body = self.page.locator("body")
            assert _plain(text) in _plain(body.inner_text()), f"no {text!r} on {self.page.url}:\n{self.main}"
        return self

    def does_not_see(self, *texts: str) -> "Visitor":
        for text in texts:
            assert _plain(text) not in _plain(self.page.locator("body").inner_text()), (
                f"{text!r}:\n{self.main}"
            )
        return self

    def is_on(self, heading: str) -> "Visitor":
        found = self.page.get_by_role("heading", level=1).first.inner_text()
        assert heading in found, f"{heading!r} is not the heading of {self.page.url}:\n{self.main}"
        return self

    @property
    def main(self) -> str:
        """The words of the page without header and footer: for a failing story."""
        return self.page.locator("main").inner_text()

    @property
    def path(self) -> str:
        return "/" + self.page.url.partition("//")[2].partition("/")[2]
