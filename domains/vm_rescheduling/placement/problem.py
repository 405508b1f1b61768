"""The problem `placement`: a NUMA node for each VM when it comes, so that few are refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.workload.flavors import CPU, FLAVORS
from headway.domains.vm_rescheduling.workload.source import SPANS
from headway.errors import CapabilityError
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split, stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from headway.domains.vm_rescheduling.workload.arrivals import Arrivals

_HERE = "headway.domains.vm_rescheduling.placement"
_RULES = {"first_fit": "FirstFit", "best_fit": "BestFit", "worst_fit": "WorstFit", "random": "RandomFit",
          "fragment_fit": "FragmentFit", "slot_fit": "SlotFit"}  # fmt: skip

# Share of the time of what is known inside a backtest, by split.
KNOWN: Mapping[Split, tuple[float, float]] = {
    "train": (0.0, 0.8), "tuning": (0.0, 0.8), "validation": (0.8, 1.0), "test": (0.8, 1.0),
}  # fmt: skip
ROOM = 12  # a stream is at most this part of what is known: half of a fifth has room for it


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
    known: Any = given(None)  # the `Arrivals` that are known (a refit's prefix)

    @cached_property
    def width(self) -> int:
        """VMs at time 0 that all streams have room for: more than are ever there."""
        table = self._arrivals.table if self.data == "traced" else FLAVORS[self.flavors]
        return int(1.5 * NODES * CPU * self.machines / float(table.cpu @ table.share)) + 20

    @cached_property
    def _arrivals(self) -> Arrivals:
        from headway.domains.vm_rescheduling.files.load import load_arrivals
        from headway.domains.vm_rescheduling.workload.traced import shipped_arrivals

        if self.known is not None:
            return self.known
        return shipped_arrivals() if self.trace is None else load_arrivals(self.trace)

    def _moment(self, share: float) -> float:
        """When so much of the trace's time has gone by, seconds."""
        return float(np.quantile(self._arrivals.time[[0, -1]], share))

    def generate(self, rng: np.random.Generator, n: int, split: Split) -> Stream:
        from headway.domains.vm_rescheduling.placement.generator import memoryless, traced

        common: dict[str, Any] = {"machines": self.machines, "requests": self.requests, "demand": self.demand,
                                  "placement": self.placement, "width": self.width}  # fmt: skip
        if self.data == "traced":
            first, last = (SPANS if self.known is None else KNOWN)[split]
            part = self._arrivals.between(self._moment(first), self._moment(last) if last < 1 else np.inf)
            return traced(rng, n, part, **common)
        return memoryless(rng, n, utilisation=self.utilisation, lifetime=self.lifetime, flavors=self.flavors, **common)

    def history(self, start: str | None = None, end: str | None = None) -> Stream:
        """The whole trace as one stream, decided from ``start`` to ``end``: times since its beginning, as ``2d 18h``.

        By default from where the test split begins; before that VMs are placed by the rule ``placement``.

        Raises
        ------
        CapabilityError
            Streams are not those of a trace.
        ConfigError
            A time cannot be read.
        InstanceError
            Nothing comes between them.
        """
        if self.data != "traced":
            raise CapabilityError(
                f"{self.name} has no history: its arrivals are drawn", where="problem.data", got=self.data,
                expected="traced",
            )  # fmt: skip
        from headway.domains.vm_rescheduling.placement.generator import history

        begin = self._moment(SPANS["test"][0]) - float(self._arrivals.time[0])
        return history(
            stream("test", 0, self.name, "history"), self._arrivals, machines=self.machines, demand=self.demand,
            placement=self.placement, begin=begin, first=start, last=end,
        )  # fmt: skip

    def clock(self, view: Stream) -> NDArray[np.timedelta64]:
        """Times of the requests since the first one."""
        from headway.domains.vm_rescheduling.placement.generator import moments

        return moments(view.time[0, : int(view.requests[0])])

    def until(self, view: Stream) -> PlacementProblem:
        """This problem with the arrivals in ``view`` (a batch of one): the last fifth of their time validates, and is
        tested on, as there is nothing later. Streams are shorter where little is known.
        """
        from headway.domains.vm_rescheduling.placement.generator import arrivals

        known = arrivals(view)
        return dataclasses.replace(self, known=known, requests=min(self.requests, max(len(known) // ROOM, 1)))

    def recent(self, view: Stream, periods: int) -> Stream:
        """The last ``periods`` requests of a view."""
        from headway.domains.vm_rescheduling.placement.reveal import last

        return last(view, periods)

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

    def measures(self, series: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """The share of the cores asked for that was refused, of resampled requests."""
        from headway.domains.vm_rescheduling.placement.evaluate import shares

        return shares(series)

    def read_solution(self, instance: Stream, path: Path) -> Placement:
        from headway.domains.vm_rescheduling.placement.files import read_placement

        return read_placement(instance, path)

    def write_solution(self, instance: Stream, solution: Placement, path: Path) -> Path:
        from headway.domains.vm_rescheduling.placement.files import write_placement

        return write_placement(instance, solution, path)

    def references(self, instance: Stream) -> Mapping[str, Reference]:
        if instance.start.any():  # a linear program over thousands of requests
            return {}
        from headway.domains.vm_rescheduling.placement.reference import volume_bound

        source = "linear program: cores and MB of the VMs kept at a time fit into the cluster as one pool"
        return {"volume": Reference("bound", volume_bound(instance), source, rederived=True)}

    def render(self, instance: Stream, solution: Placement) -> Figure:
        from headway.domains.vm_rescheduling.placement.render import draw

        return draw(instance, solution)
