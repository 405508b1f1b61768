"""The verb ``curves``: how fast agents learn a problem, in CPU-seconds, beside the rules that need no learning."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from headway.errors import ConfigError
from headway.pipelines.children import finished
from headway.pipelines.compare import compare
from headway.pipelines.comparison.publish import publish
from headway.pipelines.configuration.schema import CompareConfig, CurvesConfig, Entry, Tracking
from headway.pipelines.efficiency.ground import Ground, ground, rules
from headway.pipelines.efficiency.learners import affordable, recommended, trained
from headway.pipelines.efficiency.lines import Line, line, summary
from headway.pipelines.efficiency.picture import draw
from headway.pipelines.resumption import noted, refuse_resuming
from headway.problem import Problem
from headway.registry import agent_class, make_problem
from headway.runs import Run
from headway.storage.files import write_rows, write_text

CURVES, TABLE, RESULTS, PICTURE = "curves.csv", "efficiency.csv", "curves.json", "curves.svg"
STEPS, TEST = "steps.json", "test"

Watch = Callable[[int, int, str], None]  # trainings so far, trainings in all, the last one


def curves(config: CurvesConfig, *, root: Path | None = None, watch: Watch = lambda done, total, last: None) -> Run:
    """Train each agent with each seed for the same CPU-seconds, as child runs, and draw their gaps over that time.

    The run's folder gets ``curves.csv`` (every validation), ``efficiency.csv`` (a row per agent), ``curves.json`` and
    ``pictures/curves.svg``; the child ``test`` compares the kept policies with the rules on test instances.

    Raises
    ------
    UnknownNameError
        There is no such agent.
    ConfigError
        Two agents have one label.
    """
    titles = [learner.title for learner in config.agents]
    if len(set(titles)) < len(titles):
        raise ConfigError("two agents have one label", where="agents", got=titles, expected="labels that differ",
                          hint="{name: ppo, label: ppo slow, lr: 1e-4}")  # fmt: skip
    for learner in config.agents:
        agent_class(recommended(config, learner)[0].name)
    record = config.model_dump(mode="json")
    run = Run.create("curves", record, root=root or config.runs, problem=config.problem.name, name=config.name)
    return _run(config, run, watch)


def resume_curves(run: Run, watch: Watch = lambda done, total, last: None) -> Run:
    """Go on where it stopped: finished trainings are kept, the others begun anew.

    Raises
    ------
    ConfigError
        The run belongs to another one, or is still running.
    """
    if run.status != "finished":
        refuse_resuming(run)
    return _run(CurvesConfig.model_validate(run.config), run, watch)


def _run(config: CurvesConfig, run: Run, watch: Watch) -> Run:
    problem = make_problem(config.problem.name, **config.problem.options)
    with noted(run), run:
        base = ground(config, problem, run.folder)
        lines, folders = _lines(config, problem, base, run, watch)
        _write(config, problem, base, lines, run.folder)
        test = finished(run, TEST) or compare(_test(config, problem, folders), root=run.folder / "children")
        _conclude(config, problem, base, lines, test, run.folder)
    publish(run, tracking=config.tracking.uri, report=False)
    return run


def _lines(
    config: CurvesConfig, problem: Problem[Any, Any], base: Ground, run: Run, watch: Watch
) -> tuple[list[Line], list[tuple[str, Path]]]:
    """The curves of all trainings, and where their policies are. Seeds take turns, so that all agents are at it."""
    steps = _steps(config, run)
    lines, folders = [], []
    for seed in range(config.seed, config.seed + config.seeds):
        for learner in config.agents:
            made = trained(config, learner, seed, steps[learner.title], run)
            lines.append(line(learner.title, seed, made, base, problem))
            folders.append((learner.title, made.folder))
            watch(len(lines), config.seeds * len(config.agents), f"{learner.title}, gap {lines[-1].gaps[-1]:.4g}")
    return lines, folders


def _steps(config: CurvesConfig, run: Run) -> dict[str, int]:
    """How long each agent trains, worked out once."""
    file = run.folder / STEPS
    if not file.exists():
        found = {learner.title: affordable(config, learner, run) for learner in config.agents}
        write_text(file, json.dumps(found, indent=2) + "\n")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _test(config: CurvesConfig, problem: Problem[Any, Any], folders: Sequence[tuple[str, Path]]) -> CompareConfig:
    """The policies that validation chose, beside the rules, on instances that nothing has seen."""
    entries = [Entry(name=str(folder), label=label) for label, folder in folders]
    own = {key: getattr(config, key) for key in CompareConfig.model_fields if key in CurvesConfig.model_fields}
    changes: dict[str, Any] = {
        "contestants": (*entries, *rules(config, problem)),
        "name": TEST,
        "seeds": 1,
        "ablations": False,
        "tracking": Tracking(uri=None),
    }
    return CompareConfig(**own | changes)


# -- what is written ------------------------------------------------------------------------------
def _summaries(config: CurvesConfig, lines: Sequence[Line]) -> list[dict[str, Any]]:
    titles = [learner.title for learner in config.agents]
    return [summary([one for one in lines if one.agent == t], config.targets, config.confidence) for t in titles]


def _write(config: CurvesConfig, problem: Problem[Any, Any], base: Ground, lines: Sequence[Line], folder: Path) -> None:
    header = ["agent", "seed", "step", "cpu_seconds", "gap"]
    points = (
        [one.agent, one.seed, int(step), seconds, gap]
        for one in lines
        for step, seconds, gap in zip(one.steps, one.seconds, one.gaps, strict=True)
    )
    write_rows(folder / CURVES, [header, *points])
    table = _summaries(config, lines)
    write_rows(folder / TABLE, [list(table[0]), *(row.values() for row in table)])
    draw(lines, base, problem, min(config.targets), folder / "pictures" / PICTURE)


def _conclude(
    config: CurvesConfig, problem: Problem[Any, Any], base: Ground, lines: Sequence[Line], test: Run, folder: Path
) -> None:
    results = json.loads((test.folder / "results.json").read_text(encoding="utf-8"))
    record = {
        "reference": {"name": base.reference, "value": base.value},
        "gap": problem.gap,
        "targets": config.targets,
        "agents": _summaries(config, lines),
        "test": {"verdict": results["verdict"], "rows": results["rows"]},
    }
    write_text(folder / RESULTS, json.dumps(record, indent=2) + "\n")
