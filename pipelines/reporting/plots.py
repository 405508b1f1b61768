"""What a figure of a report shows, as plain data: drawn once as SVG (`static`) and once by plotly (`interactive`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headway.pipelines.reporting.looks import Look

Floats = NDArray[np.float64]
Values = Sequence[Any] | NDArray[Any]

LONG = 12  # letters of a unit that has a line of its own beside an axis
POINTS = 500  # of a line, at most: enough for the width of a figure
NEAR = 1.0  # below this gap, per cent, a gap axis is linear, beyond it logarithmic
FAR = 5.0  # gaps that all lie below this need no logarithm
ROOM = 0.6  # the linear part on either side of zero, in decades
TICKS = (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100, 300, 1000, 10_000)  # of a gap axis


@dataclass(frozen=True)
class Mark:
    """One thing in a figure, [K] points of it.

    Attributes
    ----------
    label : its name, in the legend and where the pointer rests
    x, y : positions; dates as ``YYYY-MM-DD``
    low, high : a band around ``y``; of an ``interval``, its ends along x
    shape : a line, a line of steps, an area of a stack, points, or points with intervals along x
    group : the contestant with which it is shown and hidden
    dot : the point of a line that is marked, by its place
    dots : whether all points of a line are marked
    note : what its numbers rest on
    texts : a word on each point
    """

    label: str
    look: Look
    x: Values
    y: Values
    low: Values = ()
    high: Values = ()
    shape: Literal["line", "steps", "area", "points", "interval"] = "line"
    group: str = ""
    dot: int | None = None
    note: str = ""
    texts: Sequence[str] = ()
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes
    ----------
    title : with the unit
    form, unit : how a value is printed: d3's format, and what stands behind it
    names : of the places 0, 1, ...
    ticks : positions with their labels; by default as the scale has them
    zero : whether there is a line
    """

    title: str = ""
    unit: str = ""
    form: str = ".4~r"
    scale: Literal["linear", "log", "gap", "date"] = "linear"
    names: Sequence[str] = ()
    limits: tuple[float, float] | None = None
    ticks: Sequence[tuple[float, str]] = ()
    zero: bool = False

    def at(self, values: Values) -> Values:
        """Where values are drawn: themselves, but on a gap axis."""
        return place(values) if self.scale == "gap" and len(values) else values


@dataclass(frozen=True)
class Plot:
    """A figure: its heading, the sentence that says how to read it, and what is in it; ``height`` in inches.

    ``named``: the legend is its own, since its lines are no contestants.
    """

    title: str
    caption: str
    x: Axis
    y: Axis
    marks: Sequence[Mark] = field(default_factory=list)
    height: float = 2.7
    named: bool = False


# -- axes that figures share ----------------------------------------------------------------------
def place(gaps: Values) -> Floats:
    """Positions of gaps in per cent on a scale that is linear near zero and logarithmic beyond, in decades."""
    values = np.asarray(gaps, float)
    size = np.abs(values) / NEAR
    return np.asarray(np.sign(values) * np.where(size <= 1, ROOM * size, ROOM + np.log10(np.maximum(size, 1))))


def titled(what: str, unit: str) -> str:
    """What an axis shows, with its unit, if it has one: on a line of its own where it is long."""
    return f"{what}, {unit}" if 0 < len(unit) <= LONG else f"{what}\n{unit}".rstrip()


def gap_axis(ratio: bool, unit: str, values: Sequence[Values]) -> Axis:
    """The axis for these gaps: in per cent where they are ratios, else in the problem's unit."""
    title = "gap to the reference"
    known = np.concatenate([np.asarray(v, float) for v in values] or [np.zeros(1)])
    known = known[np.isfinite(known)]
    low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    room = 0.06 * ((high - low) or 1.0)
    if not ratio:
        return Axis(titled(title, unit), unit, limits=(low - room, high + room))
    if max(-low, high) <= FAR:
        return Axis(f"{title}, %", "%", ".2f", limits=(low - room, high + room))
    ticks = [(float(place([t])[0]), f"{t:g}") for t in TICKS if 1.5 * low <= t <= 1.5 * max(high, NEAR)]
    # A little room beside zero, so that a line along it is seen whole.
    ends = place([1.3 * low if low < 0 else -0.2, max(1.3 * high, NEAR)])
    return Axis(f"{title}, %", "%", ".3~r", "gap", limits=(float(ends[0]), float(ends[1])), ticks=ticks)


def thinned(*columns: Values, points: int = POINTS) -> list[Any]:
    """At most ``points`` places of columns of one length, the same of each, the first and the last among them."""
    size = max(map(len, columns))
    shown = np.unique(np.linspace(0, size - 1, min(size, points)).astype(int))
    return [np.asarray(column)[shown] if len(column) else column for column in columns]
