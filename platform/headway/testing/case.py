"""What checks run on: a problem or one of its environments, with material that is made once and shared."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from headway.batch import Batch, Instance
from headway.components import build, givens, knobs, options
from headway.environment import Environment
from headway.errors import CapabilityError, HeadwayError
from headway.evaluation import Evaluation
from headway.ops import BackendName
from headway.policy import Planner, Policy
from headway.problem import Problem, lookup
from headway.rollouts import rollout
from headway.solver import Budget, Search, Solver, answer
from headway.testing.play import Episode, legal, play

ROWS = 4  # instances that most checks look at
SOLVED = 2  # instances that solvers are run on, one by one
CPU = 0.2  # budget of a solver, CPU-seconds


@dataclass(frozen=True)
class Answer:
    """A contestant's solutions of the case's first instances, and what the scorer says of them; ``exact`` [B] are those
    of an exact solver that stopped by itself.
    """

    name: str
    oracle: bool
    exact: np.ndarray[Any, np.dtype[np.bool_]]
    solution: Batch
    evaluation: Evaluation


class ProblemCase:
    """A problem under test; ``material`` replaces what is made below, by name."""

    def __init__(self, problem: Problem[Any, Any], **material: Any) -> None:
        self.problem = problem
        vars(self).update(material)

    @cached_property
    def instance(self) -> Instance:
        return self.problem.instances("validation", ROWS)  # type: ignore[no-any-return]

    @cached_property
    def environments(self) -> list[EnvironmentCase]:
        return [EnvironmentCase(self, name) for name in self.problem.environments]

    @cached_property
    def contestants(self) -> dict[str, Policy | Planner[Any] | Solver[Any, Any]]:
        """Baselines and oracles with their defaults; those that must be handed a policy are left out."""
        table = {**self.problem.baselines, **self.problem.oracles}
        return {name: self.problem.baseline(name) for name in table if _complete(lookup("contestant", name, table))}

    @cached_property
    def answers(self) -> list[Answer]:
        """Of all contestants but those that say they cannot (a package is missing, an instance is too large)."""
        answers = (self._answer(name, contestant) for name, contestant in self.contestants.items())
        return [answer for answer in answers if answer]

    @cached_property
    def random(self) -> Episode:
        """Random legal play in the default environment."""
        return self.environments[0].episode

    def deciding(
        self, kind: type[Policy] | type[Planner[Any]]
    ) -> Iterator[tuple[str, Any, Environment[Any, Any, Any, Any]]]:
        """Contestants of this kind (policies or planners), each with the environment it acts in."""
        for name, contestant in self.contestants.items():
            if isinstance(contestant, kind):
                yield name, contestant, self.problem.environment(contestant.environment)

    def has(self, kind: type[Any]) -> bool:
        """Whether a baseline of this kind is listed (nothing is built)."""
        return any(issubclass(lookup("contestant", n, self.problem.baselines), kind) for n in self.problem.baselines)

    @cached_property
    def sizes(self) -> tuple[Instance, Instance] | None:
        """Instances of two sizes, the larger one second: found by moving the problem's own integer options by one."""
        problem = self.problem
        for name in knobs(type(problem)):
            value = getattr(problem, name)
            for step in (1, -1) if type(value) is int else ():
                try:
                    other = build(type(problem), options(problem) | {name: value + step}, where="problem")
                    pair = (self.instance, other.instances("validation", ROWS))
                except HeadwayError:
                    continue
                if _padded_apart(*pair):
                    return pair if step > 0 else pair[::-1]
        return None

    def _answer(self, name: str, contestant: Policy | Planner[Any] | Solver[Any, Any]) -> Answer | None:
        try:
            exact, solution = self._solved(contestant)
        except CapabilityError:
            return None
        evaluation = self.problem.evaluate(self.instance[: len(solution)], solution)
        return Answer(name, name in self.problem.oracles, exact, solution, evaluation)

    def _solved(self, contestant: Policy | Planner[Any] | Solver[Any, Any]) -> tuple[Any, Batch]:
        if isinstance(contestant, Solver):
            searches = [budgeted() for _ in range(min(SOLVED, len(self.instance)))]
            rows = [solve(self.problem, contestant, self.instance[i], run) for i, run in enumerate(searches)]
            exact = np.array([contestant.exact and search.left > 0 for search in searches])
            solution = type(rows[0]).concat(rows)
        else:
            environment = self.problem.environment(contestant.environment)
            solution = rollout(environment, contestant, self.instance).solution
            exact = np.zeros(len(solution), bool)
        return exact, solution


@dataclass(frozen=True)
class EnvironmentCase:
    """One environment of a problem under test."""

    case: ProblemCase
    name: str

    @classmethod
    def of(cls, case: ProblemCase, environment: Environment[Any, Any, Any, Any]) -> EnvironmentCase:
        """With an environment that is there already."""
        made = cls(case, type(environment).__name__)
        vars(made)["environment"] = environment
        return made

    @property
    def problem(self) -> Problem[Any, Any]:
        return self.case.problem

    @property
    def instance(self) -> Instance:
        return self.case.instance

    def make(self, backend: BackendName = "numpy") -> Environment[Any, Any, Any, Any]:
        """The environment, built anew."""
        return self.problem.environment(self.name, backend=backend)

    @cached_property
    def environment(self) -> Environment[Any, Any, Any, Any]:
        return self.make()

    @cached_property
    def space(self) -> Any:
        """The action space for the case's instances."""
        return self.environment.spaces(self.environment.prepare(self.instance))[1]

    @cached_property
    def episode(self) -> Episode:
        """Random legal play of the case's instances."""
        return play(self.environment, self.instance, legal(self.space))

    def offers(self, capability: str) -> bool:
        return capability in self.environment.capabilities


def budgeted(cpu: float = CPU) -> Search[Any]:
    """A run with a small budget."""
    return Search(Budget(cpu=cpu), clock=Clock())


def solve(
    problem: Problem[Any, Any], solver: Solver[Any, Any], instance: Instance, search: Search[Any] | None = None
) -> Batch:
    """The last incumbent of a solver, under a small budget by default. Raises HeadwayError where it has none."""
    found: Batch | None = answer(solver, problem, instance, search or budgeted())
    if found is None:
        raise HeadwayError("a solver found no solution", where=type(solver).__name__)
    return found


class Clock:
    """CPU-seconds, plus a millisecond per look: a search that polls ends, however fast the machine."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return time.process_time() + 0.001 * self.looks


def _complete(cls: type[Any]) -> bool:
    fields = givens(cls).values() if dataclasses.is_dataclass(cls) else []
    return all(f.default is not dataclasses.MISSING for f in fields)


def _padded_apart(one: Instance, other: Instance) -> bool:
    """Whether two batches differ in the size of padded fields, and in no other shape."""
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        (a.shape[1:], b.shape[1:]) for a, b in zip(one.arrays().values(), other.arrays().values(), strict=True)
    ]
    padded = ["pad" in f.metadata for f in dataclasses.fields(one)]
    differ = [a != b for a, b in shapes]
    return any(differ) and all(pad or not different for pad, different in zip(padded, differ, strict=True))
