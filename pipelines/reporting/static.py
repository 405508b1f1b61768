"""A figure as inline SVG, for paper and for readers without scripts; its colours are the page's, light or dark."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup, escape

from headway.pipelines.reporting.looks import COLOURS
from headway.pipelines.reporting.plots import Axis, Mark, Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Drawn with these colours, which the page's style sheet then replaces.
INK, LINE = "#010101", "#020202"
SERIES = tuple(f"#0000{i:02x}" for i in range(16, 16 + COLOURS))
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


def static(plot: Plot) -> Markup:
    """The figure as an SVG element with its title as its spoken name; lines say theirs where the pointer rests."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.6, plot.height), layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        axes.set_axisbelow(True)
        floor: Any = 0.0
        for mark in plot.marks:
            if mark.shape == "area":
                floor = _stack(axes, plot, mark, floor)
            else:
                _draw(axes, plot, mark)
        if plot.named:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, fontsize=7.5, handlelength=1.0)
        _scale(axes, "x", plot.x)
        _scale(axes, "y", plot.y)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return Markup(_page_svg(file.getvalue(), plot.title))  # noqa: S704 - matplotlib has escaped all text


def compact(text: str) -> str:
    """An SVG file without prologue, metadata, comments, indentation, and digits beyond a hundredth of a point."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = _PLACES.sub(lambda place: _LONG.sub(lambda found: f"{float(found.group()):.2f}", place.group()), text)
    return re.sub(r"\n\s*", "\n", text)


def _stack(axes: Axes, plot: Plot, mark: Mark, floor: Any) -> Any:
    """An area on top of those before it; the floor of the next one."""
    top = floor + np.asarray(mark.y, float)
    pen: Any = {"color": SERIES[mark.look.series], "gid": f"tip:{mark.label}", "label": mark.label}
    axes.fill_between(_positions(plot.x, mark.x), floor, top, step="post", alpha=0.75, lw=0, **pen)
    axes.margins(x=0, y=0)
    return top


def _draw(axes: Axes, plot: Plot, mark: Mark) -> None:
    """A mark; its ``gid`` becomes the text that is shown when the pointer rests on it."""
    x, y = _positions(plot.x, mark.x), _positions(plot.y, mark.y)
    pen: Any = {"color": SERIES[mark.look.series], "gid": f"tip:{mark.label}", "label": mark.label}
    if mark.shape == "points":
        axes.plot(x, y, "o", ms=2.6, mew=0, alpha=0.45, **pen)
    elif mark.shape == "interval":
        axes.hlines(y, _positions(plot.x, mark.low), _positions(plot.x, mark.high), lw=2.2, colors=pen["color"])
        axes.plot(x, y, "o", ms=5, **pen)
    else:
        steps = "post" if mark.shape == "steps" else None
        pen |= {"marker": "o", "ms": 4} if mark.dots else {}
        axes.plot(x, y, ls=mark.look.dash, lw=mark.look.width, drawstyle="steps-post" if steps else "default", **pen)
        if len(mark.low):
            low, high = _positions(plot.y, mark.low), _positions(plot.y, mark.high)
            axes.fill_between(x, low, high, color=pen["color"], alpha=0.14, lw=0, step=steps)  # type: ignore[arg-type]
        if mark.dot is not None:
            axes.plot(x[mark.dot], y[mark.dot], **pen | {"marker": "o", "ms": 8 if mark.dots else 4})


def _positions(axis: Axis, values: Any) -> Any:
    return np.array(values, "datetime64[D]") if axis.scale == "date" else np.asarray(axis.at(values), float)


def _scale(axes: Axes, which: str, axis: Axis) -> None:
    """Scale, ticks, limits and title of one axis."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    own = getattr(axes, f"{which}axis")
    if axis.scale == "log":
        getattr(axes, f"set_{which}scale")("log")
        subs = (1.0,) if which == "x" else (1.0, 2.0, 5.0)
        own.set_major_locator(LogLocator(base=10, subs=subs))
        own.set_major_formatter(StrMethodFormatter("{x:g}"))
        own.set_minor_formatter(NullFormatter())
    ticks = axis.ticks or [(float(i), name) for i, name in enumerate(axis.names)]
    if ticks:
        own.set_ticks([at for at, _ in ticks], [text for _, text in ticks])
    if axis.zero:
        (axes.axvline if which == "x" else axes.axhline)(0.0, color=INK, lw=0.8)
    if axis.limits:
        getattr(axes, f"set_{which}lim")(*axis.limits)
    getattr(axes, f"set_{which}label")(axis.title)


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
