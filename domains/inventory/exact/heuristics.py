"""Classical rules on the exact models: their orders by state, and their best parameters by exact cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from headway.domains.inventory.exact.law import fractile, mean
from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.model import Ints, Order


# -- rules: states [S, N] -> orders [S]; the inventory position is all on hand and on order ------------
def base_stock(level: int) -> Order:
    """Order up to ``level``."""
    return lambda states: np.maximum(level - states.sum(axis=1), 0)


def capped_base_stock(level: int, cap: int) -> Order:
    """Order up to ``level``, but never more than ``cap`` at once (Xin 2021)."""
    return lambda states: np.clip(level - states.sum(axis=1), 0, cap)


def s_S(reorder: int, level: int) -> Order:  # noqa: N802 (the field's own name)
    """Order up to ``level`` where the inventory position is ``reorder`` or less."""
    return s_S_q(reorder, level, np.iinfo(np.int64).max)


def s_S_q(reorder: int, level: int, cap: int) -> Order:  # noqa: N802
    """Like (s, S), but never more than ``cap`` at once (the modified policy of Bijvank, Bhulai and Huh 2015)."""

    def order(states: Ints) -> Ints:
        position = states.sum(axis=1)
        return np.where(position <= reorder, np.clip(level - position, 0, cap), 0)

    return order


def s_nQ(reorder: int, lot: int) -> Order:  # noqa: N802
    """Order the fewest lots of ``lot`` that bring the inventory position above ``reorder``."""

    def order(states: Ints) -> Ints:
        short = np.maximum(reorder + 1 - states.sum(axis=1), 0)
        return -(-short // lot) * lot

    return order


# -- best parameters --------------------------------------------------------------------------------
class BaseStock(NamedTuple):
    """Best level of a base-stock policy, and its exact cost per period."""

    level: int
    cost: float


class CappedBaseStock(NamedTuple):
    """Best level and cap, and their exact cost per period."""

    level: int
    cap: int
    cost: float


class ReorderLevel(NamedTuple):
    """Best reorder point s and level S, and their exact cost per period."""

    reorder: int
    level: int
    cost: float


class ReorderLots(NamedTuple):
    """Best reorder point s and lot Q, and their exact cost per period."""

    reorder: int
    lot: int
    cost: float


class ReorderLevelCap(NamedTuple):
    """Best reorder point s, level S and cap q, and their exact cost per period."""

    reorder: int
    level: int
    cap: int
    cost: float


def best_base_stock(model: LostSales) -> BaseStock:
    """The cost is convex in the level (Janakiraman and Roundy 2004), so a descent finds the best one."""
    (level,), cost = descend(lambda x: model.evaluate(base_stock(*x)), [_enough(model)])
    return BaseStock(level, cost)


def best_capped_base_stock(model: LostSales) -> CappedBaseStock:
    """Descent on the exact cost from the best base-stock level, with a cap a little above mean demand."""
    start = [best_base_stock(model).level, int(mean(model.pmf)) + 1]
    (level, cap), cost = descend(lambda x: model.evaluate(capped_base_stock(*x)), start)
    return CappedBaseStock(level, cap, cost)


def best_s_S(model: LostSales) -> ReorderLevel:  # noqa: N802
    """Descent on the exact cost from a base-stock level and an economic order quantity."""
    lot = max(model.slack, 1)
    (reorder, lot), cost = descend(
        lambda x: model.evaluate(s_S(x[0], x[0] + x[1])), [_enough(model) - lot, lot], lowest=[-1, 1]
    )
    return ReorderLevel(reorder, reorder + lot, cost)


def best_s_nQ(model: LostSales) -> ReorderLots:  # noqa: N802
    """Descent on the exact cost from a base-stock level and an economic order quantity."""
    lot = max(model.slack, 1)
    (reorder, lot), cost = descend(lambda x: model.evaluate(s_nQ(*x)), [_enough(model) - lot, lot], lowest=[-1, 1])
    return ReorderLots(reorder, lot, cost)


def best_s_S_q(model: LostSales) -> ReorderLevelCap:  # noqa: N802
    """Descent on the exact cost from the best (s, S)."""
    reorder, level, _ = best_s_S(model)
    (reorder, lot, cap), cost = descend(
        lambda x: model.evaluate(s_S_q(x[0], x[0] + x[1], x[2])),
        [reorder, level - reorder, level - reorder],
        lowest=[-1, 1, 1],
    )
    return ReorderLevelCap(reorder, reorder + lot, cap, cost)


def descend(
    cost: Callable[[Sequence[int]], float], start: Sequence[int], lowest: Sequence[int] | None = None
) -> tuple[tuple[int, ...], float]:
    """Go to the best neighbour (all coordinates +-1) until none is better; each point is evaluated once.

    A local optimum: the tests compare it with full enumeration where that is affordable.
    """
    floor = tuple(lowest or [0] * len(start))
    known: dict[tuple[int, ...], float] = {}

    def at(point: tuple[int, ...]) -> float:
        if point not in known:
            known[point] = cost(point)
        return known[point]

    here = tuple(max(x, low) for x, low in zip(start, floor, strict=True))
    while True:
        moves = (tuple(map(sum, zip(here, step, strict=True))) for step in product((-1, 0, 1), repeat=len(here)))
        best = min((point for point in moves if all(map(int.__ge__, point, floor))), key=at)
        if at(best) >= at(here) - 1e-12:
            return here, at(here)
        here = best


def _enough(model: LostSales) -> int:
    """The best base-stock level if what is short were owed: no less than the best one of lost sales."""
    return fractile(model.pmf, model.lead_time + 1, model.ratio)
