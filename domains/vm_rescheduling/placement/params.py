"""What the environment looks up: sizes of VMs, and who has gone by when."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.placement.instance import Stream
from headway.ops import Array

GB = 1024.0  # MB


class Params(NamedTuple):
    """The V = H + R VMs are those that are there at time 0, then those asked for."""

    free: Array  # float64 [B, 2, N], cores and MB at time 0
    open: Array  # int8 [B, N]
    cores: Array  # float64 [B, V], on each of its nodes
    memory: Array  # float64 [B, V], MB on each of its nodes
    nodes: Array  # float64 [B, V], 0 for padding
    at: Array  # int64 [B, V], node at the beginning; -1 for those that are not placed yet
    order: Array  # int64 [B, V], VMs by when they go
    gone: Array  # int64 [B, R], how many of ``order`` have gone when a request comes
    requests: Array  # int64 [B]
    start: Array  # int64 [B], the first one decided
    total: Array  # float64 [B], cores of the active machines


def prepare(stream: Stream) -> tuple[NDArray[Any], ...]:
    """`Params` as numpy arrays."""
    nodes = np.concatenate([stream.there_nodes, stream.vm_nodes], axis=1)
    each = np.maximum(nodes, 1)
    pairs = (stream.there_cpu, stream.vm_cpu), (stream.there_memory, stream.vm_memory)
    cores, memory = (np.concatenate(parts, axis=1) / each for parts in pairs)
    at = np.concatenate([stream.there_at, stream.placed], axis=1)
    until = np.concatenate([stream.there_until, stream.until], axis=1)
    until = np.where(nodes > 0, until, np.inf)  # padding never goes
    order = np.argsort(until, axis=1, kind="stable")
    by_time = np.take_along_axis(until, order, axis=1)
    gone = np.stack(
        [np.searchsorted(row, times, side="right") for row, times in zip(by_time, stream.time, strict=True)]
    )
    active = np.repeat(stream.active, NODES, axis=1)
    total = np.where(active, stream.cpu.reshape(len(stream), -1), 0).sum(1)
    return (
        np.stack(stream.free(), axis=1).astype(np.float64), active.astype(np.int8), cores, memory,
        nodes.astype(np.float64), at, order, gone,
        stream.requests, stream.start, np.maximum(total, 1).astype(np.float64),
    )  # fmt: skip
