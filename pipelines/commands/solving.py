"""The verbs about single files: instances, solutions, verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.pipelines.commands.answer import Answer
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import EvaluateConfig, GenerateConfig, SolveConfig

if TYPE_CHECKING:
    from rich.console import Console


def solve(arguments: list[str]) -> Answer:
    """One contestant on one instance."""
    from headway.pipelines.solve import solve

    return _verdict(solve(resolve(SolveConfig, "solve", arguments).config))


def evaluate(arguments: list[str]) -> Answer:
    """What the scorer says of a solution in a file."""
    from headway.pipelines.evaluate import evaluate

    return _verdict(evaluate(resolve(EvaluateConfig, "evaluate", arguments).config))


def generate(arguments: list[str]) -> Answer:
    """Instances to a file."""
    from headway.pipelines.generate import generate

    config = resolve(GenerateConfig, "generate", arguments).config
    data = {"out": str(generate(config)), "problem": config.problem.name, "n": config.n, "seed": config.seed,
            "split": config.split}  # fmt: skip
    return Answer(data, lambda console: console.print(f"{data['n']} instances of {data['problem']}: {data['out']}"))


def _verdict(data: dict[str, Any]) -> Answer:
    return Answer(data, lambda console: _show_verdict(console, data))


def _show_verdict(console: Console, data: dict[str, Any]) -> None:
    state = "[bold green]feasible[/]" if data["feasible"] else "[bold red]infeasible[/]"
    if data["objective"] is None:
        state = "[bold red]no solution[/]"
    objective = "" if data["objective"] is None else f"[bold]{data['objective']:.10g}[/] {data['unit']}"
    console.print(f"{state}  {objective}")
    broken = {name: amount for name, amount in data["violations"].items() if amount}
    for name, amount in broken.items():
        console.print(f"  [red]{name}[/] broken by {amount:.6g}")
    for name, value in data["metrics"].items():
        console.print(f"  {name} [dim]=[/] {value:.6g}")
    if "contestant" in data:
        console.print(
            f"[dim]{data['contestant']}: {data['cpu_seconds']:.2f} CPU-seconds, {data['seconds']:.2f} seconds[/]"
        )
    if data.get("out"):
        console.print(f"solution  {data['out']}")
