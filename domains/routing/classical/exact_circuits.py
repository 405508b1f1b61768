"""The routes of an instance as a CP-SAT model, before any rule but the fleet's."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ortools.sat.python import cp_model

from headway.domains.routing.classical.scaling import NEVER, whole
from headway.domains.routing.classical.task import task_of
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes

RESOLUTION = 1e9  # costs are rounded to a billionth of the longest leg; bounds are less by what that may come to


class Circuits:
    """Routes as one circuit with many loops through the depots, at the least cost; a vehicle returns to where it left.

    Times, lengths and limits are rounded outwards, so no solution is cut off.
    """

    def __init__(self, instance: RoutingInstance) -> None:
        self.task, self.numbers = task_of(instance), whole(instance, RESOLUTION, relaxed=True)
        self.cp = cp_model.CpModel()
        self.customers = range(1, self.task.customers + 1)
        self.depots = range(len(self.task.home))
        self.visited = {i: self._literal() for i in self.customers}
        self.leg = {(i, j): self._literal() for i in self.customers for j in self.customers if i != j}
        self.leaves = {(d, i): self._literal() for d in self.depots for i in self.customers}
        self.returns = {(d, i): self._literal() for d in self.depots for i in self.customers}
        self._circuit()
        self._owners()
        self._objective()

    def _literal(self) -> Any:
        return self.cp.new_bool_var("")

    # -- routes ---------------------------------------------------------------------------------
    def _circuit(self) -> None:
        arcs = [(i, j, literal) for (i, j), literal in self.leg.items()]
        for i in self.customers:
            out, back = self._literal(), self._literal()
            self.cp.add(sum(self.leaves[d, i] for d in self.depots) == out)
            self.cp.add(sum(self.returns[d, i] for d in self.depots) == back)
            arcs += [(0, i, out), (i, 0, back), (i, i, ~self.visited[i])]
            if self.numbers.prize[i] >= NEVER:
                self.cp.add(self.visited[i] == 1)
        self.cp.add_multiple_circuit(arcs)
        for d in self.depots:
            self.cp.add(sum(self.leaves[d, i] for i in self.customers) <= int(self.task.fleet[d]))

    def _owners(self) -> None:
        """Vehicles return to the depot they left."""
        if len(self.depots) > 1:
            owner = self.along(lambda i: (0, len(self.depots) - 1), lambda d, i: d, lambda i, j: 0, equal=True)
            for (d, i), literal in self.returns.items():
                self.cp.add(owner[i] == d).only_enforce_if(literal)

    def along(
        self,
        bounds: Callable[[int], tuple[int, int]],
        first: Callable[[int, int], int],
        step: Callable[[int, int], int],
        *,
        equal: bool = False,
    ) -> dict[int, Any]:
        """A variable per customer i, at least (``equal``: exactly) ``first(d, i)`` after depot d, and ``step(j, i)``
        more than that of j after customer j.
        """
        state = {i: self.cp.new_int_var(*bounds(i), "") for i in self.customers}
        for (d, i), literal in self.leaves.items():
            value = first(d, i)
            self.cp.add(state[i] == value if equal else state[i] >= value).only_enforce_if(literal)
        for (j, i), literal in self.leg.items():
            value = state[j] + step(j, i)
            self.cp.add(state[i] == value if equal else state[i] >= value).only_enforce_if(literal)
        return state

    # -- objective ------------------------------------------------------------------------------
    def _objective(self) -> None:
        cost, home, prize = self.numbers.cost.tolist(), self.task.home.tolist(), self.numbers.prize.tolist()
        self.terms = [(literal, cost[i][j]) for (i, j), literal in self.leg.items()]
        self.terms += [(literal, cost[home[d]][i]) for (d, i), literal in self.leaves.items()]
        self.terms += [(literal, cost[i][home[d]]) for (d, i), literal in self.returns.items()]
        self.terms += [(~self.visited[i], prize[i]) for i in self.customers if prize[i] < NEVER]
        literals, costs = zip(*self.terms, strict=True)
        self.cp.minimize(cp_model.LinearExpr.weighted_sum(literals, costs))

    def bound(self, value: float) -> float:
        """A bound on the objective as a bound on distances: a solution has at most 2 n legs and prizes."""
        error = 0.0 if self.numbers.exact else 0.5 * 2 * self.task.customers
        return (value - error) / self.numbers.unit

    def routes(self, true: Callable[[Any], bool]) -> Routes:
        """The routes of a solution, in which ``true`` says of a literal whether it holds."""
        following = {i: j for (i, j), literal in self.leg.items() if true(literal)}
        routes, depots = [], []
        for (d, i), literal in self.leaves.items():
            if true(literal):
                route = [i]
                while route[-1] in following:
                    route.append(following[route[-1]])
                routes.append(route)
                depots.append(d)
        return Routes.of(routes, depots)

    def forbid(self, routes: Routes) -> None:
        """Cut off a solution that keeps the rounded limits but not the real ones."""
        used = [self.leaves[depot, route[0]] for depot, route in routes.leaving()]
        used += [self.leg[i, j] for route in routes.routes() for i, j in itertools.pairwise(route)]
        self.cp.add_bool_or([~literal for literal in used])

    def hint(self, routes: Routes) -> None:
        """Begin the search at these routes."""
        chosen = {self.leaves[depot, route[0]].index for depot, route in routes.leaving()}
        chosen |= {self.returns[depot, route[-1]].index for depot, route in routes.leaving()}
        chosen |= {self.leg[pair].index for route in routes.routes() for pair in itertools.pairwise(route)}
        self.cp.clear_hints()
        for literal in (*self.leg.values(), *self.leaves.values(), *self.returns.values()):
            self.cp.add_hint(literal, literal.index in chosen)
