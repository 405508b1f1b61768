"""What objectives are measured against: 1/N on the same instances."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from headway.domains.portfolio.accounting.projection import project
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.allocation.solution import Weights, orders
from headway.domains.portfolio.classical.baselines import equally
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.evaluation import Reference
from headway.ops import backend

if TYPE_CHECKING:
    from headway.domains.portfolio.allocation.problem import Allocation


def equal_weight(rules: Rules, path: PricePath) -> Weights:
    """Orders of 1/N of the assets that trade at every decision, within all limits but that on turnover."""
    days = path.decisions(rules.every, rules.lag)
    wanted = equally(rules, path.status[:, days] == TRADED)
    within = project(backend("numpy").xp, rules, wanted.reshape(-1, wanted.shape[-1]))
    return orders(path, rules, within.reshape(wanted.shape))


def reference(problem: Allocation, path: PricePath) -> Weights:
    """What the baseline ``equal_weight`` orders: `equal_weight`, decision by decision where turnover is limited."""
    if problem.rules.turnover == math.inf:
        return equal_weight(problem.rules, path)
    from headway.rollouts import rollout

    played = rollout(problem.environment(), problem.baseline("equal_weight"), path)
    return orders(path, problem.rules, played.solution.weights)  # type: ignore[attr-defined]


def references(problem: Allocation, path: PricePath) -> Mapping[str, Reference]:
    """The score of 1/N, rebalanced at every decision, under the problem's own costs and lag."""
    value = problem.evaluate(path, reference(problem, path)).objective
    source = "1/N rebalanced at every decision (DeMiguel, Garlappi and Uppal 2009), run on the same instances"
    return {"equal_weight": Reference("policy", value, source, rederived=True)}
