"""Whether a page in another script has English left on it: Latin letters outside what is marked as English or a name.

`english_on(page.text)` gives the words that a reader of Arabic or Bengali would meet in English. Not counted: what
stands in `<bdi>` (names, references, numbers) or under `lang=` of another language, and the examples of `EXAMPLES`.
"""

import re
from html.parser import HTMLParser

VOID = {"input", "br", "meta", "link", "wbr", "img", "hr"}
NOT_READ = {"script", "style"}
EXAMPLES = ("E8 1AA", "name@example.com", "SMS", "PDF", "ico.org.uk", "ICO", "Information Commissioner")
READ_OUT = ("aria-label", "title", "alt", "placeholder")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.language = ""
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    @property
    def skipping(self) -> bool:
        return any(skip for _, skip in self.open)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "html":
            self.language = given["lang"]
        other = given.get("lang", self.language) != self.language
        if tag not in VOID:
            self.open.append((tag, other or tag in NOT_READ or tag == "bdi"))
        if not self.skipping and not other:
            self.found += [given[name] for name in READ_OUT if given.get(name)]

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not self.skipping:
            self.found.append(data)


def english_on(html: str, *names: str) -> list[str]:
    """The words with Latin letters that a page's reader meets; `names` may stand there."""
    reader = _Reader()
    reader.feed(html)
    text = " ".join(reader.found)
    for name in (*names, *EXAMPLES):
        text = text.replace(name, " ")
    return re.findall(r"[A-Za-z]{2,}[A-Za-z ]*", text)
