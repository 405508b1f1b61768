"""The verb that draws how agents learn, and what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headway.pipelines.commands.answer import Answer
from headway.pipelines.commands.comparing import watching
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import CurvesConfig
from headway.pipelines.reporting.formats import fixed, percent

if TYPE_CHECKING:
    from rich.console import Console

    from headway.runs import Run


def curves(arguments: list[str]) -> Answer:
    """Train all agents, draw their gaps, test what they end with."""
    config = resolve(CurvesConfig, "curves", arguments).config
    from headway.pipelines.curves import curves

    with watching(f"{config.problem.name} trainings") as watch:
        return drawn(curves(config, watch=watch))


def resumed(run: Run) -> Answer:
    """The rest of the trainings that were stopped."""
    from headway.pipelines.curves import resume_curves

    with watching(f"{run.provenance['problem']} trainings") as watch:
        return drawn(resume_curves(run, watch=watch))


def drawn(run: Run) -> Answer:
    """What finished curves say."""
    record = json.loads((run.folder / "curves.json").read_text(encoding="utf-8"))
    return Answer({"run": str(run.folder), **record}, lambda console: _show(console, run, record))


def _show(console: Console, run: Run, record: dict[str, Any]) -> None:
    """An agent a row: seconds to each target, its final gap, its pace."""
    from rich.table import Table

    size: Callable[[float], str] = percent if record["gap"] == "ratio" else lambda x: fixed(x, 4)
    board = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    board.add_column("agent")
    for heading in (*(f"to {size(t)}" for t in record["targets"]), "final gap", "interval", "steps/s"):
        board.add_column(heading, justify="right")
    for row in record["agents"]:
        moments = [_seconds(row[f"to_{target:g}"]) for target in record["targets"]]
        ends = [row["gap_low"], row["gap_high"]]
        interval = "" if None in ends else " to ".join(map(size, ends))
        final = "" if row["gap"] is None else size(row["gap"])
        board.add_row(row["agent"], *moments, final, interval, f"{row['steps_per_second']:,.0f}")
    console.print(f"Gaps to {record['reference']['name']} on validation instances, by CPU-seconds of training:")
    console.print(board)
    console.print(f"On test instances: {record['test']['verdict']}", style="bold", markup=False, highlight=False)
    console.print(f"picture  {run.folder / 'pictures' / 'curves.svg'}\ntest     {run.folder / 'children' / 'test'}")


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
