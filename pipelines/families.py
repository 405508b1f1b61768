"""Comparisons over a family of instances: how each contestant's gap moves away from what it was trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from headway.contest.contestants import resolve
from headway.errors import ConfigError
from headway.pipelines.cells.grid import Watch, fill
from headway.pipelines.compare import Contest, prepare
from headway.pipelines.comparison.conclusion import Comparison
from headway.pipelines.comparison.family import PICTURE, Family, draw, write_table
from headway.pipelines.comparison.publish import publish
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import CompareConfig, Tracking
from headway.pipelines.resumption import noted, refuse_resuming
from headway.pipelines.tuning.space import with_knobs
from headway.registry import make_problem
from headway.runs import Run


def compare_over(
    config: CompareConfig, *, root: Path | None = None, watch: Watch = lambda done, total, label: None
) -> Run:
    """The same contestants on every member of a family, ``config.over``: option (dotted where it is nested) -> values.

    Each member is a comparison of its own, a child run with its report; all are computed together. The run's folder
    gets ``family.csv`` and ``family.svg``: gaps with their intervals, by value of the option.

    Raises
    ------
    ConfigError
        The option is within one that has no options.
    LeakageError
        A learned contestant has seen one of the instances in training.
    CapabilityError
        The executor needs what is not there.
    """
    members = _members(config)
    run = Run.create("family", config.model_dump(mode="json"), root=root or config.runs, problem=config.problem.name,
                     name=config.name)  # fmt: skip
    _run(config, members, run, watch)
    publish(run, tracking=config.tracking.uri, report=config.report)
    return run


def resume_family(run: Run, watch: Watch = lambda done, total, label: None) -> Run:
    """Go on with a family that was killed: finished cells are read, the others computed.

    Raises
    ------
    ConfigError
        The run belongs to another one, or is still running.
    """
    config = CompareConfig.model_validate(run.config)
    if run.status != "finished":
        refuse_resuming(run)
        _run(config, _members(config), run, watch)
    publish(run, tracking=config.tracking.uri, report=config.report)
    return run


def family(run: Run) -> Family:
    """What a finished run found, from the results of its children."""
    config = CompareConfig.model_validate(run.config)
    ((option, values),) = config.over.items()
    folders = [_folder(run, _member(config, option, value, place)) for place, value in enumerate(values)]
    rows = {
        json.dumps(value): {row.contestant: row for row in read(folder).rows}
        for value, folder in zip(values, folders, strict=True)
    }
    return Family(option, rows, _trained(config, option))


def _run(config: CompareConfig, members: Sequence[Comparison], run: Run, watch: Watch) -> None:
    with noted(run), run:
        with ExitStack() as stack:
            contests = [Contest(member, stack.enter_context(_child(run, member.config))) for member in members]
            fill([contest.grid for contest in contests], config.executor, config.threads, watch)
            for contest in contests:
                contest.conclude()
        for contest in contests:
            publish(contest.run, tracking=None, report=config.report)
        found = family(run)
        write_table(found, run.folder)
        draw(found, make_problem(config.problem.name, **config.problem.options), run.folder / "pictures" / PICTURE)


def _members(config: CompareConfig) -> list[Comparison]:
    ((option, values),) = config.over.items()
    return [prepare(_member(config, option, value, place)) for place, value in enumerate(values)]


def _member(config: CompareConfig, option: str, value: Any, place: int) -> CompareConfig:
    try:
        options = with_knobs(config.problem.options, {option: value})
    except (AttributeError, TypeError) as error:
        raise ConfigError("an option within one that has none", where="over", got=option) from error
    problem = config.problem.model_copy(update={"options": options})
    changes = {"problem": problem, "over": {}, "name": f"{place}-{option}", "tracking": Tracking(uri=None)}
    return config.model_copy(update=changes)


def _child(run: Run, config: CompareConfig) -> Run:
    """The run of a member, made where there is none yet."""
    folder = _folder(run, config)
    if folder.exists():
        return Run.open(folder)
    record = config.model_dump(mode="json")
    return Run.create("compare", record, parent=run, problem=config.problem.name, name=config.name)


def _folder(run: Run, config: CompareConfig) -> Path:
    return run.folder / "children" / str(config.name)


def _trained(config: CompareConfig, option: str) -> dict[str, Any]:
    """Contestant -> the value of the option that its policy was trained at."""
    problem = make_problem(config.problem.name, **config.problem.options)
    found = {}
    for entry in config.contestants:
        member = resolve(entry.name, problem, entry.options, label=entry.label, tracking=config.tracking.uri)
        for folder in member.policies:
            description = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
            found[member.label] = _at(description["problem_options"], option)
    return found


def _at(options: Any, option: str) -> Any:
    """The value of a dotted option, None where there is none."""
    for step in option.split("."):
        options = options.get(step) if isinstance(options, Mapping) else None
    return options
