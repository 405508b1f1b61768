"""What stays the same during an episode of the live `migrate`: the frozen cluster, and what will happen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.rescheduling.params import Params
from headway.ops import Array

if TYPE_CHECKING:
    from headway.domains.vm_rescheduling.live.world import World


class Future(NamedTuple):
    """The living clusters, batch first; see `world.World`."""

    second: Array  # float64 [B, M]
    subject: Array  # int32 [B, M]
    spot: Array  # float64 [B, V+E]
    need: Array  # int64 [B, V+E, 3]
    free: Array  # int64 [B, 2, N], cores and MB at the start, also on inactive machines
    at: Array  # int32 [B, V+E], -1 for what is not there
    without: Array  # float64 [B, M+1], the rate without a plan once 0..M events have happened


class LiveParams(NamedTuple):
    """``frozen``: those of `rescheduling.dynamics.Migrate`."""

    frozen: Params
    future: Future


def prepare(problem: Any, instance: LiveSnapshot, frozen: Params) -> Future:
    """The future (numpy) of a batch whose frozen parameters (numpy) are given."""
    from headway.domains.vm_rescheduling.live.live_kernel import without_plan

    vms = [
        (getattr(instance, f"vm_{name}"), getattr(instance, f"arrival_{name}")) for name in ("cpu", "memory", "nodes")
    ]
    cpu, memory, nodes = (np.concatenate(pair, axis=1) for pair in vms)
    taken = np.maximum(nodes, 1)
    second, subject = _events(instance)
    start = np.where(instance.real, NODES * instance.host + instance.node, -1)
    free = [instance.cpu - instance.used(instance.vm_cpu), instance.memory - instance.used(instance.vm_memory)]
    future = Future(
        second=second,
        subject=subject,
        spot=np.concatenate([np.full(instance.host.shape, -1.0), instance.spot], axis=1),
        need=np.stack([cpu // taken, memory // taken, taken], axis=2),
        free=np.stack([part.reshape(len(instance), -1) for part in free], axis=1),
        at=np.concatenate([start, np.full(instance.time.shape, -1)], axis=1).astype(np.int32),
        without=np.zeros((len(instance), second.shape[1] + 1)),
    )
    rates = without_plan(worlds(problem, future, frozen), future.free.copy(), future.at.copy())
    return future._replace(without=rates)


def worlds(problem: Any, future: Future, frozen: Params) -> World:
    """The batch as the kernels take it."""
    from headway.domains.vm_rescheduling.live.world import World

    terms = [(float(term.resource == "memory"), term.size, term.nodes, term.weight) for term in problem.terms]
    parts = future.second, future.subject, future.spot, future.need, frozen.open, frozen.zone, frozen.group, terms
    return World(*map(np.asarray, parts))


def _events(instance: LiveSnapshot) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Seconds and subjects [B, V+2E] in order; at one second departures first, each in order of their numbers."""
    batch, arrivals = instance.time.shape
    there = np.arange(instance.vms + arrivals)
    subject = np.concatenate([there, -1 - there[instance.vms :]]).astype(np.int32)
    second = np.concatenate([instance.leaves, instance.until, instance.time], axis=1)
    order = np.argsort(second, axis=1, kind="stable")
    return np.take_along_axis(second, order, axis=1), np.take_along_axis(subject[None].repeat(batch, 0), order, axis=1)
