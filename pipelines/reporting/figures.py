"""Figures as inline SVG that takes its colours from the page, so that light and dark both read well."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Drawn with these colours, which the page's style sheet then replaces.
INK, LINE = "#010101", "#020202"
SERIES = tuple(f"#0000{i:02x}" for i in range(16, 24))
_VARIABLES = {INK: "var(--ink)", LINE: "var(--rule)"} | {c: f"var(--s{i})" for i, c in enumerate(SERIES)}

_PLACES = re.compile(r'\s(?:d|x|y|x1|x2|y1|y2|points)="[^"]*"')
_LONG = re.compile(r"-?\d+\.\d{3,}")

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "headway",
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.7,
    "legend.frameon": False,
}


def chart(title: str, draw: Callable[[Axes], None], *, height: float = 2.7) -> Markup:
    """One set of axes, drawn by ``draw``, as an SVG element with ``title`` as its spoken name.

    An artist's ``gid`` becomes the text that is shown when the pointer rests on it.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.6, height), layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        axes.set_axisbelow(True)
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return Markup(_page_svg(file.getvalue(), title))  # noqa: S704 - matplotlib has escaped all text


def compact(text: str) -> str:
    """An SVG file without prologue, metadata, comments, indentation, and digits beyond a hundredth of a point."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = _PLACES.sub(lambda place: _LONG.sub(lambda found: f"{float(found.group()):.2f}", place.group()), text)
    return re.sub(r"\n\s*", "\n", text)


def _page_svg(text: str, title: str) -> str:
    text = compact(text)
    box = re.search(r'viewBox="[^"]*"', text)
    head = f'<svg {box.group() if box else ""} role="img" aria-label="{escape(title)}" class="chart">'
    text = re.sub(r"<svg[^>]*>", head, text, count=1)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r" font-family: [^;\"]*;", "", text)
    text = re.sub(r'<g id="[^"]*"/>\s*', "", text)
    text = re.sub(r'<g id="tip:([^"]*)">', r"<g><title>\1</title>", text)
    text = re.sub(r'<g id="[^"]*">', "<g>", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    return text
