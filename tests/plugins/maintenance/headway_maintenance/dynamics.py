"""The environment: which machine, then which work, then chance."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from headway import Environment, Transition, component
from headway.environment import Observation
from headway.ops import Array
from headway_maintenance.instance import FAILURE, NOTHING, REPAIR, REPLACE, SEVERITY, FleetInstance, Plan

FIRST = 3  # action of the first machine; below it are nothing, repair and replace


class Params(NamedTuple):
    """age int64 [B, M]; present bool [B, M]; uniform float64 [B, T, M, 2]; periods int64 [B]."""

    age: Array
    present: Array
    uniform: Array
    periods: Array


class State(NamedTuple):
    """age int64 [B, M]; period int64 [B]; chosen int64 [B], the machine picked in this period, else -1."""

    age: Array
    period: Array
    chosen: Array


@component
class Crew(Environment[FleetInstance, Plan, Params, State]):
    """Each period in one or two sub-steps.

    Observation (float32): ``age`` [M] as a fraction of the cap, ``present`` [M], ``chosen`` [M] (one-hot, zeros in the
    first sub-step), ``phase`` [1] (0: which machine, 1: which work). Action: ``Discrete(3 + M)``, masked: 0 nothing,
    1 repair, 2 replace, 3 + m machine m. The first sub-step takes nothing or a machine, the second repair or replace.
    The reward is minus the period's cost over the number of counted periods, 0 during the warm-up.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"phases", "post_decision", "rule"})
    masked: ClassVar[bool] = True

    @cached_property
    def _hazard(self) -> Array:
        return self.arrays.ops.asarray(self.problem.hazard)

    def prepare(self, instance: FleetInstance) -> Params:
        ages = np.minimum(instance.age, self.problem.cap)
        return Params(*map(self.arrays.ops.asarray, (ages, instance.present, instance.uniform, instance.periods)))

    def reset(self, params: Params) -> State:
        xp = self.arrays.xp
        return State(params.age, xp.zeros_like(params.periods), xp.full_like(params.periods, -1))

    def observe(self, params: Params, state: State) -> Observation:
        xp, ops = self.arrays.xp, self.arrays.ops
        phase = state.chosen >= 0
        chosen = ops.one_hot(state.chosen, params.age.shape[1])
        return {
            "age": xp.astype(state.age, xp.float32) / self.problem.cap,
            "present": xp.astype(params.present, xp.float32),
            "chosen": xp.astype(chosen, xp.float32),
            "phase": xp.astype(phase[:, None], xp.float32),
        }

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Discrete]:
        machines = params.age.shape[1]
        sizes = {"age": machines, "present": machines, "chosen": machines, "phase": 1}
        boxes: dict[str, spaces.Space[Any]] = {
            name: spaces.Box(0.0, 1.0, (size,), np.float32) for name, size in sizes.items()
        }
        return spaces.Dict(boxes), spaces.Discrete(FIRST + machines)

    def mask(self, params: Params, state: State) -> Array:
        xp = self.arrays.xp
        choosing = (state.chosen < 0)[:, None]
        return xp.concat([choosing, ~choosing, ~choosing, choosing & params.present], axis=1)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp = self.arrays.xp
        picked = (state.chosen < 0) & (decision >= FIRST)
        age = self._worked(params, state, decision)
        after, failures = self._chance(params, state, age)
        cost = failures + self._price(state, decision)
        counted = ~picked & (state.period >= self.problem.criterion.warmup)
        reward = xp.where(counted, -cost / (params.periods - self.problem.criterion.warmup), 0.0 * cost)
        following = State(
            xp.where(picked[:, None], state.age, after),
            xp.where(picked, state.period, state.period + 1),
            xp.where(picked, decision - FIRST, xp.full_like(decision, -1)),
        )
        over = following.period >= params.periods
        return Transition(following, reward, xp.zeros_like(over), over)

    def _worked(self, params: Params, state: State, decision: Array) -> Array:
        """Ages after the work, before chance: int64 [B, M]."""
        xp = self.arrays.xp
        machine = self.arrays.ops.one_hot(state.chosen, params.age.shape[1])
        repaired = machine & (decision == REPAIR)[:, None]
        replaced = machine & (decision == REPLACE)[:, None]
        return xp.where(replaced, 0 * state.age, xp.where(repaired, state.age // 2, state.age))

    def _price(self, state: State, decision: Array) -> Array:
        """What the work costs: float64 [B]."""
        xp = self.arrays.xp
        works = xp.astype(state.chosen >= 0, xp.float64)
        repairs, replaces = (xp.astype(decision == work, xp.float64) for work in (REPAIR, REPLACE))
        return works * (repairs * self.problem.repair + replaces * self.problem.replace)

    def _chance(self, params: Params, state: State, age: Array) -> tuple[Array, Array]:
        """Ages after failures [B, M] and what the failures cost [B]."""
        xp, ops = self.arrays.xp, self.arrays.ops
        uniform = ops.gather(params.uniform, state.period)
        fails = params.present & (uniform[:, :, FAILURE] < self._hazard[age])
        severe = xp.astype(uniform[:, :, SEVERITY] < self.problem.severe, xp.float64)
        cost = xp.astype(fails, xp.float64) * (1 + severe) * self.problem.failure
        older = xp.clip(age + xp.astype(params.present, age.dtype), None, self.problem.cap)
        return xp.where(fails, 0 * age, older), xp.sum(cost, axis=1)

    def period(self, params: Params, state: State) -> Array:
        return state.period

    def post_decision(self, params: Params, state: State, decision: Array) -> Observation:
        """The observation between work and chance: ages after the work."""
        xp = self.arrays.xp
        picked = (state.chosen < 0) & (decision >= FIRST)
        chosen = xp.where(picked, decision - FIRST, xp.full_like(decision, -1))
        return self.observe(params, State(self._worked(params, state, decision), state.period, chosen))

    def rule(self, instance: FleetInstance, decisions: NDArray[Any]) -> NDArray[np.bool_]:
        """Nothing or a machine at first; repair or replace once a machine has been picked."""
        allowed = np.zeros((len(instance), FIRST + instance.age.shape[1]), bool)
        for row, path in enumerate(decisions):
            if len(path) and path[-1] >= FIRST:
                allowed[row, [REPAIR, REPLACE]] = True
            else:
                allowed[row, [NOTHING, *(FIRST + np.flatnonzero(instance.present[row]))]] = True
        return allowed

    def solution(self, instance: FleetInstance, decisions: Array, length: Array, state: State) -> Plan:
        machine = np.full(instance.uniform.shape[:2], -1)
        work = np.full(instance.uniform.shape[:2], NOTHING)
        for row, steps in enumerate(length):
            period = 0
            for decision in decisions[row, :steps]:
                if decision >= FIRST:
                    machine[row, period] = decision - FIRST
                else:
                    work[row, period] = decision
                    period += 1
        return Plan(machine, work)
