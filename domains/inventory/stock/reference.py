"""What objectives are measured against: the optimal policy or the best rule, and what nobody can beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from headway.domains.inventory.stock.instance import StockPath
from headway.errors import CapabilityError
from headway.evaluation import Floats, Reference
from headway.rollouts import rollout

if TYPE_CHECKING:
    from headway.domains.inventory.stock.problem import StockProblem

_RUN = "run on the same instances"


def references(problem: StockProblem, path: StockPath) -> Mapping[str, Reference]:
    """A policy's score on these instances, the optimal one where it is known, and the perfect-information bound.

    Gaps are measured to the first. The bound is the cost of orders placed in the knowledge of all demand; without
    fixed costs and once orders can arrive it is zero, so it says little where goods are durable.
    """
    from headway.domains.inventory.optimisation.bound import bounds

    found = Reference(
        "bound", bounds(path), "best orders had demand been known (Wagner and Whitin 1958)", rederived=True
    )
    return {**policy(problem, path), "perfect_information": found}


def policy(problem: StockProblem, path: StockPath) -> Mapping[str, Reference]:
    """The reference policy, by name."""
    if problem.base_stock_is_best:
        source = f"base-stock policy at the critical fractile of lead time demand (Karlin and Scarf 1958), {_RUN}"
        return {"optimal": Reference("policy", scored(problem, path, "base_stock"), source, rederived=True)}
    try:
        source = f"optimal policy by dynamic programming, {_RUN}"
        return {"optimal": Reference("policy", scored(problem, path, "optimal"), source, rederived=True)}
    except CapabilityError:  # no exact model, or too many states
        source = f"best base-stock policy, {_RUN}"
        return {"base_stock": Reference("policy", scored(problem, path, "base_stock"), source, rederived=True)}


def scored(problem: StockProblem, path: StockPath, name: str) -> Floats:
    """Objectives float64 [B] of a baseline on these instances."""
    baseline = problem.baseline(name)
    return problem.evaluate(path, rollout(problem.environment(), baseline, path).solution).objective  # type: ignore[arg-type]
