"""Newsvendor rules on data: order up to a quantile of demand, taken from the demand seen so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.state import State
from headway.policy import Planner

Floats = NDArray[np.float64]


@component
class QuantileNewsvendor(Planner[StockPath]):
    """Order up to the quantile at penalty / (penalty + holding) of the demand until the order after this one arrives.

    With lead time L those are L + 1 periods. Where goods last a period and L = 0 this is the newsvendor's
    solution (Arrow, Harris and Marschak 1951) with the empirical law in place of the true one (sample average
    approximation: Levi, Roundy and Shmoys 2007). It learns with every period, so it needs no fitting.

    scope : ``item`` takes the quantile of an item's own past demands; ``all`` takes it over all items of demand
        over its level (the mean of the comparable demands before it), heavier items weighing more, and multiplies
        by the item's level: few own data, much borrowed
    season : periods between comparable ones; 7 compares the same weekdays, 1 all periods
    window : how many of the last comparable demands are looked at
    """

    scope: Literal["item", "all"] = "item"
    season: Annotated[int, Field(ge=1)] = 7
    window: Annotated[int, Field(ge=1)] = 16

    def plan(self, problem: Any, view: StockPath, state: State) -> Floats:
        """Orders [I]; where nothing comparable has been seen, up to the usual demand."""
        return up_to(view, state, lambda periods: self._level(view, periods))

    def _level(self, view: StockPath, periods: int) -> Floats:
        """What to order up to for ``periods`` periods of demand, float64 [I]."""
        sums, now = totals(view.demand[0], periods), view.demand.shape[1]
        latest = now - self.season * -(-periods // self.season)  # the last comparable period whose sum is known
        if latest < 0:
            usual: Floats = periods * view.scale[0]
            return usual
        own, q = sums[latest % self.season : latest + 1 : self.season][-self.window :], fractile(view)
        if self.scope == "item":
            return own_quantiles(own, q)
        before = levels(sums, self.season, self.window)
        level: Floats = own.mean(axis=0)
        return level * pooled_quantile(sums[len(sums) - len(before) :], before, q)


def up_to(view: StockPath, state: State, level: Callable[[int], Floats]) -> Floats:
    """Orders [I] that fill up what is on hand and on order to ``level(periods)``, the periods an order must last."""
    position = np.asarray(state.goods)[0].sum(axis=-1)
    spans = view.lead_time[0] + 1
    wanted = np.zeros(len(spans))
    for periods in np.unique(spans):
        wanted = np.where(spans == periods, level(int(periods)), wanted)
    orders: Floats = np.maximum(wanted - position, 0.0)
    return orders


def fractile(view: StockPath) -> Floats:
    """penalty / (penalty + holding), float64 [I]; 1 where neither costs anything."""
    both = view.penalty[0] + view.holding[0]
    ratio: Floats = np.where(both > 0, view.penalty[0] / np.where(both > 0, both, 1.0), 1.0)
    return ratio


def totals(demand: Floats, periods: int) -> Floats:
    """Sums of ``periods`` demands in a row: [T, I] -> [T - periods + 1, I], by first period."""
    if len(demand) < periods:
        return demand[:0]
    summed: Floats = np.lib.stride_tricks.sliding_window_view(demand, periods, axis=0).sum(axis=-1)
    return summed


def own_quantiles(sums: Floats, q: Floats) -> Floats:
    """Quantile ``q[i]`` of each column of [N, I], interpolated between the order statistics."""
    ordered = np.sort(sums, axis=0)
    place = q * (len(ordered) - 1)
    low = np.floor(place).astype(np.intp)
    high, item = np.minimum(low + 1, len(ordered) - 1), np.arange(len(q))
    share = place - low
    between: Floats = (1 - share) * ordered[low, item] + share * ordered[high, item]
    return between


def levels(sums: Floats, season: int, window: int) -> Floats:
    """Mean of the ``window`` comparable sums before each row that has so many: [T, I] -> [T - season * window, I]."""
    rows = max(len(sums) - season * window, 0)
    mean: Floats = np.mean([sums[season * k :][:rows] for k in range(window)], axis=0)
    return mean


def pooled_quantile(sums: Floats, before: Floats, q: Floats) -> Floats:
    """Quantiles [I] at ``q`` of sums / before over all periods and items, weighted with ``before``; 1 of nothing."""
    known = before > 0
    if not known.any():
        return np.ones(len(q))
    ratio, weight = sums[known] / before[known], before[known]
    order = np.argsort(ratio)
    summed = np.cumsum(weight[order])
    quantiles: Floats = ratio[order][np.minimum(np.searchsorted(summed, q * summed[-1]), len(ratio) - 1)]
    return quantiles
