"""HGS-CVRP, through the package hygese where that is installed."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.components import component
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import used
from headway.errors import CapabilityError
from headway.solver import Search, Solver

SHARE = 0.03  # of the budget: the search ends that much early, so that its answer still counts
KNOWN = frozenset({"limit", "fleet"})  # rules beyond capacity


@component
class HGS(Solver[RoutingInstance, Routes]):
    """Hybrid genetic search of Vidal (Comput. Oper. Res. 2022), with its own parameters, until the budget ends.

    Its clock is CPU time. It answers once, at the end. ``pip install 'headway[hgs]'`` brings the package.
    """

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        """Solve a batch of one.

        Raises
        ------
        CapabilityError
            The package is missing; or the instance has a rule that HGS-CVRP lacks, or distances that depend on the
            direction.
        """
        hygese, distance = _package(), _distances(instance)
        n = len(distance)
        data = {
            # Read for the angles of SWAP* only; the package wants them not negative.
            "x_coordinates": instance.coords[0, :n, 0] - instance.coords[0, :n, 0].min(),
            "y_coordinates": instance.coords[0, :n, 1] - instance.coords[0, :n, 1].min(),
            "distance_matrix": distance,
            "demands": instance.demand[0, :n],
            "vehicle_capacity": int(instance.capacity[0]),
            "num_vehicles": int(min(instance.fleet[0], instance.customers[0])),
        }
        if np.isfinite(instance.limit[0]):
            data["duration_limit"] = float(instance.limit[0])
        parameters = hygese.AlgorithmParameters(
            timeLimit=max(0.001, search.left - SHARE * search.budget.cpu), seed=int(search.rng.integers(2**31))
        )
        found = Routes.of(hygese.Solver(parameters=parameters, verbose=False).solve_cvrp(data).routes)
        return found if problem.evaluate(instance, found).feasible[0] else None


def _package() -> Any:
    try:
        import hygese
    except ImportError as error:
        raise CapabilityError(
            "HGS-CVRP is not installed", where="hgs", got=error, hint="pip install 'headway[hgs]'"
        ) from error
    return hygese


def _distances(instance: RoutingInstance) -> Any:
    """Distances of an instance that HGS-CVRP can take."""
    n = int(instance.customers[0]) + 1
    distance = instance.distances()[0, :n, :n]
    beyond = sorted(used(instance) - KNOWN)
    if not (distance == distance.T).all():
        beyond.append("distances that depend on the direction")
    if beyond:
        raise CapabilityError(
            "HGS-CVRP lacks a rule of this instance", where="hgs", got=", ".join(beyond),
            expected=f"capacity, {', '.join(sorted(KNOWN))}", hint="use ortools, pyvrp or sisr",
        )  # fmt: skip
    return distance
