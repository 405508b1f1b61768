"""Contestants by name: what a comparison, a backtest or `headway solve` can enter.

A name is, in this order of lookup,

- ``models:/NAME@alias``: a policy registered with MLflow,
- a baseline or oracle of the problem, or ``random`` (uniform over the allowed actions),
- a trained policy that ships with the problem (`Problem.policies`),
- a folder: of a stored policy, of a training run, or of one of its checkpoints.

Options are the knobs of a baseline. Two are special: ``policy`` (a name as above) is handed to a
hybrid, ``env`` names the environment that ``random`` acts in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from headway.components import build, givens
from headway.components import options as knob_values
from headway.errors import CapabilityError, ConfigError, DataError, UnknownNameError
from headway.problem import Problem, lookup
from headway.solver import Solver

if TYPE_CHECKING:
    from headway.storage.stored import StoredPolicy

RANDOM = "random"
REGISTERED = "models:/"


@dataclass(frozen=True)
class Contestant:
    """A policy or solver entered in a comparison: plain data, so that a worker can load it.

    Attributes
    ----------
    label : what rows are called
    kind : a baseline of the problem (or ``random``), a stored policy, or a solver handed a policy
    options : knobs of the baseline
    folder : of the stored policy
    environment, environment_options : where a policy acts; None: what the policy itself says
    setting : what that is called beside others: the environment, and its options that are not the usual ones
    oracle : sees the future; labelled, never ranked
    guide : the policy that a hybrid is handed
    """

    label: str
    kind: Literal["baseline", "policy", "hybrid"]
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    environment: str | None = None
    environment_options: Mapping[str, Any] = field(default_factory=dict)
    setting: str | None = None
    oracle: bool = False
    guide: Contestant | None = None

    @property
    def learned(self) -> bool:
        """A stored policy, or a hybrid with one."""
        return self.kind == "policy" or (self.guide is not None and self.guide.learned)

    @property
    def policies(self) -> list[Path]:
        """Folders of the stored policies in it."""
        return [c.folder for c in (self, self.guide) if c is not None and c.folder is not None]

    def load(self, problem: Problem[Any, Any]) -> Any:
        """The `Policy`, `Planner` or `Solver` itself."""
        if self.folder is not None:
            from headway.storage.stored import load_policy

            return load_policy(self.folder)
        if self.name == RANDOM and RANDOM not in problem.baselines:
            from headway.contest.chance import RandomPolicy

            return RandomPolicy()
        bound = {"policy": self.guide.load(problem)} if self.guide else {}
        return problem.contestant(self.name, self.options, where=self.label, **bound)

    def without_learning(self) -> Contestant:
        """Its ablation: the same code, options and environment, with random actions in place of the learned policy.

        The label names the options: contestants that differ in them have ablations that do.
        """
        if self.kind == "hybrid" and self.guide is not None:
            guide = self.guide.without_learning()
            knobs = "".join(f", {name}={value}" for name, value in self.options.items())
            return dataclasses.replace(self, label=f"{self.name}(policy={guide.name}{knobs})", guide=guide)
        place = self.setting or self.environment
        label = f"{RANDOM} ({place})" if place else RANDOM
        return dataclasses.replace(self, label=label, kind="baseline", name=RANDOM, folder=None)

    def message(self) -> dict[str, Any]:
        """Itself as JSON; `from_message` reverses it."""
        record = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        folder = None if self.folder is None else str(self.folder.absolute())
        guide = None if self.guide is None else self.guide.message()
        return record | {"folder": folder, "guide": guide}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Contestant:
        """What `message` described."""
        folder, guide = message["folder"], message["guide"]
        parts = {"folder": Path(folder) if folder else None, "guide": cls.from_message(guide) if guide else None}
        return cls(**{**message, **parts})


def resolve(
    name: str,
    problem: Problem[Any, Any],
    options: Mapping[str, Any] | None = None,
    *,
    label: str | None = None,
    tracking: str | None = None,
) -> Contestant:
    """The contestant that ``name`` and its ``options`` mean (see the module).

    Parameters
    ----------
    label : what its rows are called; by default the name, or the run's folder name
    tracking : MLflow tracking URI of registered models; None: MLflow's own default

    Raises
    ------
    UnknownNameError
        Neither a baseline nor a folder; or an option is not a knob of the baseline.
    ConfigError
        An option has a wrong value, or a hybrid lacks its policy.
    DataError
        The folder holds no stored policy, or no model is registered so.
    CapabilityError
        The stored policy is of another problem; or a solver, which sees whole instances, is entered
        where these are revealed over time.
    """
    options = dict(options or {})
    known = {**problem.baselines, **problem.oracles}
    if name.startswith(REGISTERED):
        from headway.tracking.model_registry import fetch_policy

        return _stored(fetch_policy(name, tracking), problem, options, label or name.removeprefix(REGISTERED))
    if name in known:
        return _baseline(name, problem, options, label, tracking)
    if name == RANDOM:
        return _random(problem, options, label)
    if name in problem.policies:
        return _stored(problem.policy_folder(name), problem, options, label or name)
    if Path(name).is_dir():
        folder = Path(name).absolute()
        own = folder.parent if folder.name == "policy" else folder
        return _stored(folder, problem, options, label or own.name)
    raise UnknownNameError(
        "contestant", name, [*known, RANDOM, *problem.policies], where="contestant (no folder of this name either)"
    )


def _baseline(
    name: str, problem: Problem[Any, Any], options: dict[str, Any], label: str | None, tracking: str | None
) -> Contestant:
    cls = lookup("contestant", name, {**problem.baselines, **problem.oracles})
    if problem.timeline and issubclass(cls, Solver) and name not in problem.oracles:
        raise CapabilityError(
            f"{name} is a solver, which would see the future of {problem.name}",
            where=label or name,
            expected="a policy, a planner or an oracle",
            hint="plan over a rolling horizon (`headway.Planner`), or list it among the problem's oracles",
        )
    if "policy" not in givens(cls):
        build(cls, options, where=label or name)  # refuse a wrong option now, not in a worker
        oracle = name in problem.oracles
        environment = getattr(cls, "environment", None)
        return Contestant(label or name, "baseline", name, options, environment=environment, oracle=oracle)
    text = options.pop("policy", None)
    if text is None:
        raise ConfigError(
            f"the hybrid {name!r} is handed a policy",
            where=f"{label or name}.policy",
            got="nothing",
            expected="a run, a checkpoint, a registered model, a baseline policy or random",
        )
    guide = resolve(str(text), problem, tracking=tracking)
    build(cls, options, where=label or name, policy=guide.load(problem))
    return Contestant(label or f"{name}(policy={guide.label})", "hybrid", name, options, guide=guide)


def _random(problem: Problem[Any, Any], options: dict[str, Any], label: str | None) -> Contestant:
    environment = options.pop("env", None)
    if options:
        raise UnknownNameError("key of random", next(iter(options)), ["env"], where="random")
    if environment is not None:
        lookup("environment", environment, problem.environments)
    return Contestant(label or RANDOM, "baseline", RANDOM, environment=environment)


def _stored(folder: Path, problem: Problem[Any, Any], options: dict[str, Any], label: str) -> Contestant:
    from headway.storage.stored import load_policy

    if options:
        raise UnknownNameError("key of a stored policy", next(iter(options)), [], where=label)
    place = _place(folder)
    policy = load_policy(place)
    if policy.problem_name != problem.name:
        raise CapabilityError(
            "the policy was trained for another problem", where=place, got=policy.problem_name, expected=problem.name
        )
    return Contestant(
        label,
        "policy",
        label,
        folder=place,
        environment=policy.environment_name,
        environment_options=dict(policy.environment_options),
        setting=setting(problem, policy.environment_name, policy.environment_options),
    )


def stored_policy(name: str, tracking: str | None = None) -> StoredPolicy | None:
    """The trained policy that a registered model, a run, a checkpoint or a policy folder is; None for other names.

    Raises
    ------
    DataError
        The folder holds no stored policy, or no model is registered so.
    """
    from headway.storage.stored import load_policy

    if name.startswith(REGISTERED):
        from headway.tracking.model_registry import fetch_policy

        return load_policy(fetch_policy(name, tracking))
    return load_policy(_place(Path(name))) if Path(name).is_dir() else None


def _place(folder: Path) -> Path:
    """Where in a run's folder, or in itself, a stored policy lies."""
    place = next((p for p in (folder, folder / "policy") if (p / "policy.json").is_file()), None)
    if place is None:
        raise DataError(
            "the folder holds no stored policy",
            where=folder,
            got=sorted(path.name for path in folder.iterdir())[:8],
            expected="policy.json, or a folder policy/ with it",
        )
    return place


def setting(problem: Problem[Any, Any], environment: str, chosen: Mapping[str, Any]) -> str:
    """An environment with those of its options that are not the usual ones: ``trade, base=held``."""
    from pydantic_core import to_jsonable_python as plain

    usual = plain(knob_values(problem.environment(environment)))
    changed = [f"{name}={value}" for name, value in plain(dict(chosen)).items() if usual.get(name) != value]
    return ", ".join([environment, *changed])
