"""What all environments share in which each item is given one order a period."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders
from headway.domains.inventory.stock.state import State
from headway.environment import Environment, Observation
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


P = TypeVar("P", bound=StockPath)


class Replenishment(Environment[P, Orders, Any, State], Generic[P]):
    """Decision: float64 [B, I], quantities ordered now. Reward: minus this period's cost over the number of counted
    periods, so that the return is minus the objective; zero during the warm-up. The horizon's end is a cut, so episodes
    are truncated.

    Parameters have at least ``start`` int64 [B], the first period, ``place`` float64 [B, I, places], one where an order
    joins the goods, and ``nothing`` float64 [B, I, 1], zeros.
    """

    @abstractmethod
    def seen(self, params: Any, period: Array, goods: Array) -> Observation:
        """What is observed in ``period`` [B] of ``goods`` [B, I, places]."""

    def reset(self, params: Any) -> State:
        """Nothing is on hand or on order."""
        xp = self.arrays.xp
        return State(xp.asarray(params.start, copy=True), xp.zeros_like(params.place))

    def observe(self, params: Any, state: State) -> Observation:
        return self.seen(params, state.period, state.goods)

    def post_decision(self, params: Any, state: State, decision: Array) -> Observation:
        """The observation once the order is placed: in the pipeline, or on hand where it serves at once."""
        return self.seen(params, state.period, state.goods + decision[..., None] * params.place)

    def observed(self, params: Any) -> spaces.Dict:
        """The observation space of one row."""
        from gymnasium import spaces

        start = self.observe(params, self.reset(params))
        return spaces.Dict({name: spaces.Box(-np.inf, np.inf, a.shape[1:], np.float32) for name, a in start.items()})

    def project(self, observation: Observation, decision: Array) -> Array:
        """The nearest multiple of the lot, and nothing below zero."""
        xp = self.arrays.xp
        wanted, lot = xp.maximum(decision, 0.0), observation["lot"]
        whole = lot > 0
        unit = xp.where(whole, lot, 1.0)
        return xp.where(whole, xp.round(wanted / unit) * unit, wanted)

    def solution(self, instance: P, decisions: Array, length: Array, state: State) -> Orders:
        return Orders(np.asarray(decisions, np.float64))

    def period(self, params: Any, state: State) -> Array:
        """int [B]: demands of earlier periods are known, and covariates up to this one."""
        return state.period
