"""What crews do today, the optimal stationary policy, and the plan of a crew that knows the future."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway import Planner, Policy, Search, Solver, component
from headway.environment import Observation
from headway_maintenance.dynamics import FIRST, State
from headway_maintenance.instance import NOTHING, REPAIR, REPLACE, FleetInstance, Plan
from headway_maintenance.reference import clairvoyant, stationary


@component
class AgeThreshold(Policy):
    """Replace the oldest machine once its age reaches ``limit``, a fraction of the cap."""

    limit: Annotated[float, Field(ge=0, le=1)] = 0.6

    def act(self, observation: Observation, mask: NDArray[np.bool_] | None, memory: Any = None) -> tuple[Any, Any]:
        age = np.where(observation["present"] > 0, observation["age"], -1.0)
        oldest = age.argmax(axis=1)
        due = age.max(axis=1) >= self.limit
        machine = np.where(due, FIRST + oldest, NOTHING)
        return np.where(observation["phase"][:, 0] == 0, machine, REPLACE), None


@component
class RunToFailure(Policy):
    """Never work on a machine before it fails (repair, if a machine has been picked already)."""

    def act(self, observation: Observation, mask: NDArray[np.bool_] | None, memory: Any = None) -> tuple[Any, Any]:
        return np.where(observation["phase"][:, 0] == 0, NOTHING, REPAIR), None


@component
class DynamicProgramming(Planner[FleetInstance]):
    """The stationary policy of least long-run mean cost, by relative value iteration."""

    def plan(self, problem: Any, view: FleetInstance, state: State) -> NDArray[np.int64]:
        machines = np.flatnonzero(view.present[0])
        choice = stationary(problem, len(machines)).choice
        age = tuple(state.age[0, machines])
        if state.chosen[0] >= 0:
            return np.asarray(choice.work[age] or REPAIR)
        machine = choice.machine[age]
        return np.asarray(FIRST + machines[machine] if machine >= 0 else NOTHING)


@component
class Foresight(Solver[FleetInstance, Plan]):
    """The cheapest plan for luck that is known in advance: an oracle."""

    exact: ClassVar[bool] = True

    def solve(self, problem: Any, instance: FleetInstance, search: Search[Plan]) -> Plan:
        return clairvoyant(problem, instance, 0)[1]
