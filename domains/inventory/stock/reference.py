"""What objectives are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from headway.domains.inventory.stock.instance import StockPath
from headway.evaluation import Reference
from headway.rollouts import rollout

if TYPE_CHECKING:
    from headway.domains.inventory.stock.problem import StockProblem


def references(problem: StockProblem, path: StockPath) -> Mapping[str, Reference]:
    policy = problem.baseline("base_stock")
    value = problem.evaluate(path, rollout(problem.environment(), policy, path).solution).objective
    return {"base_stock": Reference("policy", value, "best base-stock", rederived=True)}
