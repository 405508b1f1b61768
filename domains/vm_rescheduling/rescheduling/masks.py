"""What `migrate` allows: which VMs, and then which nodes.

Rows of a batch usually are in the same sub-step, and most VMs are of no group: what a batch has no use for is not
worked out.
"""

from __future__ import annotations

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.rescheduling.params import Params
from headway.domains.vm_rescheduling.rescheduling.state import State
from headway.ops import Array, Backend


def allowed(arrays: Backend, params: Params, state: State) -> Array:
    """bool [B, A]: the mask of `dynamics.Migrate`."""
    choosing = state.chosen < 0
    if bool(choosing.all()):
        return vms(arrays, params, state)
    if not bool(choosing.any()):
        return nodes(arrays, params, state)
    both = vms(arrays, params, state), nodes(arrays, params, state)
    return arrays.xp.where(choosing[:, None], *both)


def vms(arrays: Backend, params: Params, state: State) -> Array:
    """bool [B, A]: the first sub-step."""
    more = (state.turn < params.limit)[:, None]
    free = params.movable & arrays.ops.take((state.places > 0) & more, params.kind)
    rest = max(params.open.shape[1] - params.at.shape[1], 0)
    return arrays.xp.concat([~params.never[:, :1], free, params.never[:, :rest]], axis=1)


def nodes(arrays: Backend, params: Params, state: State) -> Array:
    """bool [B, A]: the second sub-step."""
    xp, ops = arrays.xp, arrays.ops
    (batch, n), v = params.open.shape, params.at.shape[1]
    vm = xp.where(state.chosen < 0, 0, state.chosen)
    size, at = ops.gather(params.vm, vm), ops.gather(state.at, vm)
    free = state.free >= size[:, :2, None]
    free = free[:, 0] & free[:, 1]
    double = size[:, 2:3] == NODES
    if bool(double.any()):
        both = free[:, ::NODES] & free[:, 1::NODES]
        pair = xp.reshape(xp.stack([both, xp.zeros_like(both)], axis=2), (batch, n))
        free = xp.where(double, pair, free)
    group = ops.gather(params.group, vm)[:, None]
    if bool((group >= 0).any()):
        free = free & ~clashes(arrays, params, state, vm, group)
    free = ops.scatter(free, at, False)
    some = free.any(1)
    if not bool(some.all()):
        free = xp.where(some[:, None], free, ops.one_hot(at, n))
    return xp.concat([params.never[:, :1], free, params.never[:, : max(v - n, 0)]], axis=1)


def clashes(arrays: Backend, params: Params, state: State, vm: Array, group: Array) -> Array:
    """bool [B, N]: nodes in whose zone another VM of the group [B, 1] is."""
    xp, ops = arrays.xp, arrays.ops
    peers = (params.group == group) & (group >= 0) & ~ops.one_hot(vm, params.group.shape[1])
    zones = ops.take(params.zone, xp.astype(state.at, xp.int64))
    taken = ops.segment_sum(xp.astype(peers, xp.float64), zones, params.zone.shape[1])
    return ops.take(taken > 0, params.zone)
