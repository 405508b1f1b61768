"""The verb that tunes, and what it prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headway.pipelines.commands.answer import Answer
from headway.pipelines.commands.comparing import watching
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import TuneConfig

if TYPE_CHECKING:
    from rich.console import Console

    from headway.runs import Run


def tune(arguments: list[str]) -> Answer:
    """Search, test the incumbent, mirror the run to MLflow."""
    config = resolve(TuneConfig, "tune", arguments).config
    from headway.pipelines.tune import tune

    with watching(f"{config.problem.name} trials") as watch:
        return tuned(tune(config, watch=watch))


def tuned(run: Run) -> Answer:
    """What a finished study found."""
    record = json.loads((run.folder / "tuning.json").read_text(encoding="utf-8"))
    return Answer({"run": str(run.folder), **record}, lambda console: _show(console, run, record))


def _show(console: Console, run: Run, record: dict[str, Any]) -> None:
    states = ", ".join(f"{count} {state}" for state, count in record["trials"].items())
    console.print(f"On test instances: {record['test']['verdict']}", style="bold", markup=False, highlight=False)
    console.print(f"{states}; {record['cpu_seconds']:.0f} CPU-seconds in trials")
    for incumbent in record["incumbents"]:
        values = ", ".join(f"{g['name']} {v:.6g}" for g, v in zip(record["goals"], incumbent["values"], strict=True))
        console.print(f"trial {incumbent['trial']}: {values}", highlight=False)
        console.print(
            "  " + " ".join(f"{name}={value}" for name, value in incumbent["parameters"].items()), markup=False
        )
    console.print(f"trials   {run.folder / 'trials.csv'}\nreport   {run.folder / 'children' / 'test' / 'report.html'}")
