"""The problem `placement`: a NUMA node for each VM when it comes, so that few are refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.workload.flavors import CPU, FLAVORS
from headway.domains.vm_rescheduling.workload.source import SPANS
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from headway.domains.vm_rescheduling.workload.arrivals import Arrivals

_HERE = "headway.domains.vm_rescheduling.placement"
_RULES = {"first_fit": "FirstFit", "best_fit": "BestFit", "worst_fit": "WorstFit", "random": "RandomFit",
          "fragment_fit": "FragmentFit", "slot_fit": "SlotFit"}  # fmt: skip


@component
class PlacementProblem(Problem[Stream, Placement]):
    """Place VMs one by one, as they come, on machines with two NUMA nodes; see README.md for the rules.

    Attributes
    ----------
    data : ``calibrated``: clusters with the published marginals, arrivals at random and exponential lifetimes;
        ``traced``: arrivals and lifetimes of a trace, with splits by time
    trace : folder or file of the trace, see `files.load.load_arrivals`; None: the part of Azure's of 2017 that ships
    machines : of 2 x 44 cores; ``requests``: in a stream
    demand : cores asked for at a time, on average, per core there is
    utilisation : share of the cores in use at time 0 (``calibrated``)
    lifetime : mean, in seconds (``calibrated``)
    placement : rule that placed the VMs that are there at time 0
    flavors : of those and of the requests (``calibrated``)
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

    data: Literal["calibrated", "traced"] = "calibrated"
    trace: Path | None = None
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
        table = self._arrivals.table if self.data == "traced" else FLAVORS[self.flavors]
        return int(1.5 * NODES * CPU * self.machines / float(table.cpu @ table.share)) + 20

    @cached_property
    def _arrivals(self) -> Arrivals:
        from headway.domains.vm_rescheduling.files.load import load_arrivals
        from headway.domains.vm_rescheduling.workload.traced import shipped_arrivals

        return shipped_arrivals() if self.trace is None else load_arrivals(self.trace)

    def generate(self, rng: np.random.Generator, n: int, split: Split) -> Stream:
        from headway.domains.vm_rescheduling.placement.generator import memoryless, traced

        common: dict[str, Any] = {"machines": self.machines, "requests": self.requests, "demand": self.demand,
                                  "placement": self.placement, "width": self.width}  # fmt: skip
        if self.data == "traced":
            start, end = (float(np.quantile(self._arrivals.time[[0, -1]], share)) for share in SPANS[split])
            part = self._arrivals.between(start, end if split != "test" else np.inf)
            return traced(rng, n, part, **common)
        return memoryless(rng, n, utilisation=self.utilisation, lifetime=self.lifetime, flavors=self.flavors, **common)

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
