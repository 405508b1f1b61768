"""What a study leaves in its folder: ``trials.csv``, ``tuning.json`` and, with two goals, the Pareto front drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.pipelines.tuning.goals import Goal
from headway.storage.files import write_rows, write_text

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

TRIALS, TUNING = "trials.csv", "tuning.json"


def write_trials(study: Study, goals: Sequence[Goal], folder: Path) -> Path:
    """All trials, failed and pruned ones too: number, state, value of each goal, CPU-seconds that were spent, values of
    the knobs, and what became of the first answer that was not feasible."""
    trials = study.get_trials(deepcopy=False)
    knobs = sorted({name for trial in trials for name in trial.params})
    header = ["number", "state", *(goal.name for goal in goals), "spent", *knobs, "message"]
    return write_rows(folder / TRIALS, [header, *(_line(trial, len(goals), knobs) for trial in trials)])


def _line(trial: FrozenTrial, goals: int, knobs: Sequence[str]) -> list[Any]:
    measured = [*(trial.values or [""] * goals), trial.user_attrs.get("cpu_seconds", "")]
    values = [trial.params.get(knob, "") for knob in knobs]
    return [trial.number, trial.state.name.lower(), *measured, *values, trial.user_attrs.get("message", "")]


def write_tuning(
    study: Study, goals: Sequence[Goal], best: Sequence[FrozenTrial], test: Mapping[str, Any], folder: Path
) -> Path:
    """The incumbents with their tuning values, what the study cost, and what the test said."""
    trials = study.get_trials(deepcopy=False)
    states = [trial.state.name.lower() for trial in trials]
    record = {
        "goals": [goal._asdict() for goal in goals],
        "trials": {state: states.count(state) for state in sorted(set(states))},
        "cpu_seconds": sum(trial.user_attrs.get("cpu_seconds", 0.0) for trial in trials),
        "incumbents": [
            {"trial": t.number, "values": [v if math.isfinite(v) else None for v in t.values], "parameters": t.params}
            for t in best
        ],
        "test": test,
    }
    return write_text(folder / TUNING, json.dumps(record, indent=2) + "\n")


def draw_front(study: Study, goals: Sequence[Goal], best: Sequence[FrozenTrial], file: Path) -> None:
    """Every finished trial by its first two goals; the Pareto front as a staircase, as that is all that has been
    reached, labelled by trial number."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    done = [t.values for t in study.get_trials(deepcopy=False) if t.values and all(map(math.isfinite, t.values))]
    axes.scatter([v[0] for v in done], [v[1] for v in done], s=18, color="#9a9a9a", label="trials")
    front = sorted((t.values[0], t.values[1], t.number) for t in best)
    style = "steps-post" if goals[0].sense == "min" else "steps-pre"
    x, y, _ = zip(*front, strict=True)
    axes.plot(x, y, "o-", drawstyle=style, color="#1f5fa8", label="Pareto front")
    for x, y, number in front:
        axes.annotate(str(number), (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8)
    axes.set_xlabel(f"{goals[0].name} ({'less' if goals[0].sense == 'min' else 'more'} is better)")
    axes.set_ylabel(f"{goals[1].name} ({'less' if goals[1].sense == 'min' else 'more'} is better)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)
