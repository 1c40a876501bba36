"""Makes static/vendor out of the fetched packages: htmx as it is, a font of the letters used, one sprite of icons.

Usage: build_assets.py NODE_MODULES STATIC
"""

import re
import shutil
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LETTERS = (
    *range(0x20, 0x7F), *range(0xA0, 0x100), 0x152, 0x153, *range(0x2010, 0x2031),
    0x20AC, 0x2122, *range(0x2190, 0x2194), 0x2212, 0x2248,
)  # fmt: skip
WEIGHTS = (400, 650)
FEATURES = ["kern", "liga", "calt", "tnum", "mark", "mkmk", "ccmp"]


def main(modules: Path, static: Path) -> None:
    vendor = static / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(modules / "htmx.org/dist/htmx.min.js", vendor / "htmx.min.js")
    font(modules / "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", vendor / "inter.woff2")
    names = (static / "icons.txt").read_text().split()
    sprite(modules / "@tabler/icons/icons/outline", names, vendor / "icons.svg")


def font(source: Path, target: Path) -> None:
    """The letters and weights that the pages use, of the variable font."""
    letters = TTFont(source)
    options = subset.Options(layout_features=FEATURES, flavor="woff2", hinting=False, name_IDs=[1, 2])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(letters)
    instancer.instantiateVariableFont(letters, {"wght": WEIGHTS}, inplace=True)
    letters.flavor = "woff2"
    letters.save(target)


def sprite(folder: Path, names: list[str], target: Path) -> None:
    """One file with a <symbol> per icon, drawn with the page's own stroke."""
    target.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbol(folder, name) for name in names) + "</svg>\n"
    )


def symbol(folder: Path, name: str) -> str:
    drawn = (folder / f"{name}.svg").read_text()
    inside = re.search(r"<svg[^>]*>(.*)</svg>", drawn, re.DOTALL)
    if inside is None:
        raise SystemExit(f"the icon {name} is not what we expect")
    strokes = re.sub(r"\s*\n\s*", "", inside[1]).replace('<path stroke="none" d="M0 0h24v24H0z" fill="none"/>', "")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{strokes}</symbol>'


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
