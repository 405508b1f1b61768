"""Where the clusters of a problem come from: the knobs that the problems of the domain share."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.workload.flavors import FLAVORS, SHAPES, Flavors
from headway.errors import ConfigError
from headway.seeds import Split

if TYPE_CHECKING:
    from headway.domains.vm_rescheduling.workload.arrivals import Arrivals

Share = Annotated[float, Field(ge=0, le=1)]
Used = Annotated[float, Field(gt=0, lt=1)]
Limit = Annotated[float, Field(gt=0)]

PLACEMENTS = ("mixed", "best_fit", "random", "first_fit")
# Share of a trace's time by split: what is tested on comes after what was trained on.
SPANS: dict[Split, tuple[float, float]] = {
    "train": (0.0, 0.6), "tuning": (0.0, 0.6), "validation": (0.6, 0.8), "test": (0.8, 1.0),
}  # fmt: skip


@component
class Source:
    """Clusters drawn at random; a pair of numbers is a range from which each cluster draws its own.

    Attributes
    ----------
    data : ``calibrated`` has the published marginals (`generator.snapshots`); ``traced`` is what arrivals and lifetimes
        of a trace leave behind (`traced.from_arrivals`), with splits by time
    trace : folder or file of the trace, see `files.load.load_arrivals`; None: the part of Azure's of 2017 that ships
    machines, fewest : of each cluster; with ``fewest`` a number between the two
    utilisation : share of the cores in use
    placement : rule that placed the VMs; ``any``: one of them at random
    flavors : sizes of VMs (``calibrated``)
    shapes : machine types and their weights
    affinity, spread : share of VMs in anti-affinity groups of ten, and what these must not share
    pinned : share of VMs that must not be migrated
    limit : migrations at most: a share of the VMs, or a number from 1 on
    """

    data: Literal["calibrated", "traced"] = "calibrated"
    trace: Path | None = None
    machines: Annotated[int, Field(ge=1)] = 50
    fewest: Annotated[int, Field(ge=1)] | None = None
    utilisation: Used | tuple[Used, Used] = 0.875
    placement: Literal["mixed", "best_fit", "random", "first_fit", "any"] = "mixed"
    flavors: Literal["ecs", "ecs_memory", "azure"] = "ecs"
    shapes: dict[str, float] = dataclasses.field(default_factory=lambda: {"2x44": 1.0})
    affinity: Share = 0.0
    spread: Literal["machine", "rack"] = "machine"
    pinned: Share = 0.0
    limit: Limit | tuple[Limit, Limit] = 0.025

    def __post_init__(self) -> None:
        sizes = (self.fewest or self.machines, self.machines)
        ranges = {"machines": sizes, "utilisation": self.utilisation, "limit": self.limit}
        for name, given in ranges.items():
            if isinstance(given, tuple) and given[0] > given[1]:
                raise ConfigError("a range is empty", where=f"problem.{name}", got=given, expected="from least to most")

    @cached_property
    def kinds(self) -> int:
        """Sizes of VMs that drawn clusters hold."""
        return len(self._table.name)

    @cached_property
    def width(self) -> int:
        """VMs that drawn clusters are padded to, so that all have one shape: more than are ever there."""
        cores = NODES * self.machines * max(SHAPES[shape][0] for shape in self.shapes)
        return int(1.5 * cores / float(self._table.cpu @ self._table.share)) + 20

    def draw(self, rng: np.random.Generator, n: int, split: Split) -> Snapshot:
        """``n`` clusters, padded to one shape."""
        if not self._varies:
            return self._draw(rng, n, split)
        return Snapshot.concat([self._draw(rng, 1, split) for _ in range(n)])

    def _draw(self, rng: np.random.Generator, n: int, split: Split) -> Snapshot:
        common: dict[str, Any] = {
            "machines": int(rng.integers(self.fewest, self.machines + 1)) if self.fewest else self.machines,
            "utilisation": _within(rng, self.utilisation),
            "limit": _within(rng, self.limit),
            "placement": str(rng.choice(PLACEMENTS)) if self.placement == "any" else self.placement,
            "shapes": self.shapes, "affinity": self.affinity, "spread": self.spread, "pinned": self.pinned,
        }  # fmt: skip
        if self.data == "traced":
            from headway.domains.vm_rescheduling.workload.traced import from_arrivals

            drawn = from_arrivals(rng, n, self._during(split), **common)
        else:
            from headway.domains.vm_rescheduling.workload.generator import snapshots

            drawn = snapshots(rng, n, flavors=self.flavors, **common)
        return drawn.padded(machines=self.machines, vms=self.width)

    @property
    def _varies(self) -> bool:
        return bool(self.fewest) or self.placement == "any" or isinstance(self.utilisation, tuple) \
            or isinstance(self.limit, tuple)  # fmt: skip

    @cached_property
    def _table(self) -> Flavors:
        return self._arrivals.table if self.data == "traced" else FLAVORS[self.flavors]

    @cached_property
    def _arrivals(self) -> Arrivals:
        from headway.domains.vm_rescheduling.files.load import load_arrivals
        from headway.domains.vm_rescheduling.workload.traced import shipped_arrivals

        return shipped_arrivals() if self.trace is None else load_arrivals(self.trace)

    def _during(self, split: Split) -> Arrivals:
        """The arrivals of a split's time."""
        start, end = (float(np.quantile(self._arrivals.time[[0, -1]], share)) for share in SPANS[split])
        return self._arrivals.between(start, end if split != "test" else np.inf)


def _within(rng: np.random.Generator, given: float | tuple[float, float]) -> float:
    return float(rng.uniform(*given)) if isinstance(given, tuple) else given
