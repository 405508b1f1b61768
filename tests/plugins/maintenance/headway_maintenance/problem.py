"""The problem: one crew, a few machines, least mean cost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway import Criterion, Evaluation, Problem, Reference, component
from headway.rollouts import rollout
from headway.seeds import Split
from headway_maintenance.instance import FleetInstance, Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cost = Annotated[float, Field(gt=0)]


@component
class Fleet(Problem[FleetInstance, Plan]):
    """Machines that age and fail; see README.md for the rules. Costs are money, ages periods."""

    name: ClassVar[str] = "maintenance/fleet"
    unit: ClassVar[str] = "cost per period"
    criterion: ClassVar[Criterion] = Criterion("average", warmup=10)
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Any]] = FleetInstance
    solution_type: ClassVar[type[Any]] = Plan
    environments: ClassVar[Mapping[str, str]] = {"crew": "headway_maintenance.dynamics:Crew"}
    baselines: ClassVar[Mapping[str, str]] = {
        "dp": "headway_maintenance.baselines:DynamicProgramming",
        "age_threshold": "headway_maintenance.baselines:AgeThreshold",
        "run_to_failure": "headway_maintenance.baselines:RunToFailure",
    }
    oracles: ClassVar[Mapping[str, str]] = {"foresight": "headway_maintenance.baselines:Foresight"}

    machines: Annotated[int, Field(ge=1, le=4)] = 3
    periods: Annotated[int, Field(gt=10)] = 40
    cap: Annotated[int, Field(ge=1, le=20)] = 5
    wear: Annotated[float, Field(gt=0, le=1)] = 0.5
    severe: Annotated[float, Field(ge=0, le=1)] = 0.25
    repair: Cost = 3.0
    replace: Cost = 5.0
    failure: Cost = 10.0

    @cached_property
    def hazard(self) -> NDArray[np.float64]:
        """float64 [cap + 1]: the probability to fail in a period, by age."""
        return self.wear * (np.arange(self.cap + 1) / self.cap) ** 2

    def generate(self, rng: np.random.Generator, n: int, split: Split) -> FleetInstance:
        from headway_maintenance.generator import fleets

        return fleets(rng, n, machines=self.machines, periods=self.periods, cap=self.cap)

    def view(self, instance: FleetInstance, period: int) -> FleetInstance:
        return FleetInstance.made(instance.arrays() | {"uniform": instance.uniform[:, :period]})

    def perturb(self, instance: FleetInstance, period: int, rng: np.random.Generator) -> FleetInstance:
        uniform = instance.uniform.copy()
        later = uniform[:, period:]
        later[...] = np.where(instance.present[:, None, :, None], rng.random(later.shape), later)
        return FleetInstance(**instance.arrays() | {"uniform": uniform})

    def evaluate(self, instance: FleetInstance, solution: Plan) -> Evaluation:
        from headway_maintenance.evaluate import evaluate

        return evaluate(self, instance, solution)

    def read_solution(self, instance: FleetInstance, path: Path) -> Plan:
        from headway_maintenance.data import read_plan

        return read_plan(instance, path)

    def write_solution(self, instance: FleetInstance, solution: Plan, path: Path) -> Path:
        from headway_maintenance.data import write_plan

        return write_plan(solution, path)

    def references(self, instance: FleetInstance) -> Mapping[str, Reference]:
        from headway_maintenance.reference import clairvoyant

        plan: Any = rollout(self.environment(), self.baseline("dp"), instance).solution
        bound = np.array([clairvoyant(self, instance, row)[0] for row in range(len(instance))])
        return {
            "dp": Reference(
                "policy", self.evaluate(instance, plan).objective, "relative value iteration, optimal on average"
            ),
            "clairvoyant": Reference("bound", bound, "backward recursion with all luck known", rederived=True),
        }

    def render(self, instance: FleetInstance, solution: Plan) -> Figure:
        from headway_maintenance.render import figure

        return figure(solution, self.evaluate(instance, solution).series["cost"][0], self.unit)
