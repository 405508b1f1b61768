"""What objectives are measured against: 1/N in whole lots on the same instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.trading.solution import Lots
from headway.evaluation import Reference
from headway.rollouts import rollout


def equal_weight(problem: Any, path: PricePath) -> Lots:
    """Orders of 1/N in whole lots at every decision."""
    lots: Lots = rollout(problem.environment(), problem.baseline("equal_weight"), path).solution  # type: ignore[assignment]
    return lots


def references(problem: Any, path: PricePath) -> Mapping[str, Reference]:
    """The score of 1/N in whole lots, under the problem's own terms and lag."""
    value = problem.evaluate(path, equal_weight(problem, path)).objective
    source = "1/N in whole lots at every decision (DeMiguel, Garlappi and Uppal 2009), run on the same instances"
    return {"equal_weight": Reference("policy", value, source, rederived=True)}
