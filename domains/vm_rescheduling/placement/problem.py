"""The problem `placement`: a NUMA node for each VM when it comes, so that few are refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.workload.flavors import CPU, FLAVORS
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.vm_rescheduling.placement"
_RULES = {"first_fit": "FirstFit", "best_fit": "BestFit", "worst_fit": "WorstFit", "random": "RandomFit",
          "fragment_fit": "FragmentFit"}  # fmt: skip


@component
class PlacementProblem(Problem[Stream, Placement]):
    """Place VMs one by one, as they come, on machines with two NUMA nodes; see README.md for the rules.

    Attributes
    ----------
    data : ``memoryless``: calibrated clusters, arrivals at random and exponential lifetimes; ``azure``: arrivals and
        lifetimes of the Azure trace of 2017
    machines : of 2 x 44 cores; ``requests``: in a stream
    demand : cores asked for at a time, on average, per core there is
    utilisation : share of the cores in use at time 0 (``memoryless``)
    lifetime : mean, in seconds (``memoryless``)
    placement : rule that placed the VMs that are there at time 0
    flavors : of those and of the requests (``memoryless``)
    """

    name: ClassVar[str] = "vm_rescheduling/placement"
    unit: ClassVar[str] = "cores refused per core"
    gap: ClassVar[Literal["ratio", "difference"]] = "difference"
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[Stream]] = Stream
    solution_type: ClassVar[type[Placement]] = Placement
    environments: ClassVar[Mapping[str, str]] = {"place": f"{_HERE}.dynamics:Place"}
    baselines: ClassVar[Mapping[str, str]] = {name: f"{_HERE}.rules:{cls}" for name, cls in _RULES.items()}
    networks: ClassVar[Mapping[str, str]] = {"nodes": f"{_HERE}.networks:Nodes"}

    data: Literal["memoryless", "azure"] = "memoryless"
    machines: Annotated[int, Field(ge=1)] = 20
    requests: Annotated[int, Field(ge=1)] = 300
    demand: Annotated[float, Field(gt=0)] = 0.9
    utilisation: Annotated[float, Field(gt=0, lt=1)] = 0.875
    lifetime: Annotated[float, Field(gt=0)] = 86_400.0
    placement: Literal["mixed", "best_fit", "random", "first_fit"] = "mixed"
    flavors: Literal["ecs", "ecs_memory", "azure"] = "ecs"

    @cached_property
    def width(self) -> int:
        """VMs at time 0 that all streams have room for: more than are ever there."""
        table = FLAVORS["azure" if self.data == "azure" else self.flavors]
        return int(1.5 * 2 * CPU * self.machines / float(table.cpu @ table.share)) + 20

    @property
    def caveats(self) -> tuple[str, ...]:
        if self.data == "azure":
            return ("All splits draw from one tenth of four days of the Azure trace, thinned and shifted at random.",)
        return ()

    def generate(self, rng: np.random.Generator, n: int, split: Split) -> Stream:
        from headway.domains.vm_rescheduling.placement.generator import memoryless, traced
        from headway.domains.vm_rescheduling.workload.traced import shipped_arrivals

        if self.data == "azure":
            trace = shipped_arrivals()
            return traced(rng, n, trace, machines=self.machines, requests=self.requests, demand=self.demand,
                          placement=self.placement, width=self.width)  # fmt: skip
        return memoryless(rng, n, machines=self.machines, requests=self.requests, utilisation=self.utilisation,
                          demand=self.demand, lifetime=self.lifetime, placement=self.placement, flavors=self.flavors,
                          width=self.width)  # fmt: skip

    def view(self, instance: Stream, period: int) -> Stream:
        """Requests up to and with ``period``; of departures those that have happened by then, the others are inf."""
        from headway.domains.vm_rescheduling.placement.reveal import view

        return view(instance, period)

    def perturb(self, instance: Stream, period: int, rng: np.random.Generator) -> Stream:
        """Other times, another order of sizes after ``period``, and other departures from then on."""
        from headway.domains.vm_rescheduling.placement.reveal import perturb

        return perturb(instance, period, rng)

    def evaluate(self, instance: Stream, solution: Placement) -> Evaluation:
        from headway.domains.vm_rescheduling.placement.evaluate import evaluate

        return evaluate(instance, solution)

    def read_solution(self, instance: Stream, path: Path) -> Placement:
        from headway.domains.vm_rescheduling.placement.files import read_placement

        return read_placement(instance, path)

    def write_solution(self, instance: Stream, solution: Placement, path: Path) -> Path:
        from headway.domains.vm_rescheduling.placement.files import write_placement

        return write_placement(instance, solution, path)

    def references(self, instance: Stream) -> Mapping[str, Reference]:
        from headway.domains.vm_rescheduling.placement.reference import volume_bound

        source = "linear program: cores and MB of the VMs kept at a time fit into the cluster as one pool"
        return {"volume": Reference("bound", volume_bound(instance), source, rederived=True)}

    def render(self, instance: Stream, solution: Placement) -> Figure:
        from headway.domains.vm_rescheduling.placement.render import draw

        return draw(instance, solution)
