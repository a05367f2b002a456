"""A real browser for the tests, on a machine that has none.

The npm package @sparticuz/chromium (a development dependency, Linux on x86-64) carries a headless Chromium; it is
unpacked once into .cache/browser/<version>. Elsewhere, or to use another one, name an installed Chromium or Chrome
in HUB_TEST_BROWSER. Tests ask for the fixtures `browser` or `page` and carry `@pytest.mark.browser`.

    def test_front_page(page, hub_url):
        page.goto(hub_url)
        assert axe_violations(page) == []
"""

import fcntl
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import brotli
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
CACHE = ROOT / ".cache" / "browser"

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-zygote",
    "--headless=shell",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts/fonts</dir><cachedir>{folder}/fonts/cache</cachedir></fontconfig>
"""
WCAG_22_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


class NoBrowserError(Exception):
    """There is no browser to test with; the message says how to get one."""


@dataclass(frozen=True)
class Installed:
    """A browser that starts: its program, and the environment that it needs."""

    program: Path
    environment: dict[str, str]


def find_browser() -> Installed:
    """The browser named in HUB_TEST_BROWSER, or the packaged one, unpacked at the first call on this machine."""
    if named := os.environ.get("HUB_TEST_BROWSER"):
        return _startable(Path(named), Path("/nonexistent"))
    if not PACKAGE.is_dir():
        raise NoBrowserError("The test browser is missing: run `make setup`, or set HUB_TEST_BROWSER.")
    folder = CACHE / json.loads((PACKAGE / "package.json").read_text())["version"]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "unpack.lock").open("w") as lock:  # several test workers may arrive at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _unpack(folder)
    return _startable(folder / "chromium", folder)


def _unpack(folder: Path) -> None:
    """Unpack program, libraries and fonts beside `folder` and rename at the end: there is never half a browser."""
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    packed = PACKAGE / "bin"
    (fresh / "chromium").write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    (fresh / "chromium").chmod(0o755)
    for name in ("al2023", "fonts"):
        content = brotli.decompress((packed / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(fresh / name, filter="data")
    (fresh / "fonts" / "fonts.conf").write_text(FONTS.format(folder=folder))
    fresh.rename(folder)


def _startable(program: Path, folder: Path) -> Installed:
    """Try it with this machine's libraries, then with those of the package (a bare machine lacks NSS)."""
    environment = dict(os.environ)
    if not Path("/etc/fonts/fonts.conf").exists() and (folder / "fonts").is_dir():
        environment["FONTCONFIG_FILE"] = str(folder / "fonts" / "fonts.conf")
    libraries = str(folder / "al2023" / "lib")
    problem = ""
    for extra in ({}, {"LD_LIBRARY_PATH": libraries}):
        try:
            tried = [str(program), "--version", "--no-sandbox"]
            done = subprocess.run(
                tried, env=environment | extra, check=False, capture_output=True, text=True, timeout=60
            )
        except OSError as error:
            problem = str(error)
            continue
        if done.returncode == 0:
            return Installed(program, environment | extra)
        problem = (done.stderr or done.stdout).strip()
    raise NoBrowserError(
        f"The browser {program} does not start here ({problem}). "
        "Set HUB_TEST_BROWSER to an installed Chromium or Chrome."
    )


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start the browser, and stop it at the end; for scripts such as the screenshots."""
    installed = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed.program, args=list(ARGUMENTS), env={**installed.environment}
        )
        try:
            yield browser
        finally:
            browser.close()


# Only what is wrong comes back: describing all that is right took longer than finding it.
_ASK_AXE = """async (options) => (await axe.run(document, options)).violations.flatMap((rule) => rule.nodes.map(
    (node) => `${rule.id} (${rule.impact}): ${rule.help}: ${node.target.join(" ")}`))"""
_LAID_OUT = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
_TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll("body *")]
        .filter((one) => one.getBoundingClientRect().right > width + 1 && one.checkVisibility())
        .slice(-3).map((one) => one.outerHTML.slice(0, 160));
    return wide.length ? wide : ["the page"];
}"""


def axe_violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, one line each: rule, impact, element; empty when the page is fine."""
    options = {"runOnly": {"type": "tag", "values": list(WCAG_22_AA)}, "resultTypes": ["violations"]}
    if not page.evaluate("() => 'axe' in window"):  # a second look at the same page has it already
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_ASK_AXE, options)
    return found


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways, one line each; empty when it fits."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return [f"wider than the window: {one}" for one in found]


def resize(page: Page, width: int, height: int = 900) -> None:
    """Make the window so wide, and wait until the page has laid itself out anew."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(_LAID_OUT)


def faults_on_desk_and_phone(page: Page) -> list[str]:
    """What axe finds and what scrolls sideways, on a window of 1280 px and on one of 320 px."""
    found = []
    for width in (1280, 320):
        resize(page, width)
        found += [f"at {width} px: {one}" for one in (*axe_violations(page), *too_wide(page))]
    return found


def send(page: Page, what: Locator) -> None:
    """Press what leads to another page, and wait until that page is there: a click alone does not wait for it."""
    with page.expect_navigation():
        what.click()


# ---------------------------------------------------------------- fixtures


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run. Without one a test fails; it is never skipped, so that CI cannot lie."""
    try:
        with running_browser() as started:
            yield started
    except NoBrowserError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A clean profile of 1280 px in English."""
    clean = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    clean.set_default_timeout(30_000)
    yield clean
    clean.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One empty page in a clean profile."""
    return context.new_page()
