"""Online portfolio selection: rules that learn from price relatives alone, one period after another."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.classical.baselines import equally, with_cash
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.policy import Planner

Floats = NDArray[np.float64]


@component
class Online(Planner[PricePath]):
    """1/N at the first decision, then the last order, corrected by what the last period showed.

    The last order is read off the weights held, with the drift since its trade undone; so nothing is remembered.
    """

    periods: Annotated[int, Field(ge=1)] = 1

    @abstractmethod
    def corrected(self, last: Floats, relatives: Floats) -> Floats:
        """Weights [n], not yet on the simplex, from the last ones [n] and the relatives [k, n] of the last periods."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        rules = problem.rules
        trades = view.status[0, -1] == TRADED
        start = equally(rules, trades)
        held = last_order(view, state.weights[0, :-1], rules.every - rules.lag)[trades]
        if int(state.period[0]) == 0 or held.sum() <= 0:
            return start
        growth = np.cumprod(1 + view.returns[0, -rules.every * self.periods :][:, trades], axis=0)
        ends = np.concatenate([np.ones((1, growth.shape[1])), growth[rules.every - 1 :: rules.every]])
        risky = np.zeros(len(trades))
        risky[trades] = start[:-1].sum() * onto_simplex(self.corrected(held / held.sum(), ends[1:] / ends[:-1]))
        return with_cash(risky)


@component
class PAMR(Online):
    """Passive-aggressive mean reversion (Li, Zhao, Hoi and Gopalkrishnan 2012, algorithm 1).

    Weights move against the last relatives x just as far as brings the loss max(0, w . x - epsilon) to zero, and not at
    all where it is. Made for trades without cost at the close that was seen: with costs or a day's lag it collapses.

    epsilon : growth of a period above which there is a loss
    variant : 0 as above; 1 and 2 limit the step by ``aggressiveness``, as a cap and as a squared slack
    """

    epsilon: Annotated[float, Field(ge=0)] = 0.5
    variant: Literal[0, 1, 2] = 0
    aggressiveness: Annotated[float, Field(gt=0)] = 500.0

    def corrected(self, last: Floats, relatives: Floats) -> Floats:
        growth = relatives[-1]
        apart = growth - growth.mean()
        slack = 1 / (2 * self.aggressiveness) if self.variant == 2 else 0.0
        loss, squared = max(0.0, float(last @ growth) - self.epsilon), float(apart @ apart) + slack
        step = loss / squared if squared > 0 else 0.0
        moved: Floats = last - (min(step, self.aggressiveness) if self.variant == 1 else step) * apart
        return moved


@component
class OLMAR(Online):
    """Online moving-average reversion (Li and Hoi 2012, algorithm 2 with equation 1).

    The next relatives are predicted as the mean price of the last ``periods`` over the last price; weights move as
    little as lets them predict a growth of ``epsilon``. Made for trades without cost, as `PAMR` is.
    """

    periods: Annotated[int, Field(ge=2)] = 5
    epsilon: Annotated[float, Field(gt=0)] = 10.0

    def corrected(self, last: Floats, relatives: Floats) -> Floats:
        later = np.cumprod(relatives[:0:-1], axis=0)  # growth since each of the earlier closes, the latest first
        predicted = (1 + (1 / later).sum(axis=0)) / (1 + len(later))
        apart = predicted - predicted.mean()
        squared = float(apart @ apart)
        step = max(0.0, self.epsilon - float(last @ predicted)) / squared if squared > 0 else 0.0
        moved: Floats = last + step * apart
        return moved


def last_order(view: PricePath, held: Floats, days: int) -> Floats:
    """Risky weights [N] as they were ``days`` closes ago, up to a common factor."""
    drift = np.prod(1 + view.returns[0, view.length - days :], axis=0)
    undone: Floats = held / drift
    return undone


def onto_simplex(point: Floats) -> Floats:
    """The nearest weights [n] that are not negative and sum to 1 (Duchi et al. 2008, figure 1)."""
    ordered = np.sort(point)[::-1]
    excess = (np.cumsum(ordered) - 1) / np.arange(1, len(point) + 1)
    last = np.flatnonzero(ordered > excess)[-1]
    nearest: Floats = np.maximum(point - excess[last], 0.0)
    return nearest
