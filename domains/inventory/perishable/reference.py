"""What objectives are measured against: the optimal policy or the best rule, and perfect information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from headway.domains.inventory.perishable.bound import perfect_information
from headway.domains.inventory.perishable.instance import AgedPath
from headway.errors import CapabilityError
from headway.evaluation import Floats, Reference
from headway.rollouts import rollout

if TYPE_CHECKING:
    from headway.domains.inventory.perishable.problem import Perishable


def references(problem: Perishable, path: AgedPath) -> Mapping[str, Reference]:
    """A policy's score on these instances, the optimal one where it is known, and the perfect-information bound."""
    source = "the cheapest order for each unit of demand, had all demand been known"
    bound = Reference("bound", perfect_information(path), source, rederived=True)
    return {**policy(problem, path), "perfect_information": bound}


def policy(problem: Perishable, path: AgedPath) -> Mapping[str, Reference]:
    """The reference policy, by name."""
    try:
        source = "optimal policy by dynamic programming, run on the same instances"
        return {"optimal": Reference("policy", scored(problem, path, "optimal"), source, rederived=True)}
    except CapabilityError:  # no exact model, or too many states
        source = "best base-stock policy, run on the same instances"
        return {"base_stock": Reference("policy", scored(problem, path, "base_stock"), source, rederived=True)}


def scored(problem: Perishable, path: AgedPath, name: str) -> Floats:
    """Objectives float64 [B] of a baseline on these instances."""
    walked = rollout(problem.environment(), problem.baseline(name), path)
    return problem.evaluate(path, walked.solution).objective  # type: ignore[arg-type]
