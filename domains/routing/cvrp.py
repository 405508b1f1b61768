"""The capacitated vehicle routing problem (CVRP)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing import evaluate as scorer
from headway.domains.routing.generator import uniform, usual_capacity
from headway.domains.routing.instance import CVRPInstance
from headway.domains.routing.solution import Routes
from headway.errors import ConfigError
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Positive = Annotated[int, Field(ge=1)]


@component
class CVRP(Problem[CVRPInstance, Routes]):
    """Serve every customer once with vehicles of one capacity, driving as little as possible.

    Dantzig and Ramser, "The truck dispatching problem" (1959). The fleet is unlimited, as in the CVRPLIB
    sets. Generated instances are uniform in the unit square (see `generator.uniform`).

    Attributes
    ----------
    customers : of each generated instance
    fewest : sizes are drawn between this and ``customers``; None: all have ``customers``
    capacity : of every vehicle; None: the usual one for the size (20 -> 30, 50 -> 40, 100 -> 50)
    demand : least and largest demand of a customer
    convention : how distances of generated instances and of EUC_2D files are rounded; None: not at all
        in generated ones, to the nearest integer in files, as TSPLIB 95 has it
    """

    name: ClassVar[str] = "routing/cvrp"
    unit: ClassVar[str] = "distance"
    instance_type: ClassVar[type[CVRPInstance]] = CVRPInstance
    solution_type: ClassVar[type[Routes]] = Routes
    environments: ClassVar[Mapping[str, str]] = {"construct": "headway.domains.routing.dynamics:Construct"}
    baselines: ClassVar[Mapping[str, str]] = {
        "nearest_neighbour": "headway.domains.routing.heuristics:NearestNeighbour",
        "savings": "headway.domains.routing.heuristics:Savings",
        "ortools": "headway.domains.routing.ortools:ORTools",
        "ortools_first": "headway.domains.routing.ortools:ORToolsFirst",
        "pyvrp": "headway.domains.routing.pyvrp:PyVRP",
    }
    networks: ClassVar[Mapping[str, str]] = {"attention": "headway.domains.routing.networks:Attention"}

    customers: Positive = 20
    fewest: Positive | None = None
    capacity: Positive | None = None
    demand: tuple[Positive, Positive] = (1, 9)
    convention: Literal["float", "nint", "trunc1"] | None = None

    def __post_init__(self) -> None:
        if self.fewest is not None and self.fewest > self.customers:
            raise ConfigError(
                "the range of sizes is empty", where="problem.fewest", got=self.fewest, expected=f"<= {self.customers}"
            )
        least, most = self.demand
        smallest = self.capacity or int(usual_capacity(np.array([self.fewest or self.customers]))[0])
        if not least <= most <= smallest:
            raise ConfigError(
                "demands do not fit", where="problem.demand", got=self.demand, expected=f"increasing, <= {smallest}"
            )

    # -- instances ------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> CVRPInstance:
        return uniform(
            rng,
            n,
            customers=(self.fewest or self.customers, self.customers),
            demand=self.demand,
            capacity=self.capacity,
            convention=self.convention or "float",
        )

    def load(self, path: Path) -> CVRPInstance:
        """Instances from a VRPLIB file (.vrp), a folder of them, or an .npz file (see `data.load`)."""
        from headway.domains.routing.data import load

        return load(path, self.convention)

    # -- solutions ------------------------------------------------------------------------------
    def evaluate(self, instance: CVRPInstance, solution: Routes) -> Evaluation:
        """Total distance; see `evaluate.evaluate` for violations and metrics."""
        return scorer.evaluate(instance, solution)

    def read_solution(self, instance: CVRPInstance, path: Path) -> Routes:
        """Routes in the VRPLIB form (``Route #1: 3 1 2``), or the .npz that `Batch.save` writes."""
        from headway.domains.routing.sol_file import read_routes

        return read_routes(path)

    def write_solution(self, instance: CVRPInstance, solution: Routes, path: Path) -> Path:
        """Routes and cost in the VRPLIB form, or an .npz where the path says so."""
        from headway.domains.routing.sol_file import write_routes

        return write_routes(path, solution, cost=float(self.evaluate(instance, solution).objective[0]))

    def references(self, instance: CVRPInstance) -> Mapping[str, Reference]:
        """``best_known`` costs of CVRPLIB instances, recognised by name and size."""
        from headway.domains.routing.reference import best_known

        return best_known(instance)

    def render(self, instance: CVRPInstance, solution: Routes) -> Figure:
        """The routes on the plane."""
        from headway.domains.routing.render import draw

        return draw(instance, solution, self.evaluate(instance, solution))
