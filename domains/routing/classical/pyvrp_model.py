"""An instance as `pyvrp.ProblemData`, and its solutions to and fro."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyvrp

from headway.domains.routing.classical.scaling import NEVER, whole
from headway.domains.routing.classical.task import Task, task_of
from headway.domains.routing.family.instance import Ints, RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.errors import CapabilityError

UNLIMITED = int(np.iinfo(np.int64).max)


class Model:
    """Data for PyVRP. A pair is a shipment, any other customer a client.

    Backhauls come last because legs from a pickup to a delivery cost more than any solution (`forbidden`).

    Raises
    ------
    CapabilityError
        The instance has a rule, or rules together, that PyVRP does not know.
    """

    def __init__(self, instance: RoutingInstance) -> None:
        self.task, self.numbers = task_of(instance), whole(instance)
        _check(self.task)
        customers = np.arange(1, self.task.customers + 1)
        self.clients: list[int] = customers[self.task.mate[1 : self.task.customers + 1] == 0].tolist()
        self.senders: list[int] = np.flatnonzero(self.task.sends).tolist()
        limited = self.numbers.limit < NEVER
        distance = (self.numbers.length if limited else self.numbers.cost).copy()
        known = self.numbers.prize[self.numbers.prize < NEVER]
        self.forbidden = 2 * int(2 * distance.max(1).sum() + known.sum()) + 1
        distance[np.ix_(self.task.haul, self.task.line)] = self.forbidden
        self.data = pyvrp.ProblemData(
            locations=[pyvrp.Location(x, y) for x, y in instance.coords[0, : len(distance)].tolist()],
            clients=[self._client(node) for node in self.clients],
            depots=[pyvrp.Depot(node, **self._window(node)) for node in self.numbers.depots.tolist()],
            vehicle_types=self._vehicles(),
            distance_matrices=[_plain(distance)],
            duration_matrices=[_plain(self.numbers.travel if self.numbers.timed else np.zeros_like(distance))],
            shipments=[self._shipment(node) for node in self.senders],
        )

    # -- its parts ------------------------------------------------------------------------------
    def _vehicles(self) -> list[Any]:
        limit = self.numbers.limit if self.numbers.limit < NEVER else UNLIMITED
        return [
            pyvrp.VehicleType(
                number, capacity=[self.task.capacity], start_depot=depot, end_depot=depot, max_distance=limit
            )
            for depot, number in enumerate(self.task.fleet.tolist())
        ]

    def _client(self, node: int) -> Any:
        return pyvrp.Client(
            node,
            delivery=[int(self.task.demand[node])],
            pickup=[int(self.task.change[node])],
            **self._window(node),
            **self._service(node),
            **self._prize(node),
        )

    def _shipment(self, sender: int) -> Any:
        ends = {"pickup": sender, "delivery": int(self.task.mate[sender])}
        options: dict[str, Any] = {
            f"{end}_{key}": value
            for end, node in ends.items()
            for key, value in {"location": node, **self._window(node), **self._service(node)}.items()
        }
        return pyvrp.Shipment(**options, amount=[int(self.task.change[sender])], **self._prize(*ends.values()))

    def _window(self, node: int) -> dict[str, Any]:
        """Opening and closing, where the instance has windows at all."""
        if not self.numbers.timed:
            return {}
        late = int(self.numbers.latest[node])
        return {"tw_early": int(self.numbers.earliest[node]), "tw_late": late if late < NEVER else UNLIMITED}

    def _service(self, node: int) -> dict[str, Any]:
        return {"service_duration": int(self.numbers.service[node])} if self.numbers.timed else {}

    def _prize(self, *nodes: int) -> dict[str, Any]:
        prize = int(self.numbers.prize[list(nodes)].sum())
        return {} if prize >= NEVER else {"required": False, "prize": prize}

    # -- solutions ------------------------------------------------------------------------------
    def allows(self, solution: Any) -> bool:
        """Whether a `pyvrp.Solution` keeps all rules."""
        return bool(solution.is_feasible()) and solution.distance() < self.forbidden

    def routes(self, solution: Any) -> Routes:
        """A `pyvrp.Solution` as routes."""
        found = [
            (route.start_depot(), [self._node(a) for a in route if not a.is_depot()]) for route in solution.routes()
        ]
        return Routes.of([route for _, route in found], [depot for depot, _ in found])

    def _node(self, activity: Any) -> int:
        if activity.is_client():
            return self.clients[activity.idx]
        sender = self.senders[activity.idx]
        return sender if activity.is_pickup() else int(self.task.mate[sender])

    def solution(self, routes: Routes) -> Any:
        """Routes as a `pyvrp.Solution`."""
        kind, activity = pyvrp.ActivityType, {}
        for index, node in enumerate(self.clients):
            activity[node] = pyvrp.Activity(kind.CLIENT, index)
        for index, node in enumerate(self.senders):
            activity[node] = pyvrp.Activity(kind.PICKUP, index)
            activity[int(self.task.mate[node])] = pyvrp.Activity(kind.DELIVERY, index)
        found = [pyvrp.Route(self.data, [activity[node] for node in route], depot) for depot, route in routes.leaving()]
        return pyvrp.Solution(self.data, found)


def _check(task: Task) -> None:
    """Refuse what cannot be said in PyVRP's terms."""
    paired = task.mate > 0
    if (paired & ((task.demand > 0) | (task.change + task.change[task.mate] != 0))).any():
        raise CapabilityError(
            "PyVRP has no pairs that also trade with the depot", where="pyvrp", got="pairs", hint="use ortools"
        )
    other = ~(task.line | task.haul)
    other[task.home] = False
    if task.haul.any() and task.line.any() and other.any():
        raise CapabilityError(
            "PyVRP keeps backhauls last only where each customer has a delivery or a pickup",
            where="pyvrp",
            got=f"customer {np.flatnonzero(other)[0]} without one for the depot",
            hint="use ortools",
        )


def _plain(matrix: Ints) -> Any:
    return np.ascontiguousarray(matrix)
