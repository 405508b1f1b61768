"""What objectives are measured against: the best classical rule, and what no policy can beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from headway.domains.inventory.optimisation.bound import bounds
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.shipments import Shipments
from headway.evaluation import Reference
from headway.rollouts import rollout

if TYPE_CHECKING:
    from headway.domains.inventory.supply.base import SupplyProblem


def references(problem: SupplyProblem, path: SupplyPath) -> Mapping[str, Reference]:
    """The score of the problem's reference policy, and the perfect-information bound, on these instances."""
    name = problem.reference
    policy = problem.baseline(name)
    solution = cast(Shipments, rollout(problem.environment(policy.environment), policy, path).solution)
    value = problem.evaluate(path, solution).objective
    known = "linear program over the whole path, its optimum certified by its multipliers (GLOP)"
    return {
        name: Reference("policy", value, f"{problem.reference_source}, run on the same instances", rederived=True),
        "perfect_information": Reference("bound", bounds(path), known, rederived=True),
    }
