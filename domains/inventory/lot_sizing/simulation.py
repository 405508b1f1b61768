"""What a decision would cost if the run-out rule took over after it, simulated on the same demand for all decisions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway import tree
from headway.domains.inventory.lot_sizing.dynamics import Assign, Params, State
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.run_out import RunOut

if TYPE_CHECKING:
    from headway.domains.inventory.lot_sizing.problem import LotSizing

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Simulation:
    """Mean cost of what is left, or of the next ``periods``, over ``scenarios`` paths of demand by the problem's law.

    Paths depend on the seed and the number of periods left alone, so that they are the same whatever is decided
    (common random numbers) and whoever asks.
    """

    problem: LotSizing
    scenarios: int
    periods: int
    seed: int

    def costs(self, view: PlantPath, state: State, choices: Integers) -> Floats:
        """float64 [K, S]: of ``choices`` int64 [K, n] for the next n machines, on each path, from one row's state."""
        left = int(view.horizon[0]) - view.demand.shape[1]
        periods, (count, told) = min(self.periods, left), choices.shape
        rng = np.random.default_rng([self.seed, left])
        demand = self.problem.law.sample(rng, (self.scenarios, periods, view.items))
        path = PlantPath(**view.arrays() | {"demand": demand[:1], "horizon": np.array([periods])})
        environment = self.problem.environment()
        assert isinstance(environment, Assign)  # noqa: S101 - its only environment
        rows = count * self.scenarios
        params: Params = tree.rows(environment.prepare(path), np.zeros(rows, np.int64))
        params = params._replace(demand=np.tile(demand, (count, 1, 1)))
        now: State = tree.rows(state._replace(period=np.zeros(1, np.int64)), np.zeros(rows, np.int64))
        decisions = np.repeat(choices, self.scenarios, axis=0)
        rule, beyond, cost = RunOut(), np.float32(left - periods), np.zeros(rows)
        ended, step = np.zeros(rows, bool), 0
        while not ended.all():
            if step < told:
                decision: Any = decisions[:, step]
            else:
                seen = dict(environment.observe(params, now))
                decision, _ = rule.act(seen | {"left": seen["left"] + beyond}, None)
            now, reward, ended, _ = environment.step(params, now, decision)
            cost -= np.asarray(reward)
            step += 1
        return cost.reshape(count, self.scenarios)


def better(costs: Floats, certainty: float) -> int:
    """The choice to prefer to the first one: least mean difference, ``certainty`` standard errors added."""
    difference = costs - costs[:1]
    error = difference.std(axis=1) / np.sqrt(costs.shape[1])
    return int((difference.mean(axis=1) + certainty * error).argmin())
