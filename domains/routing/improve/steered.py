"""SISR steered by a trained policy."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component, given
from headway.domains.routing.classical.polish import begun
from headway.domains.routing.classical.savings import savings
from headway.domains.routing.classical.sisr import Run, routes_of
from headway.domains.routing.classical.sisr_knobs import Knobs, knobs_of, mean_distance
from headway.domains.routing.classical.sisr_state import State
from headway.domains.routing.classical.task import Floats, Task, task_of
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.improve.blocks import REMOVALS
from headway.domains.routing.improve.params import ACTIONS, PLAIN
from headway.domains.routing.improve.steering import Watch, seen, steered
from headway.solver import Search, Solver

Positive = Annotated[float, Field(gt=0)]
FIRST = 0.01  # share of the budget before the first decision, for the pace to be known


@component
class Steered(Solver[RoutingInstance, Routes]):
    """SISR from the savings method's solution on, in blocks of equal CPU time; a policy of the environment `improve`
    decides for each how hot it is, how much is ruined, and where.

    Attributes
    ----------
    policy : trained in `improve`, or ``random``; None: plain SISR in the same blocks
    blocks : decisions
    hot, cold : temperatures at the beginning and at the end, in mean distances of two nodes, as the policy was trained
    """

    policy: Any = given(None)
    blocks: Annotated[int, Field(ge=1)] = 20
    hot: Positive = 0.2
    cold: Positive = 0.002

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        task = task_of(instance)
        knobs, scale = knobs_of(task), mean_distance(task)
        state = begun(task, savings(task), int(search.rng.integers(2**62)))
        run = Run(state, search, (self.hot * scale, self.cold * scale))
        pilot = Pilot(self.policy, task, state, search.seed)
        run.until(FIRST, knobs)
        for block in range(self.blocks):
            new, factor = pilot.decided(knobs, run, block / self.blocks)
            run.until((block + 1) / self.blocks, new, factor)
        return routes_of(state)


class Pilot:
    """A policy that looks at a search after each block, as it did in the environment."""

    def __init__(self, policy: Any, task: Task, state: State, seed: int) -> None:
        self.task, self.state = task, state
        self.policy = policy.acting_in(_box()) if hasattr(policy, "acting_in") else policy
        self.memory = None if policy is None else self.policy.start(1, seed)
        self.first = self.before = self._cost()
        self.found, self.effort, self.counted = 0.0, 0.0, (0, 0, 0)
        self.decision = PLAIN

    def decided(self, knobs: Knobs, run: Run, share: float) -> tuple[Knobs, float]:
        """Knobs of the next block and the factor of its temperatures."""
        if self.policy is None:
            return knobs, 1.0
        observation = {"search": seen(self.task, self._watch(run, share)).astype(np.float32)[None]}
        action, self.memory = self.policy.act(observation, None, self.memory)
        self.decision = np.clip(np.asarray(action, np.float64)[0], -1.0, 1.0)
        new, factor = steered(self.task, knobs, self.decision, self.state)
        self.state.site["credit"] *= 0.5
        return new, factor

    def _watch(self, run: Run, share: float) -> Watch:
        numbers = self.state.run
        now = (run.iterations, int(numbers["taken"][0]), int(numbers["better"][0]))
        made, taken, better = (new - old for new, old in zip(now, self.counted, strict=True))
        removals = REMOVALS * _factor(self.decision)
        self.effort += made * removals / REMOVALS
        best, before = self._cost(), self.before
        if best < before:
            self.found = share
        self.before, self.counted = best, now
        whole = self.effort / max(run.share, 1e-9) / self.task.customers
        if share == 0.0:
            return Watch(0.0, whole, self.first, self.first, self.first, self.first, 0.0, 0.0, 0.0, self.decision)
        return Watch(share, whole, self.first, best, float(numbers["current"][0]), before, taken / max(made, 1),
                     better / max(made, 1), share - self.found, self.decision)  # fmt: skip

    def _cost(self) -> float:
        cost = float(self.state.run["best"][0])
        return cost if np.isfinite(cost) else float(self.state.run["current"][0])


def _factor(decision: Floats) -> float:
    from headway.domains.routing.improve.steering import REMOVALS as MOST

    return float(MOST ** decision[1])


def _box() -> Any:
    from gymnasium import spaces

    return spaces.Box(-1.0, 1.0, (ACTIONS,), np.float32)
