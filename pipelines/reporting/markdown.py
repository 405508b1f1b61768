"""A report as Markdown: verdicts, tables and notes, as GitHub and MLflow show them; figures are in the HTML one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headway.pipelines.reporting import formats
from headway.pipelines.reporting.across import Across, Cell, Difference
from headway.pipelines.reporting.content import Content
from headway.pipelines.reporting.findings import Printed, Sheet
from headway.pipelines.reporting.sections import Section
from headway.pipelines.reporting.table import Leaderboard


def markdown(content: Content) -> str:
    """The whole text; what comes from a run is no markup in it."""
    parts = [*(part for side in content.sides for part in _side(side))]
    parts += [part for section in content.sections for part in _section(section)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]) -> str:
    """A table; columns of numbers are right-aligned."""
    rule = ["---:" if number else "---" for number in numbers]
    lines = [[_safe(name) for name in headings], rule, *([_safe(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _safe(text: str) -> str:
    """A text that stands for itself in a line or a cell."""
    for sign, shown in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("`", "\\`"), ("*", "\\*"),
                        ("_", "\\_"), ("[", "\\["), ("\n", " ")):  # fmt: skip
        text = text.replace(sign, shown)
    return text


def _section(section: Section) -> Iterator[str]:
    yield f"# {_safe(section.headline)}"
    yield _safe(section.detail) if section.detail != "." else ""
    yield " · ".join(f"{_safe(name)}: **{_safe(value)}**" for name, value in [("", section.title), *section.basis])[2:]
    if section.board:
        yield "## Leaderboard"
        yield _board(section.board)
        yield _safe(section.board.note)
    if section.caveats:
        yield "## Read with care"
        yield "\n".join(f"- {_safe(caveat)}" for caveat in section.caveats)
    if section.board and section.board.metrics:
        yield "## Measures"
        yield _measures(section.board)
    for sheet in section.sheets:
        yield from _sheet(sheet)
    yield "## Provenance"
    yield "\n".join(f"- {_safe(name)}: {_safe(value)}" for name, value in section.facts)
    yield f"```\n{section.command}\n```"


def _board(board: Leaderboard) -> str:
    headings = ["#", "contestant", "gap", "interval", f"objective, {board.unit}".rstrip(", "), "seeds", "feasible"]
    shown = {"CPU": board.timed, "training": board.trained}
    rows = [
        [
            formats.NONE if line.row.rank is None else str(line.row.rank),
            line.row.contestant + ("" if line.row.kind == "classical" else f" ({line.row.kind})"),
            line.gap,
            line.interval or formats.NONE,
            line.objective,
            str(line.row.seeds),
            line.feasible + (f" ({line.incidents})" if line.incidents else ""),
            *(text for text, there in zip((line.cpu, line.training), shown.values(), strict=True) if there),
        ]
        for line in board.lines
    ]
    headings += [name for name, there in shown.items() if there]
    return table(headings, rows, [name != "contestant" for name in headings])


def _measures(board: Leaderboard) -> str:
    rows = [[line.row.contestant, *(_ranged(*metric) for metric in line.metrics)] for line in board.lines]
    return table(["contestant", *board.metrics], rows, [False] + [True] * len(board.metrics))


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield f"## {_safe(sheet.title)}"
    rows = [[_printed(cell) for cell in row.cells] for row in sheet.rows]
    yield table([name for name, _ in sheet.headings], rows, [number for _, number in sheet.headings])
    yield _safe(sheet.caption)


def _printed(cell: Printed) -> str:
    return _ranged(cell.text, cell.interval)


def _ranged(text: str, interval: str) -> str:
    return f"{text} ({interval})" if interval else text or formats.NONE


# -- side by side -------------------------------------------------------------------------------------
def _side(side: Across) -> Iterator[str]:
    yield f"# {_safe(side.headline)}"
    yield _safe(side.detail)
    yield "\n".join(
        f"- **{_safe(column.name)}**: {_safe('; '.join([*column.facts, *(f'≠ {mark}' for mark in column.marks)]))}"
        for column in side.columns
    )
    rows = [
        [line.contestant, *(_cell(cell, bool(c.marks)) for cell, c in zip(line.cells, side.columns, strict=True))]
        for line in side.lines
    ]
    yield table(["contestant", *(c.name for c in side.columns)], rows, [False] + [True] * len(side.columns))
    yield f"## Changes since {_safe(side.columns[0].name)}"
    later = side.columns[1:]
    rows = [
        [line.contestant, *(_changed(found, bool(c.terms)) for found, c in zip(line.differences, later, strict=True))]
        for line in side.lines
    ]
    yield table(["contestant", *(c.name for c in later)], rows, [False] + [True] * len(later))
    yield _safe(side.note)


def _cell(cell: Cell, apart: bool) -> str:
    if not cell.gap:
        return formats.NONE
    return f"{'≠ ' * apart}{_ranged(cell.gap, cell.interval)}; {cell.objective}"


def _changed(found: Difference | None, apart: bool) -> str:
    return formats.NONE if found is None else f"{'≠ ' * apart}{found.word}: {_ranged(found.text, found.interval)}"
