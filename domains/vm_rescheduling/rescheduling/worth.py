"""What machines are worth in `migrate`: slots, places, and the objective that they make up."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.rescheduling.params import Params, slot_size
from headway.domains.vm_rescheduling.rescheduling.state import State
from headway.ops import Array, Backend


class Worth:
    """A problem's kinds of fragments and objective, as arrays of a backend.

    Attributes
    ----------
    resources : rows of ``free`` (cores, GB) that the kinds of fragments are of
    sizes : float64 [R, 1, 1], cores or GB that a slot takes of a node
    units : float32 [R, 1], the same
    wide : bool [R, 1], slots on both nodes of a machine
    """

    def __init__(self, arrays: Backend, problem: Any) -> None:
        self.arrays, self.problem, asarray = arrays, problem, arrays.ops.asarray
        self.resources = [int(term.resource == "memory") for term in problem.terms]
        self.sizes = asarray(np.array([slot_size(term) for term in problem.terms])[:, None, None])
        self.units = arrays.xp.astype(self.sizes[:, 0], arrays.xp.float32)
        self.wide = asarray(np.array([term.nodes == NODES for term in problem.terms])[:, None])

    def of(self, params: Params, free: Array) -> tuple[Array, Array]:
        """Of M machines with ``free`` [B, 2, M, 2]: whole slots float64 [B, R, M], and places by kind int64 [B, K, M]
        (nodes with room, or machines for a VM on both nodes).
        """
        xp = self.arrays.xp
        fit = xp.floor(free[:, self.resources] / self.sizes)
        first, second = fit[..., 0], fit[..., 1]
        slots = xp.where(self.wide, xp.minimum(first, second), first + second)
        room = free[:, :, None] >= params.need[..., None, None]
        room = 1 * (room[:, 0] & room[:, 1])
        first, second = room[..., 0], room[..., 1]
        return slots, xp.where(params.double[..., None], first & second, first + second)

    def reward(self, params: Params, before: State, after: State, over: Array) -> Array:
        """float64 [B]: what a migration takes off the objective."""
        if self.problem.objective == "fragments":
            return (params.worth * (after.slots - before.slots)).sum(1)
        if self.problem.objective == "machines":
            return self.used(params, before) - self.used(params, after)
        missed = self.missed(params, after)
        short = self.arrays.xp.where(over & (missed > 0), params.limit + 1 - after.made + missed, 0.0)
        return before.made - after.made - short

    def missed(self, params: Params, state: State) -> Array:
        """float64 [B]: the weighted fragment rate beyond the problem's goal."""
        return params.none - (params.worth * state.slots).sum(1) - self.problem.goal

    def used(self, params: Params, state: State) -> Array:
        """float64 [B]: active machines that host a VM."""
        xp = self.arrays.xp
        taken = state.free[:, 0] < params.total
        return xp.astype(taken[:, ::NODES] | taken[:, 1::NODES], xp.float64).sum(1)
