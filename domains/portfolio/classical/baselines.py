"""Classical rules that need no solver."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.errors import UnknownNameError
from headway.policy import Planner

Floats = NDArray[np.float64]


def with_cash(risky: Floats) -> Floats:
    """Weights [..., N] with what they leave over in cash: [..., N + 1]."""
    return np.concatenate([risky, 1 - risky.sum(axis=-1, keepdims=True)], axis=-1)


def equally(rules: Rules, tradable: NDArray[np.bool_]) -> Floats:
    """Weights [..., N + 1]: 1/n of each of the n tradable assets [..., N], or as much as cap and leverage allow."""
    count = np.maximum(tradable.sum(axis=-1, keepdims=True), 1)
    return with_cash(np.where(tradable, np.minimum(min(1.0, rules.leverage) / count, rules.cap), 0.0))


def equal_weights(rules: Rules, assets: int) -> Floats:
    """float64 [N + 1]: the same where all assets trade."""
    return equally(rules, np.ones(assets, bool))


@component
class EqualWeight(Planner[PricePath]):
    """1/N of the assets that trade, restored at each decision: hard to beat (DeMiguel, Garlappi and Uppal 2009)."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        return equally(problem.rules, view.status[0, -1] == TRADED)


@component
class BuyAndHold(Planner[PricePath]):
    """1/N of the assets that trade at the first decision, then no orders: weights drift with prices."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        start = equally(problem.rules, view.status[0, -1] == TRADED)
        return start if int(state.period[0]) == 0 else np.zeros_like(start)


@component
class ConstantRebalanced(Planner[PricePath]):
    """The same weights at each decision (Cover 1991); by default all alike (UCRP).

    shares : asset -> weight; what they leave over is cash, and what does not trade is too
    """

    shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = dataclasses.field(default_factory=dict)

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        trades, names = view.status[0, -1] == TRADED, [str(name) for name in view.assets[0]]
        if not self.shares:
            return equally(problem.rules, trades)
        if unknown := set(self.shares) - set(names):
            raise UnknownNameError("asset", min(unknown), names, where="crp.shares")
        return with_cash(np.where(trades, [self.shares.get(name, 0.0) for name in names], 0.0))
