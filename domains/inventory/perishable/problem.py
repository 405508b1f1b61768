"""The problem: how much to order of goods that keep for a few periods only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import build, component
from headway.domains.inventory.demand import LAWS
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.perishable.generator import drawn
from headway.domains.inventory.perishable.instance import AgedPath
from headway.domains.inventory.stock.orders import Orders, read_csv, write_csv
from headway.errors import ConfigError
from headway.evaluation import Evaluation, Reference
from headway.problem import Criterion, Problem, lookup
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from headway.domains.inventory.exact.model import Model

_HERE = "headway.domains.inventory.perishable"

PERIODS = 500  # decided in an instance, a fifth of them warm-up
SOURCES = {"gamma": {"mean": 4.0, "cv": 0.5, "whole": True}}  # De Moor et al. (2022), section 5

Amount = Annotated[float, Field(ge=0)]


@component
class Perishable(Problem[AgedPath, Orders]):
    """Lost sales of goods that age (De Moor, Gijsbrechts and Boute 2022, "Reward shaping to improve the
    performance of deep reinforcement learning in perishable inventory management").

    demand, demand_options : a law (`headway.domains.inventory.demand`) and its options; gamma demand has mean 4 and
        coefficient of variation 0.5, rounded to whole units, as in the source, unless they say otherwise
    items : independent items, all alike
    lifetime : periods in which a unit can be sold, that of its arrival included
    lead_time : periods until an order can serve demand; an order of period t serves t + lead_time
    issuing : fifo (the oldest unit first) or lifo (the youngest first: customers choose)
    holding, penalty : cost per unit kept, and per unit short, at the end of a period
    unit_cost, waste_cost : cost per unit ordered, and per unit that gets too old
    fixed : cost per order
    lot : orders are whole multiples of it, 0 for any quantity; by default 1 where the law is whole-numbered
    horizon : decided periods of an instance
    warmup : the first of them, whose cost is not counted outside training; by default a fifth
    """

    name: ClassVar[str] = "inventory/perishable"
    unit: ClassVar[str] = "cost per period"
    criterion: ClassVar[Criterion] = Criterion("average")
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Any]] = AgedPath
    solution_type: ClassVar[type[Any]] = Orders
    environments: ClassVar[Mapping[str, str]] = {
        "order": f"{_HERE}.dynamics:Order",
        "units": f"{_HERE}.dynamics:Units",
    }
    baselines: ClassVar[Mapping[str, str]] = {
        "base_stock": f"{_HERE}.rules:BaseStock",
        "expected_waste": f"{_HERE}.rules:ExpectedWaste",
        "optimal": "headway.domains.inventory.exact.optimal:Optimal",
    }
    networks: ClassVar[Mapping[str, str]] = {"age_mlp": f"{_HERE}.networks:AgeMLP"}

    demand: str = "gamma"
    demand_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    items: Annotated[int, Field(ge=1)] = 1
    lifetime: Annotated[int, Field(ge=1)] = 2
    lead_time: Annotated[int, Field(ge=0)] = 1
    issuing: Literal["fifo", "lifo"] = "fifo"
    holding: Amount = 1.0
    penalty: Amount = 5.0
    unit_cost: Amount = 3.0
    waste_cost: Amount = 7.0
    fixed: Amount = 0.0
    lot: Amount | None = None
    horizon: Annotated[int, Field(ge=1)] = PERIODS
    warmup: Annotated[int, Field(ge=0)] | None = None

    def __post_init__(self) -> None:
        if self.uncounted >= self.horizon:
            raise ConfigError(
                "no period is counted",
                where="problem.warmup",
                got=f"warmup={self.uncounted}, horizon={self.horizon}",
                expected="warmup < horizon",
            )

    # -- what is known of demand ------------------------------------------------------------------
    @cached_property
    def law(self) -> Distribution:
        """The law that demand is drawn from."""
        options = SOURCES.get(self.demand, {}) | self.demand_options
        law: Distribution = build(lookup("demand law", self.demand, LAWS), options, where="problem.demand_options")
        return law

    @cached_property
    def usual(self) -> float:
        """Mean demand of an item and period, units."""
        return self.law.mean

    @cached_property
    def multiple(self) -> float:
        """The lot, with its default."""
        return self.lot if self.lot is not None else float(self.law.discrete)

    def model(self) -> Model:
        """The exact model of one item. Raises CapabilityError where there is none."""
        from headway.domains.inventory.perishable.exact_cost import model

        return model(self)

    @property
    def uncounted(self) -> int:
        """Warm-up periods of an instance outside training."""
        return self.horizon // 5 if self.warmup is None else self.warmup

    # -- instances --------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> AgedPath:
        return drawn(self, rng, n, split)

    def view(self, instance: AgedPath, period: int) -> AgedPath:
        """What is known when the order of ``period`` is placed."""
        return instance.until(period)

    def perturb(self, instance: AgedPath, period: int, rng: np.random.Generator) -> AgedPath:
        """Other demand from ``period`` on."""
        demand = instance.demand.copy()
        demand[:, period:] = self.law.sample(rng, demand.shape)[:, period:]
        return AgedPath(**instance.arrays() | {"demand": demand})

    def until(self, view: AgedPath) -> Perishable:
        """Itself: its law is known, and no history can tell more."""
        return self

    # -- solutions --------------------------------------------------------------------------------
    def evaluate(self, instance: AgedPath, solution: Orders) -> Evaluation:
        from headway.domains.inventory.perishable.evaluate import evaluate

        return evaluate(instance, solution)

    def measures(self, series: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """Fill rate and share of waste of resampled periods."""
        from headway.domains.inventory.perishable.evaluate import shares

        return shares(series)

    def read_solution(self, instance: AgedPath, path: Path) -> Orders:
        return super().read_solution(instance, path) if path.suffix == ".npz" else read_csv(instance, path)

    def write_solution(self, instance: AgedPath, solution: Orders, path: Path) -> Path:
        npz = path.suffix == ".npz"
        return super().write_solution(instance, solution, path) if npz else write_csv(instance, solution, path)

    def references(self, instance: AgedPath) -> Mapping[str, Reference]:
        from headway.domains.inventory.perishable.reference import references

        return references(self, instance)

    def render(self, instance: AgedPath, solution: Orders) -> Figure:
        from headway.domains.inventory.perishable.render import render

        return render(self, instance, solution)
