"""What objectives are measured against: 1/N on the same instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from headway.domains.portfolio.baselines import equal_weights
from headway.domains.portfolio.instance import PricePath
from headway.domains.portfolio.solution import orders
from headway.evaluation import Reference

if TYPE_CHECKING:
    from headway.domains.portfolio.allocation import Allocation


def references(problem: Allocation, path: PricePath) -> Mapping[str, Reference]:
    """The score of 1/N, rebalanced at every decision, under the problem's own costs and lag."""
    rules = problem.rules
    row = equal_weights(rules, path.returns.shape[2])
    weights = np.broadcast_to(row, (len(path), len(path.decisions(rules.every, rules.lag)), len(row)))
    value = problem.evaluate(path, orders(path, rules, weights)).objective
    source = "1/N rebalanced at every decision (DeMiguel, Garlappi and Uppal 2009), run on the same instances"
    return {"equal_weight": Reference("policy", value, source, rederived=True)}
