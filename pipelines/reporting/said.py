"""What is said, and drawn, of changes between runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from headway.pipelines.reporting.changes import Change
from headway.pipelines.reporting.columns import Column, Judged
from headway.pipelines.reporting.gap_charts import rows_axis
from headway.pipelines.reporting.looks import Look
from headway.pipelines.reporting.plots import Axis, Mark, Plot, titled

APART = 0.24  # between the runs of one contestant in the figure, in rows

Changes = Mapping[str, Sequence[Change | None]]  # contestant -> its change in every run but the first


def headline(first: Judged, later: Sequence[Column], changes: Changes) -> str:
    """Who has clearly changed, under the same terms."""
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


def detail(first: Judged, changes: Changes) -> str:
    """How many have, and how many would by chance."""
    words = Counter(change.word for found in changes.values() for change in found if change and change.word)
    if not words:
        return "The runs have no instances in common, so that no difference can be paired."
    level = first.results.confidence
    counted = ", ".join(f"{count} {word}" for word, count in words.items())
    return (
        f"Paired with {first.run.id}, the first: {counted}. "
        f"About one in {round(1 / (1 - level))} intervals at {100 * level:g} % leaves out zero by chance."
    )


def note(first: Judged, columns: Sequence[Column]) -> str:
    """What the cells hold."""
    kind = "of the means" if first.results.problem["gap"] == "ratio" else first.results.problem["unit"]
    marked = any(column.marks for column in columns)
    about = " ≠: not comparable with the first run, for the reasons below the name." if marked else ""
    return (
        f"Gap with its interval, below it the objective.{about} Change: how much worse than in {first.run.id} "
        f"({kind}; a minus is better), over what both have solved, paired, with its bootstrap interval."
    )


def plots(first: Judged, later: Sequence[Column], changes: Changes, looks: Mapping[str, Look]) -> list[Plot]:
    """A row per contestant with every change that has an interval."""
    factor, unit = (100.0, "%") if first.results.problem["gap"] == "ratio" else (1.0, first.results.problem["unit"])
    shown = [name for name, found in changes.items() if any(change and change.word for change in found)]
    marks = []
    for at, name in enumerate(reversed(shown)):
        for k, (column, change) in enumerate(zip(later, changes[name], strict=True)):
            if change and change.word:
                value, _, low, high = (factor * part for part in change.estimate)
                place = at + APART * ((len(later) - 1) / 2 - k)
                basis = f"{change.basis}{'; ' * bool(column.terms)}{'; '.join(column.terms)}"
                ends = ([low], [high])
                label = f"{name}, {column.name}"
                marks.append(Mark(label, looks[name], [value], [place], *ends, "interval", group=name, note=basis))
    if not marks:
        return []
    x = Axis(titled(f"change since {first.run.id}", unit), unit, ".3~r", zero=True)
    caption = f"Left is better than in {first.run.id}. From above, the runs in the order of the table."
    height = max(1.9, 0.9 + (0.2 + 0.12 * len(later)) * len(shown))
    return [Plot("Changes", caption, x, rows_axis(shown), marks, height=height)]
