"""Several runs of one problem, side by side: contestants down, runs across, and what has changed since the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headway.pipelines.comparison.results import Results, Row
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.changes import Change, changed, measure, terms
from headway.pipelines.reporting.gap_charts import rows_axis
from headway.pipelines.reporting.plots import Axis, Look, Mark, Plot
from headway.pipelines.reporting.provenance import commit
from headway.runs import Run

APART = 0.24  # between the runs of one contestant in the figure, in rows


class Judged(NamedTuple):
    """A comparison or backtest and its results."""

    run: Run
    results: Results


class Column(NamedTuple):
    """A run: what it is, and why it is no plain repetition of the first one."""

    name: str
    facts: Sequence[str]
    terms: Sequence[str]
    measure: Sequence[str]

    @property
    def marks(self) -> list[str]:
        """All that forbids a comparison of gaps."""
        return [*self.terms, *self.measure]


class Cell(NamedTuple):
    """A contestant in a run; empty texts where it took no part."""

    gap: str
    interval: str
    objective: str


class Difference(NamedTuple):
    """How a contestant has changed since the first run."""

    text: str
    interval: str
    word: str
    basis: str


class Line(NamedTuple):
    """A contestant: its cell in every run, and its change in every run but the first."""

    contestant: str
    look: Look
    cells: Sequence[Cell]
    differences: Sequence[Difference | None]


@dataclass(frozen=True)
class Across:
    """What is printed about several runs of one problem."""

    anchor: str
    title: str
    headline: str
    detail: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    note: str
    plots: Sequence[Plot]


def across(runs: Sequence[Judged], looks: Mapping[str, Look], anchor: str) -> Across:
    """At least two runs of one verb on one problem, by date; the first one is what the others are held against."""
    ordered = sorted(runs, key=lambda judged: float(judged.run.provenance["started"]))
    first, later = ordered[0], ordered[1:]
    names = list(dict.fromkeys(row.contestant for judged in ordered for row in judged.results.rows))
    columns = [_column(first, first), *(_column(first, judged) for judged in later)]
    changes = {name: [changed(first.results, judged.results, name) for judged in later] for name in names}
    ratio = first.results.problem["gap"] == "ratio"
    return Across(
        anchor=anchor,
        title=f"Side by side: {first.results.problem['name']}",
        headline=_headline(first, columns[1:], changes),
        detail=_detail(first, changes),
        columns=columns,
        lines=[
            Line(
                name,
                looks[name],
                [_cell(judged.results, name) for judged in ordered],
                [_difference(change, ratio) for change in changes[name]],
            )
            for name in names
        ],
        note=_note(first, columns),
        plots=_plots(first, columns[1:], changes, looks),
    )


# -- columns and cells --------------------------------------------------------------------------------
def _column(first: Judged, judged: Judged) -> Column:
    run, results = judged
    seeds = max(row.seeds for row in results.rows)
    facts = [formats.moment(run.provenance["started"]), commit(run, letters=8)]
    size = f"n = {results.instances['n']}" if results.budget else str(results.instances["source"])
    facts.append(f"{size}, {_counted(seeds, 'seed')}")
    if results.budget:
        facts.append(f"{results.budget['cpu']:g}{formats.THIN}CPU-s, {_counted(results.budget['threads'], 'thread')}")
    facts.append(f"gap to {results.reference['name']}")
    old, new = (each.provenance["cpu"]["model"] for each in (first.run, run))
    machine = [] if old == new else [f"another processor: {new}"]
    return Column(run.id, facts, [*terms(first.results, results), *machine], measure(first.results, results))


def _cell(results: Results, name: str) -> Cell:
    row: Row | None = next((row for row in results.rows if row.contestant == name), None)
    if row is None:
        return Cell("", "", "")
    ratio = results.problem["gap"] == "ratio"

    def gap(value: float) -> str:
        return formats.percent(value) if ratio else formats.number(value, 3)

    ends = gap(row.gap_low), gap(row.gap_high)
    interval = "" if formats.NONE in ends else " to ".join(ends)
    return Cell(gap(row.gap), interval, formats.number(row.objective))


def _difference(change: Change | None, ratio: bool) -> Difference | None:
    if change is None:
        return None

    def text(value: float) -> str:
        sign = "+" if value > 0 else ""
        return sign + (formats.percent(value) if ratio else formats.number(value, 3))

    low, high = text(change.estimate.low), text(change.estimate.high)
    interval = f"{low} to {high}" if change.word else ""
    return Difference(text(change.estimate.value), interval, change.word or "too few data", change.basis)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


# -- sentences ----------------------------------------------------------------------------------------
def _headline(first: Judged, later: Sequence[Column], changes: Mapping[str, Sequence[Change | None]]) -> str:
    told = [
        f"{name} is {change.word} in {column.name}"
        for name, found in changes.items()
        for column, change in zip(later, found, strict=True)
        if change and change.word in ("better", "worse") and not column.terms
    ]
    start = f"{1 + len(later)} runs of {first.results.problem['name']}"
    other = sum(bool(column.terms) for column in later)
    if other == len(later):
        return f"{start}, each under other terms: nothing can be said of a change."
    apart = f", {other} of them under other terms" if other else ""
    if not told:
        return f"{start}{apart}: no contestant has clearly changed."
    more = f", and {len(told) - 3} changes more" if len(told) > 3 else ""
    return f"{start}{apart}: {', '.join(told[:3])}{more}."


def _detail(first: Judged, changes: Mapping[str, Sequence[Change | None]]) -> str:
    words = Counter(change.word for found in changes.values() for change in found if change and change.word)
    if not words:
        return "The runs have no instances in common, so that no difference can be paired."
    level = first.results.confidence
    counted = ", ".join(f"{count} {word}" for word, count in words.items())
    return (
        f"Paired with {first.run.id}, the first: {counted}. "
        f"About one in {round(1 / (1 - level))} intervals at {100 * level:g} % leaves out zero by chance."
    )


def _note(first: Judged, columns: Sequence[Column]) -> str:
    kind = "of the means" if first.results.problem["gap"] == "ratio" else first.results.problem["unit"]
    marked = any(column.marks for column in columns)
    about = " ≠: not comparable with the first run, for the reasons below the name." if marked else ""
    return (
        f"Gap with its interval, below it the objective.{about} Change: how much worse than in {first.run.id} "
        f"({kind}; a minus is better), over what both have solved, paired, with its bootstrap interval."
    )


# -- the figure -----------------------------------------------------------------------------------------
def _plots(
    first: Judged, later: Sequence[Column], changes: Mapping[str, Sequence[Change | None]], looks: Mapping[str, Look]
) -> list[Plot]:
    """A row per contestant with every change that has an interval."""
    factor, unit = (100.0, "%") if first.results.problem["gap"] == "ratio" else (1.0, first.results.problem["unit"])
    shown = [name for name, found in changes.items() if any(change and change.word for change in found)]
    marks = []
    for at, name in enumerate(reversed(shown)):
        for k, (column, change) in enumerate(zip(later, changes[name], strict=True)):
            if change and change.word:
                value, _, low, high = (factor * part for part in change.estimate)
                place = at + APART * ((len(later) - 1) / 2 - k)
                note = f"{change.basis}{'; ' * bool(column.terms)}{'; '.join(column.terms)}"
                ends = ([low], [high])
                label = f"{name}, {column.name}"
                marks.append(Mark(label, looks[name], [value], [place], *ends, "interval", group=name, note=note))
    if not marks:
        return []
    x = Axis(f"change since {first.run.id}, {unit}", unit, ".3~r", zero=True)
    caption = f"Left is better than in {first.run.id}. From above, the runs in the order of the table."
    height = max(1.9, 0.9 + (0.2 + 0.12 * len(later)) * len(shown))
    return [Plot("Changes", caption, x, rows_axis(shown), marks, height=height)]
