"""Rules for waves: which of the known orders leave, on routes that a search finds for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.routing.dynamic.instance import Day
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Planner, Policy

Positive = Annotated[int, Field(ge=1)]
Routed = tuple[tuple[int, ...], ...]
HEAT = (0.2, 0.002)  # temperatures of a search from nothing, in mean distances


@component
class Nearest(Policy):
    """Everything that is known leaves, the nearest order first."""

    environment: ClassVar[str | None] = "dispatch"

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        fits = np.array(mask)
        fits[:, 0] &= ~fits[:, 1:].any(1)
        return np.where(fits, observation["distance"], np.inf).argmin(1), memory


@component
class Greedy(Planner[Day]):
    """Everything that is known leaves.

    Attributes
    ----------
    iterations : of ruin and recreate (`classical.sisr`) for the routes of a wave
    """

    environment: ClassVar[str | None] = "dispatch"

    iterations: Positive = 5000

    def plan(self, problem: Any, view: Day, state: Any) -> Array:
        """The next stop of this wave's routes; they are worked out once a wave, from what is known when it begins."""
        wave, taken = int(state.wave[0]), np.asarray(state.taken[0])
        open_ = view.known(wave)[0] & ((taken < 0) | (taken == wave))
        tour = [stop for route in self.routes(view, open_, wave) for stop in (*route, 0)]
        since = int(state.since[0])
        return np.array(tour[since] if since < len(tour) else 0)

    def routes(self, view: Day, open_: NDArray[np.bool_], wave: int) -> Routed:
        """Routes of this wave, for the orders that are ``open_`` (bool [N])."""
        return self.searched(view, np.where(open_, np.inf, 0.0))

    def searched(self, view: Day, prize: NDArray[np.float64]) -> Routed:
        """Good routes for the orders whose ``prize`` [N] is above 0; inf: they must be on one."""
        stops = np.flatnonzero(prize > 0)
        if not len(stops):
            return ()
        nodes = np.concatenate([[0], stops])
        found = _searched(
            view.coords[0, nodes].tobytes(), view.demand[0, nodes].tobytes(), prize[nodes].tobytes(),
            int(view.capacity[0]), str(view.convention[0]), self.iterations,
        )  # fmt: skip
        return tuple(tuple(int(nodes[stop]) for stop in route) for route in found)


@component
class Lazy(Greedy):
    """Only orders whose last wave this is leave."""

    def routes(self, view: Day, open_: NDArray[np.bool_], wave: int) -> Routed:
        return self.searched(view, np.where(open_ & (view.due[0] <= wave), np.inf, 0.0))


@component
class Company(Greedy):
    """Routes for everything that is known; those leave that have an order whose last wave this is."""

    def routes(self, view: Day, open_: NDArray[np.bool_], wave: int) -> Routed:
        must = open_ & (view.due[0] <= wave)
        return (
            tuple(route for route in super().routes(view, open_, wave) if must[list(route)].any()) if must.any() else ()
        )


@component
class Prizes(Greedy):
    """Orders whose last wave this is leave, and with them those that cost less now than they are worth: a
    prize-collecting problem (Baty, Jungel, Klein, Parmentier and Schiffer, "Combinatorial optimization enriched machine
    learning to solve the dynamic vehicle routing problem with time windows", Transportation Science 2024, learn the
    prizes; here they are a rule).

    Attributes
    ----------
    worth : prize of an order, as a multiple of its way out and back times the share of a vehicle it fills
    spare : the same, of its way out and back alone. Both chosen on 16 validation days, among 0.6, 1, 1.5 and 0.05,
        0.15, 0.3
    """

    worth: Annotated[float, Field(ge=0)] = 1.0
    spare: Annotated[float, Field(ge=0)] = 0.15

    def routes(self, view: Day, open_: NDArray[np.bool_], wave: int) -> Routed:
        must = open_ & (view.due[0] <= wave)
        if not must.any():
            return ()
        way = 2 * np.linalg.norm(view.coords[0] - view.coords[0, 0], axis=1)
        prize = way * (self.worth * view.demand[0] / view.capacity[0] + self.spare)
        return self.searched(view, np.where(must, np.inf, np.where(open_, prize, 0.0)))


@lru_cache(maxsize=256)
def _searched(coords: bytes, demand: bytes, prize: bytes, capacity: int, convention: str, iterations: int) -> Routed:
    """The same question is asked at every stop of a wave."""
    from headway.domains.routing.classical.polish import improve
    from headway.domains.routing.classical.task import task_of

    places = np.frombuffer(coords).reshape(1, -1, 2)
    worth = np.frombuffer(prize).reshape(1, -1).copy()
    worth[:, 0] = np.inf
    instance = RoutingInstance.of(
        coords=places,
        demand=np.frombuffer(demand, np.int64).reshape(1, -1),
        capacity=np.array([capacity]),
        prize=worth,
        convention=np.array([convention]),
    )
    none = np.zeros(0, np.int64)
    tour, _ = improve(task_of(instance), none, iterations, HEAT)
    return tuple(tuple(route) for route in Routes(tour[None]).routes())
