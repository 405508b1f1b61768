"""One step of policy improvement on the run-out rule, by simulation."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.inventory.lot_sizing.dynamics import Assign
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.program import worthwhile
from headway.domains.inventory.lot_sizing.run_out import RunOut
from headway.domains.inventory.lot_sizing.simulation import Simulation, better
from headway.ops import Array
from headway.policy import Planner


@component
class Rollout(Planner[PlantPath]):
    """Do what costs least if the run-out rule decides from then on (Bertsekas, Tsitsiklis and Wu 1997, "Rollout
    algorithms for combinatorial optimization"), in the mean of simulated demand, the same for all choices.

    Looked at are what the rule does, what the machine is set up for, and all items that a change could pay for and
    that stock and this period's output of the other machines do not cover for ``cover`` periods.

    scenarios, periods, seed : paths of demand, how far they go, and where they come from
    certainty : standard errors by which another choice has to be better than the rule's own
    """

    scenarios: Annotated[int, Field(ge=2)] = 16
    periods: Annotated[int, Field(ge=1)] = 20
    cover: Annotated[float, Field(ge=0)] = 3.0
    certainty: Annotated[float, Field(ge=0)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0

    def plan(self, problem: Any, view: PlantPath, state: Any) -> Array:
        choices = self.choices(problem, view, state)
        if len(choices) == 1:
            return np.asarray(choices[0])
        simulation = Simulation(problem, self.scenarios, self.periods, self.seed)
        costs = simulation.costs(view, state, choices[:, None])
        return np.asarray(choices[better(costs, self.certainty)])

    def choices(self, problem: Any, view: PlantPath, state: Any) -> NDArray[np.int64]:
        """The rule's decision first, then the others."""
        environment: Assign = problem.environment()
        machine, setup = int(state.machine[0]), np.asarray(state.setup)[0]
        path = PlantPath(**view.arrays() | {"demand": np.zeros((1, int(view.horizon[0]), view.items))})
        own, _ = RunOut().act(environment.observe(environment.prepare(path), state), None)
        made = np.zeros(view.items)
        for other, item in enumerate(setup.tolist()):
            if other != machine and item > 0:
                made[item - 1] += view.rate[0, other, item - 1]
        short = np.asarray(state.stock)[0] + made < self.cover * view.mean[0]
        others = np.flatnonzero(short & worthwhile(view)[machine]) + 1
        return np.array(list(dict.fromkeys([int(np.asarray(own)[0]), int(setup[machine]), *others.tolist()])))
