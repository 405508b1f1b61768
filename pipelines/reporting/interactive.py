"""A figure as plotly has it (JSON), in names of the page's colours, which its script looks up: light or dark.

A colour is ``--s3``, or ``--s3/16`` where only 16 % of it are seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from headway.pipelines.reporting.plots import Axis, Mark, Plot, Values

DASHES = {"-": "solid", "--": "dash", ":": "dot", "-.": "dashdot"}
INCH = 112  # pixels of a figure's height on the screen
DIGITS = 5  # significant digits of a point
YEARS = (1, 3, 5, 10)  # spans of time to choose from


def interactive(plot: Plot) -> dict[str, Any]:
    """``data`` and ``layout`` for ``Plotly.newPlot``."""
    shared = plot.x.scale == "date" and all(mark.shape in ("line", "area") for mark in plot.marks)
    layout = {
        "height": round(INCH * plot.height),
        "hovermode": "x unified" if shared else "closest",
        "showlegend": plot.named,
        "xaxis": _axis(plot.x) | (_spans(plot) if plot.x.scale == "date" else {}),
        "yaxis": _axis(plot.y),
    }
    return {"data": [trace for mark in plot.marks for trace in _traces(plot, mark, brief=shared)], "layout": layout}


def _traces(plot: Plot, mark: Mark, *, brief: bool) -> Iterator[dict[str, Any]]:
    colour = f"--s{mark.look.series}"
    base: dict[str, Any] = {"type": "scatter", "name": mark.label, "legendgroup": mark.group or mark.label}
    if len(mark.low) and mark.shape in ("line", "steps"):
        yield base | _band(plot, mark) | {"fillcolor": f"{colour}/14"}
    base |= {"x": _rounded(plot.x.at(mark.x)), "y": _rounded(plot.y.at(mark.y))} | _said(plot, mark, brief)
    if mark.shape == "points":
        yield base | {"mode": "markers", "marker": {"color": f"{colour}/50", "size": 6}}
    elif mark.shape == "interval":
        low, at, high = (np.asarray(plot.x.at(values), float) for values in (mark.low, mark.x, mark.high))
        bar = {"type": "data", "symmetric": False, "thickness": 3, "width": 0, "color": colour}
        bar |= {"array": _rounded(high - at), "arrayminus": _rounded(at - low)}
        yield base | {"mode": "markers", "marker": {"color": colour, "size": 10}, "error_x": bar}
    elif mark.shape == "area":
        line = {"width": 0, "shape": "hv", "color": colour}
        yield base | {"mode": "lines", "stackgroup": "all", "line": line, "fillcolor": f"{colour}/75"}
    else:
        line = {"color": colour, "width": mark.look.width + 0.3, "dash": DASHES[mark.look.dash]}
        mode = {"mode": "lines+markers", "marker": {"color": colour, "size": 8}} if mark.dots else {"mode": "lines"}
        yield base | mode | {"line": line | {"shape": "hv" if mark.shape == "steps" else "linear"}}
        if mark.dot is not None:
            point = {key: base[key][mark.dot : mark.dot + 1] for key in ("x", "y", "customdata") if key in base}
            yield (
                base
                | point
                | {"mode": "markers", "marker": {"color": colour, "size": 14 if mark.dots else 8}, "showlegend": False}
            )


def _band(plot: Plot, mark: Mark) -> dict[str, Any]:
    """There along the upper end, back along the lower one, as steps where the line is one."""
    x, low, high = (np.asarray(values) for values in (mark.x, plot.y.at(mark.low), plot.y.at(mark.high)))
    if mark.shape == "steps":
        x, low, high = np.repeat(x, 2)[1:], np.repeat(low, 2)[:-1], np.repeat(high, 2)[:-1]
    outline = {"x": _rounded(np.concatenate([x, x[::-1]])), "y": _rounded(np.concatenate([high, low[::-1]]))}
    return outline | {"mode": "lines", "line": {"width": 0}, "fill": "toself", "hoverinfo": "skip", "showlegend": False}


def _said(plot: Plot, mark: Mark, brief: bool) -> dict[str, Any]:
    """What is said where the pointer rests: name, values with units, their interval, and what they rest on."""
    along = mark.shape in ("points", "interval")  # the value is along x, y is a row
    value, number = (plot.x, mark.x) if along else (plot.y, mark.y)
    columns = [number, mark.x, *((mark.low, mark.high) if len(mark.low) else ()), *([mark.texts] if mark.texts else ())]
    said = f"%{{customdata[0]:{value.form}}}{_unit(value)}"
    if len(mark.low):
        said += f" (%{{customdata[2]:{value.form}}} to %{{customdata[3]:{value.form}}})"
    if brief:
        return {"customdata": _rows(columns), "hovertemplate": f"{said}<extra>{_safe(mark.label)}</extra>"}
    lines = [f"<b>{_safe(mark.label)}</b>", said]
    if not along:
        lines.append(f"at %{{customdata[1]:{plot.x.form}}}{_unit(plot.x)}")
    if mark.texts:
        lines.append(f"%{{customdata[{len(columns) - 1}]}}")
    if mark.note:
        lines.append(_safe(mark.note))
    return {"customdata": _rows(columns), "hovertemplate": "<br>".join(lines) + "<extra></extra>"}


def _unit(axis: Axis) -> str:
    return f" {_safe(axis.unit)}" if axis.unit else ""


def _safe(text: str) -> str:
    """A text that plotly shows as it stands: no tags, and no place for a value."""
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("%{", "%\u200b{"), ("\n", "<br>")):
        text = text.replace(sign, name)
    return text


def _axis(axis: Axis) -> dict[str, Any]:
    found: dict[str, Any] = {"title": {"text": _safe(axis.title)}} if axis.title else {}
    if axis.scale in ("log", "date"):
        found["type"] = axis.scale
    if axis.scale == "date":
        found["hoverformat"] = axis.form
    if axis.scale == "log":
        found |= {"tickformat": ".3~r", "exponentformat": "none", "nticks": 6}
    if axis.zero:
        found |= {"zeroline": True, "zerolinecolor": "--soft"}
    ticks = axis.ticks or [(i, name) for i, name in enumerate(axis.names)]
    if ticks:
        found |= {"tickvals": [at for at, _ in ticks], "ticktext": [_safe(text) for _, text in ticks]}
    if axis.limits:
        found["range"] = list(axis.limits)
    return found


def _spans(plot: Plot) -> dict[str, Any]:
    """Buttons for the last years of a long history."""
    days = np.array([day for mark in plot.marks for day in (mark.x[0], mark.x[-1])], "datetime64[D]")
    long = (days.max() - days.min()) / np.timedelta64(365, "D") if len(days) else 0.0
    steps = [{"step": "year", "stepmode": "backward", "count": n, "label": f"{n} y"} for n in YEARS if n < long - 0.5]
    return {"rangeselector": {"buttons": [*steps, {"step": "all", "label": "all"}]}} if steps else {}


def _rounded(values: Values) -> list[Any]:
    """Numbers with as many digits as can be seen, None where there are none; dates as they are."""
    return [_plain(value) for value in values]


def _rows(columns: list[Values]) -> list[list[Any]]:
    return [[_plain(value) for value in row] for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
