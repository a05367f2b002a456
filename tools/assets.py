"""Lay the stylesheets, scripts and fonts that npm fetched where the pages find them: hub/ui/static/vendor.

    vendor/govuk-frontend.min.css     its typeface replaced by ours, no absolute addresses left
    vendor/govuk-frontend.min.js      an ES module: import { initAll } from ...
    vendor/atkinson-hyperlegible.css  @font-face rules; files in vendor/atkinson-hyperlegible/*.woff2
    vendor/noto/*.ttf                 Noto Sans for PDFs: see tools/fonts.py
    vendor/LICENSES.txt               what came from where, under which licence

The typeface of GOV.UK and its crest may be used on gov.uk only, so neither is copied.
"""

import re
import shutil
import sys
from pathlib import Path

from tools.fonts import FAMILIES, lay_fonts

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "hub" / "ui" / "static" / "vendor"
GOVUK = MODULES / "govuk-frontend"
FONT = MODULES / "@fontsource" / "atkinson-hyperlegible"
FACES = ("400", "400-italic", "700", "700-italic")

SOURCE_MAP = re.compile(r"(/\*|//)# sourceMappingURL=\S+( ?\*/)?\s*")


def neutral_stylesheet(css: str) -> str:
    """GOV.UK Frontend without GOV.UK's typeface and crest, every address in it relative or gone."""
    css = re.sub(r"@font-face\{[^}]*GDS Transport[^}]*\}", "", css)
    css = css.replace("GDS Transport", "Atkinson Hyperlegible")
    css = re.sub(r"url\(/assets/[^)]*\)", "none", css)
    return SOURCE_MAP.sub("", css)


def font_rules() -> str:
    """The @font-face rules of the four faces, woff2 only: every browser of the last eight years reads it."""
    rules = "\n\n".join((FONT / f"{face}.css").read_text(encoding="utf-8") for face in FACES)
    rules = re.sub(r", url\(\./files/[^)]*\.woff\) format\('woff'\)", "", rules)
    return rules.replace("url(./files/", "url(./atkinson-hyperlegible/")


def licences() -> str:
    """Name, licence and origin of what is copied."""
    font = (FONT / "LICENSE").read_text(encoding="utf-8")
    packages = sorted({package for package, _ in FAMILIES.values()})
    noto = [f"{one}:\n\n{(FONT.parent / one / 'LICENSE').read_text(encoding='utf-8')}" for one in packages]
    return (
        "govuk-frontend: MIT, Crown copyright (Government Digital Service); typeface and crest removed.\n"
        + "\n".join([f"atkinson-hyperlegible:\n\n{font}", *noto])
    )


def lay(target: Path) -> None:
    """Write everything into a new folder."""
    fonts = target / "atkinson-hyperlegible"
    fonts.mkdir(parents=True)
    dist = GOVUK / "dist" / "govuk"
    css = (dist / "govuk-frontend.min.css").read_text(encoding="utf-8")
    (target / "govuk-frontend.min.css").write_text(neutral_stylesheet(css), encoding="utf-8")
    script = (dist / "govuk-frontend.min.js").read_text(encoding="utf-8")
    (target / "govuk-frontend.min.js").write_text(SOURCE_MAP.sub("", script), encoding="utf-8")
    (target / "atkinson-hyperlegible.css").write_text(font_rules(), encoding="utf-8")
    for face in FACES:
        suffix = face if "-" in face else f"{face}-normal"
        for file in (FONT / "files").glob(f"*-{suffix}.woff2"):
            shutil.copyfile(file, fonts / file.name)
    lay_fonts(FONT.parent, target / "noto")
    (target / "LICENSES.txt").write_text(licences(), encoding="utf-8")


def main() -> int:
    """Replace the vendor folder as a whole, so that a reader never meets half of it for long."""
    packages = {package for package, _ in FAMILIES.values()}
    if not all(one.is_dir() for one in (GOVUK, FONT, *(FONT.parent / one for one in packages))):
        print("node_modules is missing: run `make setup` first", file=sys.stderr)
        return 2
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    lay(fresh)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return 0


if __name__ == "__main__":
    sys.exit(main())
