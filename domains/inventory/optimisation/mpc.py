"""Rolling horizon: plan ahead for a forecast, do the first period of the plan, and plan again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from headway.batch import Instance
from headway.components import component
from headway.domains.inventory.optimisation.flow import ALONE, Flow
from headway.domains.inventory.optimisation.forecast import outlook
from headway.domains.inventory.optimisation.network import (
    Booleans,
    Floats,
    Network,
    Position,
    network_of,
    position_of,
    reach,
)
from headway.domains.inventory.optimisation.outlook import Outlook
from headway.domains.inventory.optimisation.program import Simplex
from headway.domains.inventory.optimisation.safety import FACTORS, fan, made_up_for, owing, slices, slopes
from headway.domains.inventory.optimisation.setups import alone, order
from headway.policy import Planner

Forecast = Literal["mean", "quantile", "scenarios"]

MOST = 512  # models and forecasts that are kept


class Model(NamedTuple):
    """A linear program of flows, and the simplex that solves it again and again."""

    flow: Flow
    simplex: Simplex

    def first(self, position: Position, demand: Floats, width: Floats | None = None) -> Floats:
        """Shipments [E] of the first period, for demand [S, T, N] or [T, N]."""
        low, high, upper = self.flow.bounds(position, demand.reshape(-1, *demand.shape[-2:]), width)
        return np.asarray(self.simplex.solve(low=low, high=high, upper=upper).x[self.flow.columns.ship[0, 0]])


@component
class MPC(Planner[Instance]):
    """Model predictive control of stock (`StockPath`) and supply networks (`SupplyPath`) by linear programs.

    Shipments are rounded to lots by the environment. Fixed costs are not seen, but by ``quantile`` at single points
    (`setups`). A plan depends on view and state alone: the model that is kept always restarts from the same basis.

    forecast : ``mean``: expected demand, which leaves no safety stock; ``quantile``: the expected cost of missing
        any quantile of the demand up to each period (`fan`); ``scenarios``: draws of demand whose first decisions
        are taken together (two-stage sample average)
    window : periods ahead; more where goods would else not get from the outside to a customer within them
    shift : standard deviations by which ``quantile`` raises all levels; tuned, it makes up for what the plan leaves out
    scenarios : how many, for that forecast
    common : periods whose shipments the scenarios share; the later ones know their scenario
    memory, season : of a history: how many past demands count, and after how many periods they repeat
    seed : of the scenarios
    """

    forecast: Forecast = "quantile"
    window: Annotated[int, Field(ge=1)] = 20
    shift: float = 0.0
    scenarios: Annotated[int, Field(ge=2)] = 20
    common: Annotated[int, Field(ge=1)] = 1
    memory: Annotated[int, Field(ge=1)] = 56
    season: Annotated[int, Field(ge=1)] = 7
    seed: Annotated[int, Field(ge=0)] = 0

    def plan(self, problem: Any, view: Any, state: Any) -> Floats:
        network = network_of(view)
        position, window = position_of(state, network), max(self.window, reach(network) + 1)
        seen = outlook(problem, view, network, window, self.memory, self.season)
        model = self._model(problem, network, seen)
        if self.forecast == "quantile":
            levels = made_up_for(network, self._levels(problem, network, seen), position)
            shipped = model.first(position, *slices(network, levels))
            for node in np.flatnonzero(alone(network) & seen.sells).tolist():
                shipped[network.head == node] = order(network, levels, position, node)
        elif self.forecast == "scenarios":
            rng = np.random.default_rng([self.seed, len(view.demand[0])])
            shipped = model.first(position, seen.scenarios(rng, self.scenarios))
        else:
            shipped = model.first(position, seen.expected[None])
        return network.placed(shipped)

    def _levels(self, problem: Any, network: Network, seen: Outlook) -> Floats:
        if not seen.steady:
            return fan(network, seen, self.shift)
        key = network.structure(), seen.expected.tobytes()
        levels: Floats = self._kept.get(problem, key, lambda: fan(network, seen, self.shift))
        return levels

    def _model(self, problem: Any, network: Network, seen: Outlook) -> Model:
        """The model of networks with this structure, first solved for usual demand: the same one whoever asks first."""
        key = network.structure(), seen.sells.tobytes(), len(seen.expected)
        model: Model = self._kept.get(problem, key, lambda: self._built(network, seen.sells, len(seen.expected)))
        return model

    def _built(self, network: Network, sells: Booleans, window: int) -> Model:
        likely = np.full(self.scenarios, 1 / self.scenarios) if self.forecast == "scenarios" else ALONE
        usual = np.tile(np.where(sells, network.scale, 0.0), (len(likely), window, 1))
        cost = width = None
        if self.forecast == "quantile":
            network, cost = owing(network), slopes(network)
            width = np.zeros((*usual.shape[1:], len(FACTORS) - 1))
        flow = Flow(network, np.ones(window), sells, likely, self.common, cost)
        nothing = Position(np.zeros(network.size), usual[0, :0])
        return Model(flow, Simplex(flow.program(nothing, usual, width)))

    @cached_property
    def _kept(self) -> Kept:
        return Kept()


class Kept:
    """What was worked out for one problem; forgotten when another one comes, and the oldest when it gets too much."""

    def __init__(self) -> None:
        self._problem, self._found = None, dict[Any, Any]()

    def get(self, problem: Any, key: Any, make: Callable[[], Any]) -> Any:
        """What ``make`` has given for this key before, or gives now."""
        if problem is not self._problem:
            self._problem, self._found = problem, {}
        if key not in self._found:
            if len(self._found) >= MOST:
                del self._found[next(iter(self._found))]
            self._found[key] = make()
        return self._found[key]
