"""The verbs that train."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headway.pipelines.commands.answer import Answer
from headway.pipelines.commands.arguments import keyed
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import ResumeConfig, Tracking, TrainConfig

if TYPE_CHECKING:
    from rich.console import Console

    from headway.runs import Run


def train(arguments: list[str]) -> Answer:
    """Train a policy, mirror the run to MLflow, register the policy where asked to."""
    config = resolve(TrainConfig, "train", arguments).config
    from headway.pipelines.train import train  # loads torch, which a refused configuration need not wait for

    return _trained(train(config), config.tracking)


def resume(arguments: list[str]) -> Answer:
    """Continue a run; it is tracked as it was configured when it began."""
    from headway.runs import Run

    folder = compose(ResumeConfig, "resume", keyed(arguments, "folder")).config.folder
    verb = Run.open(folder).provenance["verb"]
    if verb in ("compare", "family"):
        from headway.pipelines.commands.comparing import resumed

        return resumed(Run.open(folder))
    if verb == "curves":
        from headway.pipelines.commands.learning import resumed as curves_resumed

        return curves_resumed(Run.open(folder))
    if verb == "tune":
        from headway.pipelines.commands.tuning import tuned
        from headway.pipelines.tune import resume_tuning

        return tuned(resume_tuning(Run.open(folder)))
    from headway.pipelines.train import resume

    run = resume(folder)
    return _trained(run, Tracking.model_validate(run.config["tracking"]))


def _trained(run: Run, tracking: Tracking) -> Answer:
    from headway.tracking import mirror
    from headway.tracking.model_registry import log_policy

    if tracking.uri is not None:
        mirror(run, tracking.uri)
        if tracking.register_as is not None:
            log_policy(run, run.folder / "policy", tracking.register_as, uri=tracking.uri)
    data = summary(run)
    return Answer(data, lambda console: _show(console, data))


def summary(run: Run) -> dict[str, Any]:
    """What a training run reached, at which cost, and where it is."""
    training = json.loads((run.folder / "training.json").read_text(encoding="utf-8"))
    kept = {key: training[key] for key in ("best", "steps", "cpu_seconds", "curve")}
    policy = str(run.folder / "policy")
    return {"run": str(run.folder), "status": run.status, "policy": policy, "problem": run.config["problem"], **kept}


def _show(console: Console, data: dict[str, Any]) -> None:
    first = data["curve"][0]["objective"]
    console.print(f"[bold]validation {_number(first)} -> {_number(data['best'])}[/]  "
                  f"in {data['steps']:,} steps, {data['cpu_seconds']:.0f} CPU-seconds")  # fmt: skip
    console.print(f"policy   {data['policy']}")
    name = data["problem"]["name"]
    console.print(f"[dim]next: headway compare problem={name} contestants={data['run']},...[/]")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
