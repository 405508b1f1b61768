"""The problem `dynamic_cvrp`: orders arrive during the day; each wave takes some and leaves others waiting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from headway.components import component
from headway.domains.routing.dynamic.instance import Day, Dispatches
from headway.domains.routing.family.problems import Positive, Share
from headway.errors import ConfigError
from headway.evaluation import Evaluation
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.routing.dynamic"


@component
class DynamicCVRP(Problem[Day, Dispatches]):
    """Same-day delivery in waves (after Klapp, Erera and Toriello, "The dynamic dispatch waves problem for same-day
    delivery", EJOR 2018): before each wave it is decided which of the known orders leave and on which routes; the
    others wait for company, at most until their last wave.

    Attributes
    ----------
    customers : orders of a generated day; ``fewest``: sizes are drawn between this and it; None: all have as many
    waves : of a day
    known : share of the orders that are known before the first wave
    patience : waves that an order can wait, at most
    demand : least and largest demand; ``capacity``: of every vehicle; None: the usual one for the size
    """

    name: ClassVar[str] = "routing/dynamic_cvrp"
    unit: ClassVar[str] = "distance"
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Day]] = Day
    solution_type: ClassVar[type[Dispatches]] = Dispatches
    environments: ClassVar[Mapping[str, str]] = {"dispatch": f"{_HERE}.dynamics:Dispatch"}
    baselines: ClassVar[Mapping[str, str]] = {
        "company": f"{_HERE}.planners:Company",
        "greedy": f"{_HERE}.planners:Greedy",
        "lazy": f"{_HERE}.planners:Lazy",
        "nearest": f"{_HERE}.planners:Nearest",
        "prizes": f"{_HERE}.planners:Prizes",
    }
    networks: ClassVar[Mapping[str, str]] = {"attention": "headway.domains.routing.construct.networks:Attention"}

    customers: Positive = 40
    fewest: Positive | None = None
    waves: Positive = 6
    known: Share = 0.3
    patience: Positive = 3
    demand: tuple[Positive, Positive] = (1, 9)
    capacity: Positive | None = None

    def __post_init__(self) -> None:
        if self.fewest is not None and self.fewest > self.customers:
            raise ConfigError(
                "the range of sizes is empty", where="problem.fewest", got=self.fewest, expected=f"<= {self.customers}"
            )

    # -- days -------------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> Day:
        from headway.domains.routing.dynamic.generator import draw

        return draw(
            rng, n, customers=(self.fewest or self.customers, self.customers), waves=self.waves, known=self.known,
            patience=self.patience, demand=self.demand, capacity=self.capacity,
        )  # fmt: skip

    def view(self, instance: Day, period: int) -> Day:
        """Orders that are known when wave ``period`` leaves; the others look like none."""
        return instance.view(period)

    def perturb(self, instance: Day, period: int, rng: np.random.Generator) -> Day:
        """Later orders come from elsewhere, in other waves."""
        from headway.domains.routing.dynamic.generator import perturb

        return perturb(instance, period, rng)

    # -- solutions ----------------------------------------------------------------------------------
    def evaluate(self, instance: Day, solution: Dispatches) -> Evaluation:
        """Total distance; see `evaluate.evaluate` for violations and metrics."""
        from headway.domains.routing.dynamic.evaluate import evaluate

        return evaluate(instance, solution)

    def read_solution(self, instance: Day, path: Path) -> Dispatches:
        """What `write_solution` wrote (.csv or .npz)."""
        from headway.domains.routing.dynamic.files import read_dispatches

        return read_dispatches(instance, path)

    def write_solution(self, instance: Day, solution: Dispatches, path: Path) -> Path:
        """A table of stops (wave, vehicle, position, order), or an .npz where the path says so."""
        from headway.domains.routing.dynamic.files import write_dispatches

        return write_dispatches(solution, path)

    def render(self, instance: Day, solution: Dispatches) -> Figure:
        """A map of each wave."""
        from headway.domains.routing.dynamic.render import draw

        return draw(instance, solution, self.evaluate(instance, solution))
