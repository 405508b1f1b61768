"""The verbs that compare, and the table they print."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING

from headway.pipelines.commands.answer import Answer
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import BacktestConfig, CompareConfig
from headway.pipelines.reporting.formats import decimals, fixed, percent, seconds, share

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from headway.pipelines.comparison.family import Family
    from headway.pipelines.comparison.results import Results, Row
    from headway.runs import Run


def compare(arguments: list[str]) -> Answer:
    """Contestants on the same instances, or on every member of a family."""
    config = resolve(CompareConfig, "compare", arguments).config
    with watching(f"{config.problem.name} answers") as watch:
        if config.over:
            from headway.pipelines.families import compare_over

            return _compared_over(compare_over(config, watch=watch))
        from headway.pipelines.compare import compare

        return _ranked(compare(config, watch=watch))


def resumed(run: Run) -> Answer:
    """The rest of a comparison, or of a family of them, that was stopped."""
    with watching(f"{run.provenance['problem']} answers") as watch:
        if run.provenance["verb"] == "family":
            from headway.pipelines.families import resume_family

            return _compared_over(resume_family(run, watch=watch))
        from headway.pipelines.compare import resume_comparison

        return _ranked(resume_comparison(run, watch=watch))


def _compared_over(run: Run) -> Answer:
    """What a family found: a row per value and contestant."""
    from headway.pipelines.comparison.family import table
    from headway.pipelines.families import family

    found = family(run)
    data = {"run": str(run.folder), "rows": table(found)}
    return Answer(data, lambda console: _show_family(console, run, found))


def _show_family(console: Console, run: Run, found: Family) -> None:
    """Contestants down, values of the option across, gaps inside."""
    from rich.table import Table

    board = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    board.add_column(f"gap by {found.option}")
    for value in found.rows:
        board.add_column(str(json.loads(value)), justify="right")
    for label in dict.fromkeys(label for rows in found.rows.values() for label in rows):
        gaps = (rows[label].gap if label in rows else math.nan for rows in found.rows.values())
        board.add_row(label, *(fixed(gap, 4) if isfinite(gap) else "" for gap in gaps))
    console.print(board)
    page = run.folder / "report.html"
    console.print(f"report   {page}" if page.exists() else f"results  {run.folder}")


def backtest(arguments: list[str]) -> Answer:
    """Contestants on the real history."""
    config = resolve(BacktestConfig, "backtest", arguments).config
    from headway.pipelines.backtest import backtest

    with watching(f"{config.problem.name} contestants") as watch:
        return _ranked(backtest(config, watch=watch))


@contextmanager
def watching(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Progress whose total is known only when the first answer is there."""
    from headway.pipelines.training.progress import Show, progress

    show: Show | None = None
    with ExitStack() as stack:

        def watch(done: int, total: int, label: str) -> None:
            nonlocal show
            show = show or stack.enter_context(progress(title, total))
            show(done, label)

        yield watch


def _ranked(run: Run) -> Answer:
    from headway.pipelines.comparison.results import read

    results = read(run.folder)
    rows = [{**asdict(row), "run": str(run.folder)} for row in results.rows]
    return Answer(rows, lambda console: show_results(console, results, run))


def show_results(console: Console, results: Results, run: Run) -> None:
    """Print the verdict, the table, and where the rest is."""
    console.print(results.verdict, style="bold", markup=False)
    console.print(table(results))
    for note in results.notes:
        console.print(note, style="yellow", markup=False)
    page = run.folder / "report.html"
    console.print(f"report   {page}" if page.exists() else f"results  {run.folder}")


def table(results: Results) -> Table:
    """The leaderboard: gaps with their intervals, feasibility, CPU time per instance and of training."""
    from rich.table import Table

    from headway.pipelines.comparison.results import fair

    board = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", "contestant"):
        board.add_column(heading, no_wrap=True)
    board.add_column(results.problem["unit"], justify="right", max_width=12)
    for heading in ("gap", f"{results.confidence:.0%} interval", "feasible", "CPU", "training"):
        board.add_column(heading, justify="right", no_wrap=True)
    counted = fair(results.rows)
    places = decimals([x for row in counted for x in (row.gap, row.gap_low, row.gap_high)], 3)
    ratio = results.problem["gap"] == "ratio"

    def gap(value: float) -> str:
        return percent(value) if ratio else fixed(value, places)

    objective = decimals([row.objective for row in counted], 4)
    for row in results.rows:
        style = "dim" if row.rank is None else "bold" if row.rank == 1 else None
        board.add_row(*_cells(row, gap, objective), style=style)
    return board


def _cells(row: Row, gap: Callable[[float], str], objective: int) -> list[str]:
    from rich.markup import escape

    kind = "" if row.kind == "classical" else f" [dim]({row.kind}{f', {row.seeds} seeds' if row.seeds > 1 else ''})[/]"
    return [
        "-" if row.rank is None else str(row.rank),
        escape(row.contestant) + kind,
        fixed(row.objective, objective),
        gap(row.gap),
        f"{gap(row.gap_low)} to {gap(row.gap_high)}" if isfinite(row.gap_low) else "",
        share(row.feasible),
        seconds(row.cpu_seconds),
        seconds(row.training_seconds) if isfinite(row.training_seconds) else "",
    ]
