"""The verb ``demo``: what it runs, what came out, where to look next."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.pipelines.commands.answer import Answer, console
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import DemoConfig
from headway.pipelines.demo import Demo, Tell, demo

if TYPE_CHECKING:
    from rich.console import Console


def run(arguments: list[str]) -> Answer:
    """Run the demo, telling each command as it starts and ends."""
    config = compose(DemoConfig, "demo", arguments).config
    with _telling() as tell:
        done = demo(config, tell)
    from headway.pipelines.comparison.results import read

    boards = {str(folder): [vars(row) for row in read(folder).rows] for folder in done.judged}
    data = {"folder": str(done.folder), "report": str(done.report), "seconds": done.seconds, "rows": boards}
    return Answer(data, lambda out: _show(out, done, config))


@contextlib.contextmanager
def _telling() -> Iterator[Tell]:
    """A line on standard error for each command, with the time since the start."""
    from rich.markup import escape

    started, err = time.monotonic(), console(error=True)

    def tell(typed: str, answer: Any) -> None:
        shown = typed if len(typed) < 110 else f"{typed[:107]}..."
        clock = f"[dim]{time.monotonic() - started:5.0f} s[/]"
        if answer is None:
            err.print(f"{clock}  {escape(shown)}")
        else:
            err.print(f"{clock}  [green]done[/]  {_gist(answer)}")

    yield tell


def _gist(answer: Any) -> str:
    """What a training run or a comparison answered, in a line."""
    if isinstance(answer, list):
        return f"{Path(answer[0]['run']).name}: {len(answer)} contestants, best is {answer[0]['contestant']}"
    first, best = answer["curve"][0]["objective"], answer["best"]
    learned = f"validation {first:.4g} -> {best:.4g}, {answer['cpu_seconds']:.0f} CPU-s"
    return f"{Path(answer['run']).name}: {learned}"


def _show(out: Console, done: Demo, config: DemoConfig) -> None:
    from rich.rule import Rule

    from headway.pipelines.commands.comparing import table
    from headway.pipelines.comparison.results import read

    for folder in done.judged:
        results = read(folder)
        out.print(Rule(f"[bold]{results.problem['name']}[/] {results.verb}", align="left", style="dim"))
        out.print(results.verdict, style="bold", markup=False)
        out.print(table(results))
        out.print()
    minutes, seconds = divmod(round(done.seconds), 60)
    out.print(f"[bold]{minutes} min {seconds} s.[/] Where to look next:")
    for what, where in (
        ("the report, in a browser", done.report),
        ("every run's own folder", done.folder),
        ("the same in MLflow", "headway ui" if config.tracking.uri else "switched off"),
        ("what else there is", "headway list"),
        ("the experiments behind this", "headway show train config=demo/STUDY_train"),
    ):
        out.print(f"  {what:<28} [cyan]{where}[/]")
