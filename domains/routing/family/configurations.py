"""The named problems: `VRP` with a rule or two. Fleets are unlimited, so that no episode ends in a dead end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from headway.components import component
from headway.domains.routing.family.problems import VRP, Positive, Share

# What is improved begins as the savings method has it, which needs no bound on the fleet.
ENVIRONMENTS = {
    "construct": "headway.domains.routing.construct.dynamics:Construct",
    "improve": "headway.domains.routing.improve.dynamics:Improve",
}


@component
class Unlimited(VRP):
    """What the named problems have in common: a vehicle for whoever needs one (the TSP has one, and no loads)."""

    environments: ClassVar[Mapping[str, str]] = ENVIRONMENTS


@component
class CVRP(Unlimited):
    """Capacitated vehicle routing (Dantzig and Ramser 1959, "The truck dispatching problem")."""

    name: ClassVar[str] = "routing/cvrp"
    rules: ClassVar[frozenset[str]] = frozenset()
    environments: ClassVar[Mapping[str, str]] = {
        **ENVIRONMENTS,
        "penalties": "headway.domains.routing.lagrangian.penalties:Penalties",
    }
    baselines: ClassVar[Mapping[str, str]] = {
        **VRP.baselines,
        "c_alm": "headway.domains.routing.lagrangian.contestants:CALM",
        "rl_c_alm": "headway.domains.routing.lagrangian.contestants:RLCALM",
    }
    policies: ClassVar[Mapping[str, str]] = {"pomo": "headway.domains.routing:policies/cvrp/pomo"}


@component
class VRPTW(Unlimited):
    """CVRP with time windows (Solomon 1987)."""

    name: ClassVar[str] = "routing/vrptw"
    rules: ClassVar[frozenset[str]] = frozenset({"windows"})
    policies: ClassVar[Mapping[str, str]] = {"pomo": "headway.domains.routing:policies/vrptw/pomo"}

    time_windows: bool = True


@component
class OVRP(Unlimited):
    """CVRP whose vehicles do not return (Sariklis and Powell 2000)."""

    name: ClassVar[str] = "routing/ovrp"
    rules: ClassVar[frozenset[str]] = frozenset({"open"})

    open: bool = True


@component
class VRPB(Unlimited):
    """CVRP with backhauls: some customers send goods to the depot (Goetschalckx and Jacobs-Blecha 1989), collected
    after all deliveries of the route unless ``backhaul_last`` is off.
    """

    name: ClassVar[str] = "routing/vrpb"
    rules: ClassVar[frozenset[str]] = frozenset({"pickups", "backhaul_last"})

    backhauls: Share = 0.2
    backhaul_last: bool = True


@component
class VRPL(Unlimited):
    """CVRP whose routes have a longest distance (Laporte, Nobert and Desrochers 1985)."""

    name: ClassVar[str] = "routing/vrpl"
    rules: ClassVar[frozenset[str]] = frozenset({"limit"})

    distance_limit: float | None = 3.0


@component
class MDVRP(Unlimited):
    """CVRP with several depots; a vehicle returns to its own (Tillman 1969)."""

    name: ClassVar[str] = "routing/mdvrp"
    rules: ClassVar[frozenset[str]] = frozenset({"depots"})

    depots: Positive = 3


@component
class PCVRP(Unlimited):
    """CVRP that may leave customers out, at a price (Balas 1989, "The prize collecting traveling salesman problem")."""

    name: ClassVar[str] = "routing/pcvrp"
    rules: ClassVar[frozenset[str]] = frozenset({"prizes"})

    prizes: Share = 1.0


@component
class PDP(Unlimited):
    """Pickup and delivery: goods go from one customer to another, on one vehicle (Savelsbergh and Sol 1995)."""

    name: ClassVar[str] = "routing/pdp"
    rules: ClassVar[frozenset[str]] = frozenset({"pairs"})

    pairs: bool = True


@component
class TSP(Unlimited):
    """One vehicle visits all (the travelling salesman problem)."""

    name: ClassVar[str] = "routing/tsp"
    rules: ClassVar[frozenset[str]] = frozenset({"fleet"})

    fleet: Positive | None = 1
    tour: bool = True
