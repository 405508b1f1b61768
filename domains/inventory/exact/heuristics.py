"""Best parameters of classical rules on the exact models, by exact cost."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from headway.domains.inventory.exact.law import fractile, mean
from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.perishable import Perishable
from headway.domains.inventory.exact.rules import base_stock, capped_base_stock, s_nQ, s_S, s_S_q
from headway.domains.inventory.search import pattern_search

Single: TypeAlias = LostSales | Perishable  # one stocking point that loses what is short


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


def best_base_stock(model: Single) -> BaseStock:
    """The cost of durable goods is convex in the level (Janakiraman and Roundy 2004): a descent finds the best one."""
    (level,), cost = pattern_search(lambda x: model.evaluate(base_stock(*x)), [_enough(model)], step=1)
    return BaseStock(level, cost)


def best_capped_base_stock(model: Single) -> CappedBaseStock:
    """From the best base-stock level and a cap a little above mean demand."""
    start = [best_base_stock(model).level, int(mean(model.pmf)) + 1]
    (level, cap), cost = pattern_search(lambda x: model.evaluate(capped_base_stock(*x)), start, step=2)
    return CappedBaseStock(level, cap, cost)


def best_s_S(model: LostSales) -> ReorderLevel:
    """From a base-stock level and an economic order quantity."""
    lot = model.economic_order
    (reorder, more), cost = pattern_search(
        lambda x: model.evaluate(s_S(x[0], x[0] + x[1] + 1)), [_enough(model) - lot, lot]
    )
    return ReorderLevel(reorder, reorder + more + 1, cost)


def best_s_nQ(model: LostSales) -> ReorderLots:
    """From a base-stock level and an economic order quantity."""
    lot = model.economic_order
    (reorder, more), cost = pattern_search(lambda x: model.evaluate(s_nQ(x[0], x[1] + 1)), [_enough(model) - lot, lot])
    return ReorderLots(reorder, more + 1, cost)


def best_s_S_q(model: LostSales) -> ReorderLevelCap:
    """From the best (s, S) and a cap of a little more than S - s; no worse than without a cap."""
    reorder, level, uncapped = best_s_S(model)
    more = level - reorder - 1
    point, cost = pattern_search(
        lambda x: model.evaluate(s_S_q(x[0], x[0] + x[1] + 1, x[2] + 1)), [reorder, more, more + 3]
    )
    if cost > uncapped:
        return ReorderLevelCap(reorder, level, level, uncapped)
    return ReorderLevelCap(point[0], point[0] + point[1] + 1, point[2] + 1, cost)


def _enough(model: Single) -> int:
    """The best base-stock level if what is short were owed: no less than the best one of lost sales."""
    return fractile(model.pmf, model.lead_time + 1, model.ratio)
