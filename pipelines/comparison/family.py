"""Comparisons over a family of instances, side by side: how each contestant's gap moves, as a table and a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.pipelines.comparison.results import Row
from headway.problem import Problem
from headway.storage.files import write_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TABLE, PICTURE = "family.csv", "family.svg"
_COLUMNS = ("objective", "gap", "gap_low", "gap_high", "feasible", "cpu_seconds")


@dataclass(frozen=True)
class Family:
    """One comparison a value of one option: ``rows`` value (as JSON) -> contestant -> its row; ``trained`` contestant
    -> the value its policy was trained at.
    """

    option: str
    rows: Mapping[str, Mapping[str, Row]]
    trained: Mapping[str, Any]

    @property
    def contestants(self) -> list[str]:
        """All that took part anywhere, oracles left out."""
        named = (label for rows in self.rows.values() for label, row in rows.items() if row.kind != "oracle")
        return list(dict.fromkeys(named))


def table(found: Family) -> list[dict[str, Any]]:
    """A row per value and contestant; ``trained`` is the value that its policy was trained at."""
    return [
        {found.option: json.loads(value), "contestant": label, "kind": row.kind, "trained": found.trained.get(label)}
        | {column: getattr(row, column) for column in _COLUMNS}
        for value, rows in found.rows.items()
        for label, row in rows.items()
    ]


def write_table(found: Family, folder: Path) -> Path:
    """``family.csv``: its `table`."""
    rows = table(found)
    return write_rows(folder / TABLE, [list(rows[0]), *(row.values() for row in rows)])


def draw(family: Family, problem: Problem[Any, Any], file: Path) -> None:
    """Gaps over the option's values, with intervals; a dot marks where a policy was trained."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    values = [json.loads(value) for value in family.rows]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    places = [float(value) for value in values] if numeric else [float(i) for i in range(len(values))]
    for i, label in enumerate(family.contestants):
        _line(axes, family, label, places, f"C{i % 10}", 100.0 if problem.gap == "ratio" else 1.0)
    axes.set_xticks(places, [str(value) for value in values])
    axes.set_xlabel(family.option)
    axes.set_ylabel("gap, %" if problem.gap == "ratio" else f"gap, {problem.unit}")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)


def _line(axes: Axes, family: Family, label: str, places: list[float], colour: str, scale: float) -> None:
    points = [(x, rows[label]) for x, rows in zip(places, family.rows.values(), strict=True) if label in rows]
    x, gap = [x for x, _ in points], [scale * row.gap for _, row in points]
    low = [max(0.0, scale * (row.gap - row.gap_low)) for _, row in points]
    high = [max(0.0, scale * (row.gap_high - row.gap)) for _, row in points]
    axes.errorbar(x, gap, yerr=[low, high], fmt="-", capsize=3, lw=1.2, color=colour, label=label)
    home = json.dumps(family.trained.get(label))
    if home in family.rows:
        at = list(family.rows).index(home)
        axes.plot(places[at], scale * family.rows[home][label].gap, "o", color=colour)
