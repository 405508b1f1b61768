"""The verbs that compare, and the table they print."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from headway.pipelines.commands.answer import Answer
from headway.pipelines.compose import compose
from headway.pipelines.resolve import resolve
from headway.pipelines.schema import BacktestConfig, CompareConfig, ReportConfig

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from headway.pipelines.results import Results, Row
    from headway.runs import Run


def compare(arguments: list[str]) -> Answer:
    """Contestants on the same instances."""
    from headway.pipelines.compare import compare
    from headway.pipelines.progress import progress

    config = resolve(CompareConfig, "compare", arguments).config
    with progress(f"{config.problem.name} answers", len(config.contestants) * config.n * config.seeds) as show:
        return _ranked(compare(config, watch=lambda done, total, label: show(done, label)))


def backtest(arguments: list[str]) -> Answer:
    """Contestants on the real history."""
    from headway.pipelines.backtest import backtest
    from headway.pipelines.progress import progress

    config = resolve(BacktestConfig, "backtest", arguments).config
    with progress(f"{config.problem.name} contestants", len(config.contestants)) as show:
        return _ranked(backtest(config, watch=lambda done, total, label: show(done, label)))


def report(arguments: list[str]) -> Answer:
    """The HTML report of one run or several: folders first, then settings."""
    from headway.pipelines.report import report as write_report

    folders = [argument for argument in arguments if "=" not in argument]
    tokens = [f"folders={','.join(folders)}"] if folders else []
    config = compose(ReportConfig, "report", tokens + arguments[len(folders) :]).config
    data = {"report": str(write_report(config.folders, config.out))}
    return Answer(data, lambda console: console.print(data["report"], style="bold"))


def _ranked(run: Run) -> Answer:
    from headway.pipelines.results import read

    results = read(run.folder)
    rows = [{**asdict(row), "run": str(run.folder)} for row in results.rows]
    return Answer(rows, lambda console: show_results(console, results, run))


def show_results(console: Console, results: Results, run: Run) -> None:
    """Print the verdict, the table, and where the rest is."""
    console.print(f"[bold]{results.verdict}[/]")
    console.print(table(results))
    for note in results.notes:
        console.print(f"[yellow]{note}[/]")
    page = run.folder / "report.html"
    console.print(f"report   {page}" if page.exists() else f"results  {run.folder}")


def table(results: Results) -> Table:
    """The leaderboard: gaps with their intervals, feasibility, time."""
    from rich.table import Table

    unit, level = results.problem["unit"], results.confidence
    board = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    ratio = results.problem["gap"] == "ratio"
    for heading in ("", "contestant"):
        board.add_column(heading)
    for heading in (unit, "gap", f"{level:.0%} interval", "feasible", "CPU-s", "training CPU-s"):
        board.add_column(heading, justify="right")
    for row in results.rows:
        board.add_row(*_cells(row, ratio), style="dim" if row.rank is None else "bold" if row.rank == 1 else None)
    return board


def _cells(row: Row, ratio: bool) -> list[str]:
    gap, low, high = ((_percent if ratio else _number)(value) for value in (row.gap, row.gap_low, row.gap_high))
    kind = "" if row.kind == "classical" else f" [dim]({row.kind}{f', {row.seeds} seeds' if row.seeds > 1 else ''})[/]"
    return [
        "-" if row.rank is None else str(row.rank),
        row.contestant.replace("[", r"\[") + kind,
        _number(row.objective),
        gap,
        f"{low} to {high}" if low else "",
        f"{row.feasible:.0%}",
        _number(row.cpu_seconds),
        _number(row.training_seconds),
    ]


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{value:+.2%}"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"
