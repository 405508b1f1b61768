"""The problem: instances, one scorer, references, contestants; what a configuration names."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, Instance
from headway.components import build, givens
from headway.errors import CapabilityError, UnknownNameError
from headway.evaluation import Evaluation, Reference
from headway.findings import Findings, Study
from headway.ops import BackendName
from headway.seeds import Split, stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from headway.environment import Environment
    from headway.policy import Policy

I = TypeVar("I", bound=Instance)  # noqa: E741
X = TypeVar("X", bound=Batch)


@dataclass(frozen=True)
class Criterion:
    """How periods add up to an objective.

    ``finite``: their sum; ``discounted``: weighted with ``gamma`` per period; ``average``: the mean
    over periods after the first ``warmup`` ones, which the scorer leaves out.
    """

    kind: Literal["finite", "discounted", "average"] = "finite"
    gamma: float = 1.0
    warmup: int = 0


@dataclass(frozen=True, kw_only=True)
class Problem(ABC, Generic[I, X]):
    """One task of a domain. Subclasses are components; their fields are the problem's parameters.

    The class attributes name other components as ``name -> "module:Class"``, loaded on first use.
    The first entry of ``environments`` is the default one.
    """

    name: ClassVar[str]  # "domain/problem"
    sense: ClassVar[Literal["min", "max"]] = "min"
    gap: ClassVar[Literal["ratio", "difference"]] = "ratio"
    unit: ClassVar[str] = ""
    criterion: ClassVar[Criterion] = Criterion()
    resampling: ClassVar[Literal["instance", "blocks"]] = "instance"
    timeline: ClassVar[bool] = False  # instances have periods that are revealed one by one
    stress: ClassVar[Mapping[str, tuple[str, str]]] = {}  # stretches that backtests report on: name -> first, last

    instance_type: ClassVar[type[Any]]
    solution_type: ClassVar[type[Any]]
    environments: ClassVar[Mapping[str, str]]
    baselines: ClassVar[Mapping[str, str]] = {}
    oracles: ClassVar[Mapping[str, str]] = {}  # see the future: labelled, never ranked
    networks: ClassVar[Mapping[str, str]] = {}
    policies: ClassVar[Mapping[str, str]] = {}  # trained ones that ship: name -> "package:folder"

    # -- instances ------------------------------------------------------------------------------
    @abstractmethod
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> I:
        """Draw ``n`` instances. ``split`` matters only where splits are by time or by file."""

    def instances(self, split: Split, n: int, seed: int = 0) -> I:
        """``n`` instances of a split: the same ones for the same arguments, for everybody."""
        return self.generate(stream(split, seed, self.name, "instances"), n, split)

    def load(self, path: Path) -> I:
        """Read instances from a file a user has. Extended by domains with their field's formats."""
        return self.instance_type.restore(path)  # type: ignore[no-any-return]

    def view(self, instance: I, period: int) -> I:
        """What is known at ``period``: the prefix of the path. All of it where nothing is revealed."""
        return instance

    def perturb(self, instance: I, period: int, rng: np.random.Generator) -> I:
        """An instance with the same view at ``period`` and another future; for the causality check."""
        raise CapabilityError(f"{self.name} reveals nothing over time", where="Problem.perturb")

    def history(self, start: str | None = None, end: str | None = None) -> I:
        """The real path, as a batch of one: what a backtest walks through.

        It is scored from ``start`` to ``end`` (dates or periods; by default on the days of the test
        split); whatever came before is its known prefix.
        """
        raise CapabilityError(f"{self.name} has no history to backtest on", where="Problem.history")

    def until(self, view: I) -> Problem[I, X]:
        """This problem with all its splits drawn from ``view``: what a refit inside a backtest may see."""
        raise CapabilityError(f"{self.name} cannot be refitted on a history", where="Problem.until")

    def recent(self, view: I, periods: int) -> I:
        """The last ``periods`` of a view (a batch of one): all that a refit on a rolling window may see."""
        raise CapabilityError(f"{self.name} cannot be refitted on a rolling window", where="Problem.recent")

    def clock(self, view: I) -> NDArray[Any]:
        """When the periods whose outcome ``view`` (a batch of one) tells took place, in order: [T].

        Dates (datetime64), times since some start (timedelta64), or numbers; nothing where the view does not say.
        By default the dates that it holds.
        """
        dates = [array[0] for array in view.arrays().values() if array.dtype.kind == "M" and array.ndim == 2]
        return next((known for known in dates if not np.isnat(known).any()), np.arange(0))

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences that belong into every report on this problem: of its data and its conventions."""
        return ()

    # -- solutions ------------------------------------------------------------------------------
    @abstractmethod
    def evaluate(self, instance: I, solution: X) -> Evaluation:
        """The single scorer: pure, shares no code with `Environment.step`, never repairs a solution.

        Raises
        ------
        SolutionError
            The solution does not fit the instance (another batch length or size).
        """

    def measures(self, series: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """Metrics that follow from an evaluation's series alone: name -> [R] from [R, T] each.

        A backtest calls it on resampled histories, for intervals around the metrics of those names.
        """
        return {}

    def findings(self, study: Study[I, X]) -> Findings:
        """What the field makes of a finished backtest: tables, charts and sentences for its report."""
        return Findings()

    def read_solution(self, instance: I, path: Path) -> X:
        """Read a solution of ``instance`` (a batch of one) from a file of the field's format."""
        return self.solution_type.restore(path)  # type: ignore[no-any-return]

    def write_solution(self, instance: I, solution: X, path: Path) -> Path:
        """Write a solution of ``instance`` (a batch of one) so that people and other tools can read it."""
        return solution.save(path)

    def references(self, instance: I) -> Mapping[str, Reference]:
        """Optima, best known values, bounds and reference policies for these instances, by name."""
        return {}

    def render(self, instance: I, solution: X) -> Figure:
        """A picture of one solution (a batch of one)."""
        raise CapabilityError(f"{self.name} has no picture", where="Problem.render")

    # -- its other components -------------------------------------------------------------------
    def environment(
        self, name: str | None = None, *, backend: BackendName = "numpy", **options: Any
    ) -> Environment[I, X, Any, Any]:
        """One of the problem's environments (the default one without a name)."""
        name = name or next(iter(self.environments))
        cls = lookup("environment", name, self.environments)
        built: Environment[I, X, Any, Any] = build(cls, options, where="env", problem=self, backend=backend)
        return built

    def baseline(self, name: str, **options: Any) -> Any:
        """A classical policy, planner or solver (or an oracle) by name."""
        return self.contestant(name, options, where="contestant")

    def contestant(self, name: str, options: Mapping[str, Any], *, where: str, **bound: Any) -> Any:
        """A baseline or oracle with its ``given`` fields ``bound``; one called ``problem`` is this problem."""
        cls = lookup("contestant", name, {**self.baselines, **self.oracles})
        own = {"problem": self} if "problem" in givens(cls) else {}
        return build(cls, options, where=where, **own, **bound)

    def network(self, name: str, **options: Any) -> Any:
        """A network recipe of this problem or a generic one of `headway.nn`, by name."""
        from headway.nn import NETWORKS

        return build(lookup("network", name, {**NETWORKS, **self.networks}), options, where="network")

    def policy(self, name: str) -> Policy:
        """A trained policy that ships, by name. Its card is ``README.md`` in `policy_folder`."""
        from headway.storage.stored import load_policy

        return load_policy(self.policy_folder(name) / "policy")

    def policy_folder(self, name: str) -> Path:
        """Where a trained policy that ships lies in its installed package."""
        if name not in self.policies:
            raise UnknownNameError("policy", name, self.policies)
        package, _, folder = self.policies[name].partition(":")
        return Path(str(files(package))) / folder


def lookup(kind: str, name: str, table: Mapping[str, str]) -> type[Any]:
    """The class that a registry table names as ``module:Class``."""
    if name not in table:
        raise UnknownNameError(kind, name, table)
    module, _, attribute = table[name].partition(":")
    return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]
