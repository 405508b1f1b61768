"""What objectives are measured against: 1/N on the same instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.allocation.solution import Weights, orders
from headway.domains.portfolio.classical.baselines import equal_weights
from headway.domains.portfolio.market.instance import PricePath
from headway.evaluation import Reference

if TYPE_CHECKING:
    from headway.domains.portfolio.allocation.problem import Allocation


def equal_weight(rules: Rules, path: PricePath) -> Weights:
    """Orders of 1/N at every decision."""
    row = equal_weights(rules, path.returns.shape[2])
    days = len(path.decisions(rules.every, rules.lag))
    return orders(path, rules, np.broadcast_to(row, (len(path), days, len(row))))


def references(problem: Allocation, path: PricePath) -> Mapping[str, Reference]:
    """The score of 1/N, rebalanced at every decision, under the problem's own costs and lag."""
    value = problem.evaluate(path, equal_weight(problem.rules, path)).objective
    source = "1/N rebalanced at every decision (DeMiguel, Garlappi and Uppal 2009), run on the same instances"
    return {"equal_weight": Reference("policy", value, source, rederived=True)}
