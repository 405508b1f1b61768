"""The section of a family of instances: how each contestant's gap moves with one option of the problem."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from headway.findings import Column, Findings, Table
from headway.pipelines.comparison import results as records
from headway.pipelines.comparison.family import TABLE
from headway.pipelines.comparison.results import Results, Row
from headway.pipelines.reporting import findings, formats
from headway.pipelines.reporting.looks import Look, looks
from headway.pipelines.reporting.plots import Axis, Mark, Plot, gap_axis
from headway.pipelines.reporting.provenance import origin
from headway.runs import Run


def is_family(run: Run) -> bool:
    """Whether it compared over a family, and has come to something."""
    return run.provenance["verb"] == "family" and bool(_members(run))


def family(run: Run) -> dict[str, Any]:
    """The fields of a `Section` on a family."""
    ((option, values),) = run.config["over"].items()
    members = dict(zip(map(str, values), _members(run), strict=False))
    first = next(iter(members.values()))
    drawn = looks(row for member in members.values() for row in member.rows if row.kind != "oracle")
    return {
        "title": f"Family: {first.problem['name']}",
        "headline": _headline(first, option, members),
        "detail": "Gaps of one value are to the reference of that value's own instances.",
        "basis": _basis(first, option, list(members)),
        "sheets": findings.tables(Findings(tables=[_table(option, members, drawn)]), drawn),
        "plots": [_plot(option, values[: len(members)], members, drawn, _trained(run))],
        "legend": drawn,
        "caveats": _caveats(option, members),
        **origin(run, []),
    }


def _members(run: Run) -> list[Results]:
    """The comparisons of a family that have ended, in the order of the option's values."""
    children = sorted(run.children, key=lambda child: int(child.id.partition("-")[0]))
    return [records.read(child.folder) for child in children if (child.folder / records.FILE).is_file()]


def _headline(first: Results, option: str, members: Mapping[str, Results]) -> str:
    wins = Counter(row.contestant for member in members.values() for row in member.rows if row.rank == 1)
    told = ", ".join(f"{name} at {count} of {len(members)}" for name, count in wins.most_common())
    return f"{first.problem['name']} by {option}: best is {told} values."


def _caveats(option: str, members: Mapping[str, Results]) -> list[str]:
    """What all members say, once; then what single ones do."""
    common = [note for note in next(iter(members.values())).notes if all(note in m.notes for m in members.values())]
    own = [f"{option} = {v}: {note}" for v, m in members.items() for note in m.notes if note not in common]
    return [*common, *own]


def _basis(first: Results, option: str, values: Sequence[str]) -> list[tuple[str, str]]:
    facts = [(option, ", ".join(values)), ("instances of each", str(first.instances["n"]))]
    if first.budget:
        facts.append(("budget", f"{first.budget['cpu']:g}{formats.THIN}CPU-s per instance"))
    return [*facts, ("gap to", str(first.reference["name"]))]


def _table(option: str, members: Mapping[str, Results], drawn: Mapping[str, Look]) -> Table:
    ratio = next(iter(members.values())).problem["gap"] == "ratio"
    form: Any = "percent" if ratio else "number"
    columns = [
        Column("contestant", "text"),
        *(Column(f"{option} = {value}", form, 2 if ratio else 3) for value in members),
    ]
    rows = [[name, *(_cell(_row(member, name)) for member in members.values())] for name in drawn]
    return Table("Gaps", columns, rows, "Gap to the reference, and its interval.")


def _cell(row: Row | None) -> str | tuple[float, float, float]:
    return "" if row is None else (row.gap, row.gap_low, row.gap_high)


def _row(member: Results, name: str) -> Row | None:
    return next((row for row in member.rows if row.contestant == name), None)


def _trained(run: Run) -> dict[str, str]:
    """Contestant -> the value that its policy was trained at, as the family's table has it."""
    path = run.folder / TABLE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line["contestant"]: line["trained"] for line in csv.DictReader(file) if line.get("trained")}


def _plot(
    option: str,
    values: Sequence[Any],
    members: Mapping[str, Results],
    drawn: Mapping[str, Look],
    trained: Mapping[str, str],
) -> Plot:
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    places = [float(value) if numeric else float(k) for k, value in enumerate(values)]
    x = Axis(option) if numeric else Axis(option, names=[str(value) for value in values])
    first = next(iter(members.values()))
    factor = 100.0 if first.problem["gap"] == "ratio" else 1.0
    marks = []
    for name, look in drawn.items():
        found = [
            (value, at, row)
            for (value, member), at in zip(members.items(), places, strict=True)
            if (row := _row(member, name))
        ]
        where, rows = [at for _, at, _ in found], [row for _, _, row in found]
        home = next((k for k, (value, _, _) in enumerate(found) if value == trained.get(name)), None)
        gap, low, high = ([factor * getattr(r, key) for r in rows] for key in ("gap", "gap_low", "gap_high"))
        note = f"{100 * first.confidence:g} % interval of the mean, n = {first.instances['n']}"
        marks.append(Mark(name, look, where, gap, low, high, group=name, dot=home, note=note, dots=True))
    y = gap_axis(factor > 1, first.problem["unit"], [mark.y for mark in marks])
    homes = ", ".join(f"{name} at {value}" for name, value in trained.items())
    caption = "Mean gap with its interval; lower is better."
    caption += f" A large dot is where a policy was trained: {homes}." if homes else ""
    return Plot(f"Gaps by {option}", caption, x, y, marks, height=3.4)
