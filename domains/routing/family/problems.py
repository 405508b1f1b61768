"""The problems of the family: one dynamics and one scorer, and which rules are switched on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.options import ALL, check_options
from headway.domains.routing.family.solution import Routes
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]

_HERE = "headway.domains.routing"


@component
class VRP(Problem[RoutingInstance, Routes]):
    """Serve customers with a fleet, driving as little as possible, under any of the family's rules.

    Files may hold any of them. Generated instances have those that are switched on here; the other problems of the
    domain are this one with one rule or two.

    Attributes
    ----------
    customers : of each generated instance
    fewest : sizes are drawn between this and ``customers``; None: all have ``customers``
    capacity : of every vehicle; None: the usual one for the size (20 -> 30, 50 -> 40, 100 -> 50), or the layout's
    demand : least and largest demand of a customer
    convention : how distances of generated instances and of EUC_2D files are rounded; None: what is usual: not at all
        in generated ones (to the nearest integer in ``uchoa``), to the nearest integer in VRPLIB files (TSPLIB 95), to
        one decimal in Solomon's
    layout : where generated customers are: ``uniform``, ``clustered``, or the mixtures of ``uchoa`` (2017, set X)
    time_windows : customers are served within their windows
    open : vehicles do not return
    backhauls : share of customers that send goods to the depot instead of receiving them
    backhaul_last : a vehicle collects only once it has delivered all
    distance_limit : longest distance of a route; None: no limit
    depots : how many
    fleet : vehicles of each depot; None: as many as needed
    prizes : share of customers that may be left out, at a price
    pairs : customers are pairs of a pickup and its delivery
    tour : one vehicle and no demands (the travelling salesman)
    """

    name: ClassVar[str] = "routing/vrp"
    unit: ClassVar[str] = "distance"
    rules: ClassVar[frozenset[str]] = ALL  # what instances may have
    instance_type: ClassVar[type[RoutingInstance]] = RoutingInstance
    solution_type: ClassVar[type[Routes]] = Routes
    environments: ClassVar[Mapping[str, str]] = {"construct": f"{_HERE}.construct.dynamics:ConstructConfined"}
    baselines: ClassVar[Mapping[str, str]] = {
        "nearest_neighbour": f"{_HERE}.classical.heuristics:NearestNeighbour",
        "savings": f"{_HERE}.classical.heuristics:Savings",
        "savings_polish": f"{_HERE}.classical.heuristics:SavingsPolish",
        "sisr": f"{_HERE}.classical.sisr:SISR",
        "sweep": f"{_HERE}.classical.heuristics:Sweep",
        "started_ortools": f"{_HERE}.classical.started:StartedORTools",
        "started_pyvrp": f"{_HERE}.classical.started:StartedPyVRP",
        "decoding": f"{_HERE}.learned.decoding:Decoding",
        "exact": f"{_HERE}.classical.exact:Exact",
        "hgs": f"{_HERE}.classical.hgs:HGS",
        "hybrid": f"{_HERE}.improve.steered:Steered",
        "ortools": f"{_HERE}.classical.ortools:ORTools",
        "ortools_first": f"{_HERE}.classical.ortools:ORToolsFirst",
        "pyvrp": f"{_HERE}.classical.pyvrp:PyVRP",
    }
    networks: ClassVar[Mapping[str, str]] = {
        "attention": f"{_HERE}.construct.networks:Attention",
        "pomo": f"{_HERE}.learned.pomo_network:POMO",
    }

    customers: Positive = 20
    fewest: Positive | None = None
    capacity: Positive | None = None
    demand: tuple[Positive, Positive] = (1, 9)
    convention: Literal["float", "nint", "trunc1"] | None = None
    layout: Literal["uniform", "clustered", "uchoa"] = "uniform"
    time_windows: bool = False
    open: bool = False
    backhauls: Share = 0.0
    backhaul_last: bool = False
    distance_limit: Annotated[float, Field(gt=0)] | None = None
    depots: Positive = 1
    fleet: Positive | None = None
    prizes: Share = 0.0
    pairs: bool = False
    tour: bool = False

    def __post_init__(self) -> None:
        check_options(self)

    # -- instances ------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> RoutingInstance:
        from headway.domains.routing.generation.draw import draw

        return draw(rng, n, self)

    def load(self, path: Path) -> RoutingInstance:
        """Instances from a VRPLIB, Solomon or CSV file, a folder of them, or an .npz file (see `files.load.load`).

        Raises
        ------
        InstanceError
            Also where the file has a rule that the problem lacks.
        """
        from headway.domains.routing.family.switches import refuse_beyond
        from headway.domains.routing.files.load import load

        instance = load(path, self.convention, self.rules)
        refuse_beyond(instance, self.rules, str(path))
        return instance

    # -- solutions ------------------------------------------------------------------------------
    def evaluate(self, instance: RoutingInstance, solution: Routes) -> Evaluation:
        """Total distance and what is lost; see `evaluate.evaluate` for violations and metrics."""
        from headway.domains.routing.family.evaluate import evaluate

        return evaluate(instance, solution)

    def read_solution(self, instance: RoutingInstance, path: Path) -> Routes:
        """Routes in the VRPLIB form (``Route #1: 3 1 2``), or the .npz that `Batch.save` writes."""
        from headway.domains.routing.files.sol_file import read_routes

        return read_routes(path)

    def write_solution(self, instance: RoutingInstance, solution: Routes, path: Path) -> Path:
        """Routes and cost in the VRPLIB form, or an .npz where the path says so."""
        from headway.domains.routing.files.sol_file import write_routes

        return write_routes(path, solution, cost=float(self.evaluate(instance, solution).objective[0]))

    def references(self, instance: RoutingInstance) -> Mapping[str, Reference]:
        """``best_known`` costs of published instances, recognised by name and size."""
        from headway.domains.routing.family.reference import best_known

        return best_known(instance)

    def render(self, instance: RoutingInstance, solution: Routes) -> Figure:
        """The routes on the plane."""
        from headway.domains.routing.family.render import draw

        return draw(instance, solution, self.evaluate(instance, solution))
