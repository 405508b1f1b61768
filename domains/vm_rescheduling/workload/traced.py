"""Clusters that real arrivals and lifetimes leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.workload.arrivals import Arrivals
from headway.domains.vm_rescheduling.workload.assemble import PER_RACK
from headway.domains.vm_rescheduling.workload.clusters import clusters, rule
from headway.errors import DataError

Ints = NDArray[np.int64]

SURPLUS = 1.15  # arrivals are thinned to this much of what would fill the cluster as asked for
EARLIEST = 0.5  # share of the trace after which the cluster may be looked at


@cache
def shipped_arrivals() -> Arrivals:
    """A tenth of four days of Azure's arrivals of 2017, with lifetimes (CC BY 4.0, see `data/azure/README.md`)."""
    from headway.domains.vm_rescheduling.files.azure_trace import read_azure_trace

    return read_azure_trace(Path(str(files("headway.domains.vm_rescheduling.workload"))) / "data" / "azure")


def from_arrivals(
    rng: np.random.Generator,
    n: int,
    arrivals: Arrivals | None = None,
    *,
    machines: int,
    utilisation: float = 0.875,
    placement: str = "mixed",
    affinity: float = 0.0,
    pinned: float = 0.0,
    limit: float = 0.025,
    spread: str = "machine",
    shapes: Mapping[str, float] | None = None,
    per_rack: int = PER_RACK,
) -> Snapshot:
    """``n`` clusters through which a trace has run until a random time.

    The trace is thinned at random to 1.15 times what would keep the cluster at ``utilisation``; where it is too
    small for that, copies of it are laid over one another, each shifted by a random time (around the end). An empty
    cluster then takes its arrivals, and is looked at when it is first that full after a random time in the second
    half (or at the end); if it is fuller, any of its VMs go until it is not. What finds no room is lost.

    Parameters
    ----------
    arrivals : with lifetimes; `shipped_arrivals` by default
    machines, utilisation, placement, affinity, pinned, limit, spread, shapes, per_rack : as for `generator.snapshots`

    Raises
    ------
    DataError
        No lifetime is known.
    UnknownNameError
        No such placement rule or machine type.
    """
    trace = shipped_arrivals() if arrivals is None else arrivals
    if not trace.lifetime_known:
        raise DataError("the trace has no lifetimes", where="arrivals.departure", got="only inf")
    numbers = rule(placement)

    def populate(cpu: Ints, memory: Ints) -> tuple[Ints, Ints]:
        from headway.domains.vm_rescheduling.workload.replay import replay

        goal = utilisation * cpu.sum()
        row, time, departure = thinned(rng, trace, SURPLUS * goal)
        begin = rng.uniform(EARLIEST, 1.0) * (trace.time[-1] - trace.time[0])
        kind = trace.kind[row]
        place = replay(rng, cpu, memory, trace.table.sizes, kind, time, departure, *numbers, begin, goal)
        there = place >= 0
        return kind[there], place[there]

    return clusters(rng, n, trace.table, populate, name=f"traced-{machines}-{placement}", machines=machines,
                    affinity=affinity, pinned=pinned, limit=limit, spread=spread, shapes=shapes,
                    per_rack=per_rack)  # fmt: skip


def thinned(
    rng: np.random.Generator, trace: Arrivals, cores: float
) -> tuple[Ints, NDArray[np.float64], NDArray[np.float64]]:
    """Arrivals that would have ``cores`` in use in the second half: rows of the trace, times, departures, by time."""
    span = float(trace.time[-1] - trace.time[0])
    factor = cores / _alive(trace)
    copies = max(1, int(np.ceil(factor)))
    row, time = [], []
    for copy in range(copies):
        taken = np.flatnonzero(rng.random(len(trace)) < factor / copies)
        shift = rng.uniform(0, span) if copy else 0.0
        row.append(taken)
        time.append((trace.time[taken] - trace.time[0] + shift) % span if copy else trace.time[taken] - trace.time[0])
    rows, times = np.concatenate(row), np.concatenate(time)
    order = np.argsort(times, kind="stable")
    rows, times = rows[order], times[order]
    return rows, times, times + (trace.departure - trace.time)[rows]


def _alive(trace: Arrivals) -> float:
    """Cores that the trace has in use on average over its second half, if all found room."""
    middle, end = (trace.time[0] + trace.time[-1]) / 2, trace.time[-1]
    stay = np.clip(np.minimum(trace.departure, end) - np.maximum(trace.time, middle), 0, None)
    return float(trace.cpu @ stay / (end - middle))
