"""Classical rules that need no solver."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.market.instance import PricePath
from headway.policy import Planner

Floats = NDArray[np.float64]


def with_cash(risky: Floats) -> Floats:
    """Weights [..., N] with what they leave over in cash: [..., N + 1]."""
    return np.concatenate([risky, 1 - risky.sum(axis=-1, keepdims=True)], axis=-1)


def invested(rules: Rules) -> float:
    """The share of wealth that a fully invested portfolio may hold in risky assets."""
    return min(1.0, rules.leverage)


def equal_weights(rules: Rules, assets: int) -> Floats:
    """float64 [N + 1]: 1/N of each asset, or as much as cap and leverage allow."""
    return with_cash(np.full(assets, min(invested(rules) / assets, rules.cap)))


@component
class EqualWeight(Planner[PricePath]):
    """1/N, restored at each decision: hard to beat (DeMiguel, Garlappi and Uppal 2009)."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        return equal_weights(problem.rules, view.returns.shape[2])


@component
class BuyAndHold(Planner[PricePath]):
    """1/N at the first decision, then no orders: weights drift with prices."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        start = equal_weights(problem.rules, view.returns.shape[2])
        return start if int(state.period[0]) == 0 else np.zeros_like(start)


@component
class InverseVolatility(Planner[PricePath]):
    """Weights in proportion to 1 / standard deviation over the last ``lookback`` days."""

    lookback: Annotated[int, Field(ge=2)] = 504

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        deviation = np.maximum(view.returns[0, -self.lookback :].std(axis=0), 1e-12)
        inverse = 1 / deviation
        return with_cash(invested(problem.rules) * inverse / inverse.sum())
