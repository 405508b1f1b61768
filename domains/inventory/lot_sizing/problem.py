"""The problem: which machine makes which item, period by period, before demand is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import numpy as np
from pydantic import Field

from headway.components import build, component
from headway.domains.inventory.demand import LAWS
from headway.domains.inventory.lot_sizing.generator import drawn
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plan import Plan, read_csv, write_csv
from headway.domains.inventory.lot_sizing.plant import DRAWN, Plant, read_plant
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem, lookup
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from headway.domains.inventory.demand.distribution import Distribution

_HERE = "headway.domains.inventory.lot_sizing"


def _binomial() -> dict[str, Any]:
    return {"n": 20, "p": 0.4}


@component
class LotSizing(Problem[PlantPath, Plan]):
    """Discrete lot sizing on parallel machines with set-ups and lost sales; README.md states the order of events.

    setting : the plant: ``15x5`` and ``20x10`` (items x machines) are those of PDPPO's authors; ``drawn`` draws another
        one for every instance, by their recipe; or a YAML file of the same form
    items, machines : size of a plant that is drawn
    horizon : periods
    demand, demand_options : law of a period's demand, the same for all items, and its parameters
    """

    name: ClassVar[str] = "inventory/lot_sizing"
    unit: ClassVar[str] = "cost of an episode"
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Any]] = PlantPath
    solution_type: ClassVar[type[Any]] = Plan
    environments: ClassVar[Mapping[str, str]] = {"assign": f"{_HERE}.dynamics:Assign"}
    baselines: ClassVar[Mapping[str, str]] = {
        "keep_setup": f"{_HERE}.rules:KeepSetup",
        "greedy_cover": f"{_HERE}.rules:GreedyCover",
        "run_out": f"{_HERE}.run_out:RunOut",
        "rollout": f"{_HERE}.rollout:Rollout",
        "cp_sat": f"{_HERE}.cp_sat:CPSAT",
    }
    networks: ClassVar[Mapping[str, str]] = {"item_scores": f"{_HERE}.networks:ItemScores"}

    setting: str = "15x5"
    items: Annotated[int, Field(ge=1)] = 15
    machines: Annotated[int, Field(ge=1)] = 5
    horizon: Annotated[int, Field(ge=1)] = 100
    demand: str = "binomial"
    demand_options: dict[str, Any] = dataclasses.field(default_factory=_binomial)

    @cached_property
    def plant(self) -> Plant | None:
        """The plant of all instances; None where each has its own."""
        return None if self.setting == DRAWN else read_plant(self.setting)

    @cached_property
    def law(self) -> Distribution:
        """The law of a period's demand."""
        law = build(lookup("demand law", self.demand, LAWS), self.demand_options, where="problem.demand_options")
        return cast("Distribution", law)

    # -- instances --------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> PlantPath:
        return drawn(self, rng, n)

    def view(self, instance: PlantPath, period: int) -> PlantPath:
        return instance.until(period)

    def perturb(self, instance: PlantPath, period: int, rng: np.random.Generator) -> PlantPath:
        """Other demand from ``period`` on."""
        demand = instance.demand.copy()
        demand[:, period:] = self.law.sample(rng, demand.shape)[:, period:]
        return PlantPath(**instance.arrays() | {"demand": demand})

    def until(self, view: PlantPath) -> LotSizing:
        """Itself: its law is known, and no history can tell more."""
        return self

    # -- solutions --------------------------------------------------------------------------------
    def evaluate(self, instance: PlantPath, solution: Plan) -> Evaluation:
        from headway.domains.inventory.lot_sizing.evaluate import evaluate

        return evaluate(instance, solution)

    def read_solution(self, instance: PlantPath, path: Path) -> Plan:
        return super().read_solution(instance, path) if path.suffix == ".npz" else read_csv(instance, path)

    def write_solution(self, instance: PlantPath, solution: Plan, path: Path) -> Path:
        return super().write_solution(instance, solution, path) if path.suffix == ".npz" else write_csv(solution, path)

    def references(self, instance: PlantPath) -> Mapping[str, Reference]:
        from headway.domains.inventory.lot_sizing.reference import references

        return references(self, instance)

    def render(self, instance: PlantPath, solution: Plan) -> Figure:
        from headway.domains.inventory.lot_sizing.render import render

        return render(self, instance, solution)
