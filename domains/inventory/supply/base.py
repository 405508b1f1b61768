"""What the problems of supply networks share: everything but the network itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field

from headway.components import build, component
from headway.domains.inventory.demand import LAWS
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.layout import Layout
from headway.domains.inventory.supply.shipments import Shipments, read_csv, write_csv
from headway.errors import ConfigError
from headway.evaluation import Evaluation, Reference
from headway.problem import Criterion, Problem, lookup
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HERE = "headway.domains.inventory.supply"
Amount = Annotated[float, Field(ge=0)]
Periods = Annotated[int, Field(ge=0)]

RULES: Mapping[str, str] = {
    "echelon_base_stock": f"{HERE}.base_stock:EchelonBaseStock",
    "base_stock": f"{HERE}.base_stock:LocalBaseStock",
    "mpc": "headway.domains.inventory.optimisation.mpc:MPC",
}


@component
class SupplyProblem(Problem[SupplyPath, Shipments]):
    """What to ship along each link of a network, period by period. Knobs of all of them:

    horizon : periods of an instance
    warmup : the first of them, whose cost is not counted outside training
    initial : stock at the start, in usual demands of the lead time and one period more
    """

    unit: ClassVar[str] = "cost per period"
    criterion: ClassVar[Criterion] = Criterion("average")
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Any]] = SupplyPath
    solution_type: ClassVar[type[Any]] = Shipments
    environments: ClassVar[Mapping[str, str]] = {"ship": f"{HERE}.dynamics:Ship"}
    baselines: ClassVar[Mapping[str, str]] = RULES
    oracles: ClassVar[Mapping[str, str]] = {
        "perfect_information": "headway.domains.inventory.optimisation.oracle:PerfectInformation"
    }
    networks: ClassVar[Mapping[str, str]] = {
        "graph": f"{HERE}.graph_network:Graph",
        "vanilla": f"{HERE}.vanilla:Vanilla",
    }

    reference: ClassVar[str] = "echelon_base_stock"
    reference_source: ClassVar[str] = "echelon base-stock (Clark and Scarf 1960) with levels searched by simulation"

    horizon: Annotated[int, Field(ge=1)] = 100
    warmup: Periods = 30
    initial: Amount = 1.0

    def __post_init__(self) -> None:
        if self.warmup >= self.horizon:
            got = f"warmup={self.warmup}, horizon={self.horizon}"
            raise ConfigError("no period is counted", where="problem.warmup", got=got, expected="warmup < horizon")

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """The network of the problem, the same in all instances (or a typical one, where they differ)."""

    @property
    def longest(self) -> int:
        """The longest lead time that instances may have; what is observed of the pipeline is that long."""
        return max((link.lead_time for link in self.layout.links), default=0)

    @property
    def known_levels(self) -> tuple[float, ...] | None:
        """The best echelon base-stock level of each node, where theory gives them."""
        return None

    @cached_property
    def found(self) -> dict[Any, Any]:
        """What rules have found out about this problem: a search takes seconds, and is made once."""
        return {}

    def law(self, name: str, options: Mapping[str, Any], where: str) -> Distribution:
        """A law of demand by its name. Raises UnknownNameError or ConfigError with ``where`` in the message."""
        law: Distribution = build(lookup("law of demand", name, LAWS), options, where=where)
        return law

    # -- instances ------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> SupplyPath:
        return self.layout.path(rng, n, self.horizon, self.counted_from(split))

    def counted_from(self, split: Split) -> int:
        """Training counts every period: the warm-up is there to measure a long-run average, not to learn from."""
        return 0 if split == "train" else self.warmup

    def view(self, instance: SupplyPath, period: int) -> SupplyPath:
        """What is known when the shipments of ``period`` are decided: demand before it."""
        return instance.until(period)

    def perturb(self, instance: SupplyPath, period: int, rng: np.random.Generator) -> SupplyPath:
        """Other demand from ``period`` on."""
        usual = instance.node_scale * (instance.penalty > 0)
        drawn = 2 * usual[:, None] * rng.random(instance.demand.shape)
        later = np.arange(instance.demand.shape[1]) >= period
        running = np.arange(instance.demand.shape[1]) < instance.horizon[:, None]
        demand = np.where((later & running)[..., None], drawn, instance.demand)
        return SupplyPath(**instance.arrays() | {"demand": demand})

    def until(self, view: SupplyPath) -> Self:
        """Itself: laws of demand are known from the start."""
        return self

    # -- solutions ------------------------------------------------------------------------------
    def evaluate(self, instance: SupplyPath, solution: Shipments) -> Evaluation:
        from headway.domains.inventory.supply.evaluate import evaluate

        return evaluate(instance, solution)

    def read_solution(self, instance: SupplyPath, path: Path) -> Shipments:
        return super().read_solution(instance, path) if path.suffix == ".npz" else read_csv(instance, path)

    def write_solution(self, instance: SupplyPath, solution: Shipments, path: Path) -> Path:
        npz = path.suffix == ".npz"
        return super().write_solution(instance, solution, path) if npz else write_csv(instance, solution, path)

    def references(self, instance: SupplyPath) -> Mapping[str, Reference]:
        from headway.domains.inventory.supply.reference import references

        return references(self, instance)

    def render(self, instance: SupplyPath, solution: Shipments) -> Figure:
        from headway.domains.inventory.supply.render import render

        return render(self, instance, solution)
