"""Comparisons over a family of instances: how each contestant's gap moves away from what it was trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.contest.contestants import resolve
from headway.pipelines.compare import Watch, compare
from headway.pipelines.comparison.results import Row, read
from headway.pipelines.configuration.schema import CompareConfig, Tracking
from headway.problem import Problem
from headway.registry import make_problem
from headway.runs import Run
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


def compare_over(
    config: CompareConfig, *, root: Path | None = None, watch: Watch = lambda done, total, label: None
) -> Run:
    """The same contestants on every member of a family, ``config.over``: option -> values.

    Each member is a comparison of its own, a child run with its report. The run's folder gets ``family.csv`` and
    ``family.svg``: gaps with their intervals, by value of the option.

    Raises
    ------
    LeakageError
        A learned contestant has seen one of the instances in training.
    """
    ((option, values),) = config.over.items()
    record = config.model_dump(mode="json")
    with Run.create("family", record, root=root or config.runs, problem=config.problem.name, name=config.name) as run:
        rows = {}
        for place, value in enumerate(values):
            child = compare(_member(config, option, value, place), root=run.folder / "children", watch=watch)
            rows[json.dumps(value)] = {row.contestant: row for row in read(child.folder).rows}
        family = Family(option, rows, _trained(config, option))
        write_table(family, run.folder)
        draw(family, make_problem(config.problem.name, **config.problem.options), run.folder / "pictures" / PICTURE)
    if config.tracking.uri is not None:
        from headway.tracking import mirror

        mirror(run, config.tracking.uri)
    return run


def write_table(family: Family, folder: Path) -> Path:
    """A line per value and contestant."""
    header = [family.option, "contestant", "kind", *_COLUMNS]
    lines = (
        [value, label, row.kind, *(getattr(row, column) for column in _COLUMNS)]
        for value, rows in family.rows.items()
        for label, row in rows.items()
    )
    return write_rows(folder / TABLE, [header, *lines])


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


def _member(config: CompareConfig, option: str, value: Any, place: int) -> CompareConfig:
    problem = config.problem.model_copy(update={"options": {**config.problem.options, option: value}})
    changes = {"problem": problem, "over": {}, "name": f"{place}-{option}", "tracking": Tracking(uri=None)}
    return config.model_copy(update=changes)


def _trained(config: CompareConfig, option: str) -> dict[str, Any]:
    """Contestant -> the value of the option that its policy was trained at."""
    problem = make_problem(config.problem.name, **config.problem.options)
    found = {}
    for entry in config.contestants:
        member = resolve(entry.name, problem, entry.options, label=entry.label, tracking=config.tracking.uri)
        for folder in member.policies:
            description = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
            found[member.label] = description["problem_options"].get(option)
    return found
