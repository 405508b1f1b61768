"""Streams of requests: to clusters that have been in use for long."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.clock import shown, within
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.placement.instance import Stream
from headway.domains.vm_rescheduling.workload.arrivals import Arrivals
from headway.domains.vm_rescheduling.workload.clusters import rule
from headway.domains.vm_rescheduling.workload.flavors import CPU, FLAVORS, MEMORY, Flavors
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.domains.vm_rescheduling.workload.traced import thinned
from headway.errors import InstanceError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY = 86_400.0  # seconds
_SIZES = ("cpu", "memory", "nodes")


def memoryless(
    rng: np.random.Generator,
    n: int,
    *,
    machines: int,
    requests: int,
    utilisation: float,
    demand: float,
    lifetime: float,
    placement: str,
    flavors: str,
    width: int,
) -> Stream:
    """Clusters from `workload.generator.snapshots`, then arrivals at random (a Poisson process), exponential lifetimes.

    Parameters
    ----------
    utilisation, placement, flavors : of the clusters at time 0, see `snapshots`; requests are of the same flavours
    demand : cores asked for, on average, per core there is: arrivals per second x mean lifetime x mean cores
    lifetime : mean, in seconds
    width : VMs at time 0 that the streams have room for, so that they have one shape
    """
    drawn = snapshots(rng, n, machines=machines, utilisation=utilisation, placement=placement, flavors=flavors)
    table = FLAVORS[flavors]
    kind = rng.choice(len(table.name), (n, requests), p=table.share)
    rate = demand * drawn.cpu.sum(axis=(1, 2)) / (lifetime * float(table.cpu @ table.share))
    time = np.cumsum(rng.exponential(1.0, (n, requests)) / rate[:, None], axis=1)
    until = time + rng.exponential(lifetime, time.shape)
    there = _there(drawn, width)
    left = np.where(there["there_nodes"] > 0, rng.exponential(lifetime, (n, there["there_nodes"].shape[1])), 0.0)
    name = np.full(n, f"{flavors}-{machines}")
    asked = {f"vm_{field}": getattr(table, field)[kind] for field in _SIZES}
    return Stream(name=name, active=drawn.active, cpu=drawn.cpu, memory=drawn.memory, **there, there_until=left,
                  time=time, until=until, **asked, **_no_past(n, requests))  # fmt: skip


def _there(drawn: Snapshot, width: int) -> dict[str, Ints]:
    at = np.where(drawn.real, NODES * drawn.host + drawn.node, 0)
    fields = {"there_at": at, **{f"there_{field}": getattr(drawn, f"vm_{field}") for field in _SIZES}}
    return {name: np.pad(rows, ((0, 0), (0, max(width - drawn.vms, 0)))) for name, rows in fields.items()}


def traced(
    rng: np.random.Generator,
    n: int,
    trace: Arrivals,
    *,
    machines: int,
    requests: int,
    demand: float,
    placement: str,
    width: int,
) -> Stream:
    """Clusters through which a trace has run until some time in its second half, and what it asks for next.

    ``demand`` is the cores of the trace that would be in use at a time, on average, per core there is. VMs whose
    departure is not known stay a day longer than the last request.
    """
    parts = [_traced(rng, trace, machines, requests, demand, placement) for _ in range(n)]
    there, asked, time, until, left = zip(*parts, strict=True)
    size = max(width, *(len(kind) for kind, _ in there))
    shape = (n, machines, NODES)
    return Stream(
        name=np.full(n, f"traced-{machines}"),
        active=np.ones(shape[:2], bool),
        cpu=np.full(shape, CPU),
        memory=np.full(shape, MEMORY),
        **_sizes("there", trace.table, [kind for kind, _ in there], size),
        there_at=_wide([at for _, at in there], size, 0),
        there_until=_wide(left, size, 0.0),
        time=np.stack(time),
        **_sizes("vm", trace.table, asked, requests),
        until=np.stack(until),
        **_no_past(n, requests),
    )


def _no_past(n: int, requests: int) -> dict[str, Ints]:
    return {"start": np.zeros(n, np.int64), "placed": np.full((n, requests), -1)}


def history(
    rng: np.random.Generator,
    trace: Arrivals,
    *,
    machines: int,
    demand: float,
    placement: str,
    begin: float,
    first: Any = None,
    last: Any = None,
) -> Stream:
    """The whole trace as one stream (a batch of one) into a cluster that is empty at first.

    It is thinned as for `traced`, but once. Up to the first decision VMs are placed by a rule; that past is known.
    Times count from the trace's first arrival.

    Parameters
    ----------
    begin : seconds from then to the first decision, where ``first`` is None
    first, last : times of the first and of the last decision, as `headway.clock.within` reads them

    Raises
    ------
    InstanceError
        Nothing comes between them.
    """
    from headway.domains.vm_rescheduling.workload.replay import replay

    cpu, memory = np.full(NODES * machines, CPU), np.full(NODES * machines, MEMORY)
    row, time, until = thinned(rng, trace, demand * float(cpu.sum()))
    decided = within(moments(time), f"{begin}" if first is None else first, last)
    start, end = decided.start, decided.stop
    if end <= start:
        got, expected = f"{first} to {last}", f"arrivals within {shown(moments(time)[-1])} after the first one"
        raise InstanceError("no VM is asked for", where="start and end", got=got, expected=expected)
    kind, sizes, past = trace.kind[row][:end], trace.table.sizes, slice(start)
    at = replay(rng, cpu, memory, sizes, kind[past], time[past], until[past], *rule(placement), np.inf, np.inf)
    goes = np.where(np.isfinite(until[:end]), until[:end], time[end - 1] + DAY)
    placed = np.full((1, end), -1)
    placed[0, past] = np.where(goes[past] > time[start], at, -1)
    return Stream(
        name=np.array([f"history-{machines}"]),
        active=np.ones((1, machines), bool),
        cpu=np.full((1, machines, NODES), CPU),
        memory=np.full((1, machines, NODES), MEMORY),
        **{f"there_{field}": np.zeros((1, 1), np.int64) for field in (*_SIZES, "at")},
        there_until=np.zeros((1, 1)),
        time=time[None, :end],
        **_sizes("vm", trace.table, [kind], end),
        until=goes[None],
        start=np.array([start]),
        placed=placed,
    )


def moments(time: Floats) -> NDArray[np.timedelta64]:
    """Seconds as times since the start."""
    return time.astype("timedelta64[s]")


def arrivals(stream: Stream) -> Arrivals:
    """What a view of a history (a batch of one) tells of arrivals: departures that are not known yet are inf."""
    cpu, memory, nodes = (getattr(stream, f"vm_{field}")[0] for field in _SIZES)
    flavor = np.array([f"{c}x{m}x{n}" for c, m, n in zip(cpu, memory, nodes, strict=True)])
    return Arrivals(stream.time[0], stream.until[0], flavor, cpu, memory, nodes)


def _traced(
    rng: np.random.Generator, trace: Arrivals, machines: int, requests: int, demand: float, placement: str
) -> tuple[tuple[Ints, Ints], Ints, Floats, Floats, Floats]:
    """Of one stream: flavours and nodes of the VMs there; flavours, times and departures asked for; when those go."""
    from headway.domains.vm_rescheduling.workload.replay import replay

    cpu, memory = np.full(NODES * machines, CPU), np.full(NODES * machines, MEMORY)
    row, time, until = thinned(rng, trace, demand * float(cpu.sum()))
    kind = trace.kind[row]
    if len(row) < 2 * requests:
        got, hint = f"{len(row)} arrivals", "lower problem.requests, or give more of the trace"
        raise InstanceError("too few arrivals", where="requests", got=got, expected=2 * requests, hint=hint)
    begin = int(rng.integers(len(row) // 2, max(len(row) - requests, len(row) // 2 + 1)))
    before, asked = slice(begin), slice(begin, begin + requests)
    numbers = rule(placement)
    place = replay(
        rng, cpu, memory, trace.table.sizes, kind[before], time[before], until[before], *numbers, np.inf, np.inf
    )
    there = np.flatnonzero(place >= 0)
    start = time[begin]
    end = time[asked][-1] - start + DAY
    goes = np.where(np.isfinite(until), until - start, end)
    return (kind[there], place[there]), kind[asked], time[asked] - start, goes[asked], np.maximum(goes[there], 0.0)


def _sizes(prefix: str, table: Flavors, kinds: list[Ints] | tuple[Ints, ...], width: int) -> dict[str, Ints]:
    return {f"{prefix}_{field}": _wide([getattr(table, field)[kind] for kind in kinds], width, 0) for field in _SIZES}


def _wide(rows: list[NDArray] | tuple[NDArray, ...], width: int, fill: float) -> NDArray:  # type: ignore[type-arg]
    return np.stack([np.pad(row, (0, width - len(row)), constant_values=fill) for row in rows])
