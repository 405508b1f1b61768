"""Rules that trade whole lots."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import build, component
from headway.domains.portfolio.classical.estimated import eligible
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.policy import Planner
from headway.problem import lookup

Floats = NDArray[np.float64]


@component
class Target(Planner[PricePath]):
    """Trades towards shares of wealth, each position rounded down to whole lots at the close of the decision."""

    @abstractmethod
    def shares(self, problem: Any, view: PricePath, state: Any) -> Floats:
        """Shares of wealth [N] that the assets should have."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> NDArray[np.int64]:
        unit, wealth = worth(problem, view, state)
        wanted = np.floor(self.shares(problem, view, state) * wealth / unit + 1e-9)
        order: NDArray[np.int64] = np.where(view.status[0, -1] == TRADED, wanted - state.lots[0], 0).astype(np.int64)
        return order


@component
class EqualWeight(Target):
    """1/N of the assets that trade, restored at each decision (DeMiguel, Garlappi and Uppal 2009)."""

    def shares(self, problem: Any, view: PricePath, state: Any) -> Floats:
        trades = view.status[0, -1] == TRADED
        shares: Floats = trades / max(trades.sum(), 1)
        return shares


@component
class BuyAndHold(EqualWeight):
    """1/N at the first decision, then no orders."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> NDArray[np.int64]:
        order = super().plan(problem, view, state)
        return order if int(state.period[0]) == 0 else np.zeros_like(order)


@component
class Momentum(Target):
    """Equal shares of the assets that rose most in the last year, its last month left out (Jegadeesh and Titman 1993).

    names : how many are held; longest, skipped : days that the year and the month have
    """

    names: Annotated[int, Field(ge=1)] = 5
    longest: Annotated[int, Field(ge=2)] = 252
    skipped: Annotated[int, Field(ge=0)] = 21

    def shares(self, problem: Any, view: PricePath, state: Any) -> Floats:
        kept = eligible(view, self.longest)
        growth = np.log1p(view.returns[0, -self.longest : view.length - self.skipped]).sum(axis=0)
        best = np.argsort(-np.where(kept, growth, -np.inf), kind="stable")[: min(self.names, int(kept.sum()))]
        shares = np.zeros(len(kept))
        shares[best] = 1 / max(len(best), 1)
        return shares


@component
class Rounded(Target):
    """The weights of a rule of `portfolio/allocation`, rounded down to lots.

    rule, options : its name there, and its options
    """

    rule: str = "inverse_volatility"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def shares(self, problem: Any, view: PricePath, state: Any) -> Floats:
        return weights(self.rule, self.options, problem, view, state)


def weights(rule: str, options: dict[str, Any], problem: Any, view: PricePath, state: Any) -> Floats:
    """What a rule of allocation orders now: shares [N], what is held where it orders nothing."""
    from headway.domains.portfolio.allocation.problem import Allocation

    planner = build(lookup("rule", rule, Allocation.baselines), options, where="options")
    ordered: Floats = np.asarray(planner.plan(problem, view, state), np.float64)
    return ordered[:-1] if ordered.any() else np.asarray(state.weights[0, :-1])


def worth(problem: Any, view: PricePath, state: Any) -> tuple[Floats, float]:
    """Price of a lot of each asset [N] and the account's wealth, at the last close of the view."""
    unit = view.level[0] * np.prod(1 + view.returns[0], axis=0) * problem.terms.lot
    return unit, float(state.cash[0] * problem.capital + state.lots[0] @ unit)
