"""The environment `migrate`: which VM, then where to, until the plan is long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.rescheduling.params import GB, Params, prepare
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class State(NamedTuple):
    """The cluster as it is now."""

    cpu: Array  # int32 [B, P, 2], free cores
    memory: Array  # int32 [B, P, 2], free MB
    at: Array  # int32 [B, V]
    chosen: Array  # int64 [B], the VM to be migrated; -1 while one is to be chosen
    turn: Array  # int64 [B], VMs chosen and placed so far
    made: Array  # int64 [B], migrations among them (the rest stayed)
    slots: Array  # int64 [B, R], whole slots by kind of fragment
    places: Array  # int64 [B, K], nodes (machines, for a VM on both nodes) with room for one more of a kind
    used: Array  # int64 [B], active machines that host a VM


@component
class Migrate(Environment[Snapshot, Plan, Params, State]):
    """A migration in two sub-steps: first which VM (or to stop), then the node it goes to.

    Action and decision: ``Discrete(max(V, N) + 1)``. First sub-step: a VM, or the last number to stop. Second: a
    node, 2 x machine + NUMA node; a VM on both nodes goes to the first number of its machine.

    Mask: first, movable VMs of a size for which some node has room now (none once the limit is reached), and
    stopping; then, other nodes with room that hold no VM of its group in their zone, or its own node if there is
    none: staying uses up a turn. The reward of a migration is what it takes off the objective. Terminated by
    stopping or after ``limit`` turns.

    Observation:

    ``cpu``, ``memory``  float32 [N], free cores and GB
    ``fragment``         float32 [N, R], what is beyond whole slots, as a share of a slot
    ``open``             int8 [N], fixed: nodes of active machines
    ``vm``               float32 [V, 4], fixed: cores and GB on each of its nodes, nodes (0 for padding), movable
    ``kind``             int64 [V], fixed: VMs of one number are interchangeable (anti-affinity apart)
    ``at``               int32 [V], the node of each VM
    ``chosen``           int64 [1], -1 in the first sub-step
    ``left``             float32 [2]: turns left, and these per VM
    ``phase``            int8 [1]: 0, then 1

    The two stages are those of Ding et al. 2025 ("Towards VM rescheduling optimization through deep reinforcement
    learning", section 4), for which a mask over all pairs would be V x N long.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"phases", "rule"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    def prepare(self, instance: Snapshot) -> Params:
        return Params(*map(self.arrays.ops.asarray, prepare(self.problem, instance)))

    def reset(self, params: Params) -> State:
        xp = self.arrays.xp
        none = xp.zeros_like(params.limit)
        return State(
            cpu=xp.asarray(params.cpu, copy=True),
            memory=xp.asarray(params.memory, copy=True),
            at=xp.asarray(params.at, copy=True),
            chosen=none - 1,
            turn=none,
            made=xp.asarray(none, copy=True),
            slots=xp.sum(self._slots(params.cpu, params.memory), axis=1),
            places=xp.sum(self._fits(params, params.cpu, params.memory), axis=1),
            used=xp.sum(_used(xp, params.cpu, params.total), axis=1)[:, 0],
        )

    def observe(self, params: Params, state: State) -> Observation:
        xp = self.arrays.xp
        batch, nodes = params.open.shape
        free = {"cpu": xp.reshape(state.cpu, (batch, nodes)), "memory": xp.reshape(state.memory, (batch, nodes))}
        beyond = [xp.astype(free[t.resource] % t.size, xp.float32) / t.size for t in self.problem.terms]
        left = xp.astype(params.limit - state.turn, xp.float32)
        vms = xp.sum(xp.astype(params.vm[:, :, 2] > 0, xp.float32), axis=1)
        return {
            "cpu": xp.astype(free["cpu"], xp.float32),
            "memory": xp.astype(free["memory"], xp.float32) / GB,
            "fragment": xp.stack(beyond, axis=2),
            "open": params.open,
            "vm": params.vm,
            "kind": params.kind,
            "at": state.at,
            "chosen": state.chosen[:, None],
            "left": xp.stack([left, left / xp.clip(vms, 1, None)], axis=1),
            "phase": xp.astype(state.chosen >= 0, xp.int8)[:, None],
        }

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        n, v, terms = params.open.shape[1], params.at.shape[1], len(self.problem.terms)
        large = np.iinfo(np.int32).max
        observation: dict[str, spaces.Space[Any]] = {
            "cpu": spaces.Box(-np.inf, np.inf, (n,), np.float32),
            "memory": spaces.Box(-np.inf, np.inf, (n,), np.float32),
            "fragment": spaces.Box(0.0, 1.0, (n, terms), np.float32),
            "open": spaces.MultiBinary(n),
            "vm": spaces.Box(0.0, np.inf, (v, 4), np.float32),
            "kind": spaces.Box(0, large, (v,), np.int64),
            "at": spaces.Box(0, large, (v,), np.int32),
            "chosen": spaces.Box(-1, large, (1,), np.int64),
            "left": spaces.Box(0.0, np.inf, (2,), np.float32),
            "phase": spaces.MultiBinary(1),
        }
        return spaces.Dict(observation), spaces.Discrete(max(v, n) + 1)

    # -- the mask -----------------------------------------------------------------------------------
    def mask(self, params: Params, state: State) -> Array:
        xp = self.arrays.xp
        choosing = state.chosen < 0
        # Rows of a batch usually are in the same sub-step: then the other one's mask need not be worked out.
        if bool(xp.all(choosing)):
            return self._vms(params, state)
        if not bool(xp.any(choosing)):
            return self._nodes(params, state)
        return xp.where(choosing[:, None], self._vms(params, state), self._nodes(params, state))

    def _vms(self, params: Params, state: State) -> Array:
        """bool [B, A]: the first sub-step."""
        xp = self.arrays.xp
        batch, v = params.at.shape
        more = (state.turn < params.limit)[:, None]
        free = params.movable & xp.take_along_axis((state.places > 0) & more, params.kind, axis=1)
        stop = xp.ones_like(more)
        none = xp.zeros((batch, max(params.open.shape[1] - v, 0)), dtype=xp.bool)
        return xp.concat([free, none, stop], axis=1)

    def _nodes(self, params: Params, state: State) -> Array:
        """bool [B, A]: the second sub-step."""
        xp, ops = self.arrays.xp, self.arrays.ops
        (batch, n), v = params.open.shape, params.at.shape[1]
        vm = xp.clip(state.chosen, 0, None)
        kind, own = ops.gather(params.kind, vm), ops.one_hot(ops.gather(state.at, vm), n)
        cpu, memory = (ops.gather(need, kind)[:, None, None] for need in (params.need_cpu, params.need_memory))
        fits = (state.cpu >= cpu) & (state.memory >= memory)
        both = xp.all(fits, axis=2)
        pair = xp.stack([both, xp.zeros_like(both)], axis=2)
        fits = xp.where(ops.gather(params.double, kind)[:, None, None], pair, fits)
        free = xp.reshape(fits, (batch, n)) & ~own & ~self._clashes(params, state, vm)
        free = xp.where(xp.any(free, axis=1)[:, None], free, own)
        return xp.concat([free, xp.zeros((batch, max(v - n, 0) + 1), dtype=xp.bool)], axis=1)

    def _clashes(self, params: Params, state: State, vm: Array) -> Array:
        """bool [B, N]: nodes in whose zone another VM of the group is."""
        xp, ops = self.arrays.xp, self.arrays.ops
        group = ops.gather(params.group, vm)[:, None]
        if not bool(xp.any(group >= 0)):
            return xp.zeros_like(params.open, dtype=xp.bool)
        peers = (params.group == group) & (group >= 0) & ~ops.one_hot(vm, params.group.shape[1])
        zones = xp.take_along_axis(params.zone, xp.astype(state.at, xp.int64), axis=1)
        taken = ops.segment_sum(xp.astype(peers, xp.float64), zones, params.zone.shape[1])
        return xp.take_along_axis(taken > 0, params.zone, axis=1)

    # -- the step -----------------------------------------------------------------------------------
    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp = self.arrays.xp
        placing = state.chosen >= 0
        stop = ~placing & (decision == max(params.at.shape[1], params.open.shape[1]))
        # Rows of a batch usually are in the same sub-step: choosing a VM changes nothing but that.
        moved = self._migrate(params, state, placing, decision) if bool(xp.any(placing)) else state
        after = moved._replace(
            chosen=xp.where(placing | stop, xp.full_like(decision, -1), decision),
            turn=state.turn + xp.astype(placing, xp.int64),
        )
        over = stop | (placing & (after.turn >= params.limit))
        if self.problem.objective == "moves":
            over = over | (placing & (self._rate(params, after) <= self.problem.goal))
        reward = self._value(params, state) - self._value(params, after)
        if self.problem.objective == "moves":
            reward = reward - xp.where(over, self._shortfall(params, after), 0.0)
        return Transition(after, reward, over, xp.zeros_like(over))

    def _migrate(self, params: Params, state: State, placing: Array, decision: Array) -> State:
        """The cluster after the chosen VMs have gone to their nodes."""
        xp, ops = self.arrays.xp, self.arrays.ops
        vm = xp.clip(state.chosen, 0, None)
        source = xp.astype(ops.gather(state.at, vm), xp.int64)
        target = xp.where(placing, decision, source)
        goes = target != source
        kind = ops.gather(params.kind, vm)
        double = ops.gather(params.double, kind)[:, None]
        leaves, enters = (double | ops.one_hot(node % NODES, NODES) for node in (source, target))
        ends = source // NODES, target // NODES

        def after(free: Array, need: Array) -> Array:
            taken = xp.where(goes, ops.gather(need, kind), 0 * ops.gather(need, kind))[:, None]
            freed = ops.scatter(free, ends[0], ops.gather(free, ends[0]) + taken * leaves)
            return ops.scatter(freed, ends[1], ops.gather(freed, ends[1]) - taken * enters)

        cpu, memory = after(state.cpu, params.need_cpu), after(state.memory, params.need_memory)
        old, new = ([xp.stack([ops.gather(part, end) for end in ends], axis=1) for part in parts]
                    for parts in ((state.cpu, state.memory), (cpu, memory)))  # fmt: skip
        # A migration within a machine has one machine at both ends: it counts once.
        counts = xp.stack([xp.ones_like(goes), ends[0] != ends[1]], axis=1)[:, :, None]
        total = xp.stack([ops.gather(params.total, end) for end in ends], axis=1)

        def change(before: Array, now: Array) -> Array:
            return xp.sum(counts * (xp.astype(now, xp.int64) - xp.astype(before, xp.int64)), axis=1)

        return state._replace(
            cpu=cpu,
            memory=memory,
            at=ops.scatter(state.at, vm, xp.astype(target, state.at.dtype)),
            made=state.made + xp.astype(goes, xp.int64),
            slots=state.slots + change(self._slots(*old), self._slots(*new)),
            places=state.places + change(self._fits(params, *old), self._fits(params, *new)),
            used=state.used + change(_used(xp, old[0], total), _used(xp, new[0], total))[:, 0],
        )

    # -- what machines are worth --------------------------------------------------------------------
    def _slots(self, cpu: Array, memory: Array) -> Array:
        """int64 [B, M, R]: whole slots of machines with ``cpu`` and ``memory`` [B, M, 2] free."""
        xp, free = self.arrays.xp, {"cpu": cpu, "memory": memory}
        fit = [(term.nodes, free[term.resource] // term.size) for term in self.problem.terms]
        reduced = [xp.min(slots, axis=2) if nodes == NODES else slots[:, :, 0] + slots[:, :, 1] for nodes, slots in fit]
        return xp.astype(xp.stack(reduced, axis=2), xp.int64)

    def _fits(self, params: Params, cpu: Array, memory: Array) -> Array:
        """int64 [B, M, K]: nodes of machines (or machines, for a VM on both nodes) with room for one more of a kind."""
        xp = self.arrays.xp
        need_cpu, need_memory = params.need_cpu[:, None, None], params.need_memory[:, None, None]
        room = (cpu[..., None] >= need_cpu) & (memory[..., None] >= need_memory)
        first, second = xp.astype(room[:, :, 0], xp.int64), xp.astype(room[:, :, 1], xp.int64)
        fits = xp.where(params.double[:, None], first * second, first + second)
        return fits * params.known[:, None]

    def _rate(self, params: Params, state: State) -> Array:
        """float64 [B]: the weighted fragment rate."""
        xp = self.arrays.xp
        rate = xp.zeros_like(params.free[:, 0])
        for r, term in enumerate(self.problem.terms):
            some = xp.isfinite(params.free[:, r])
            whole = term.size * term.nodes * state.slots[:, r] / params.free[:, r]
            rate = rate + term.weight * xp.where(some, 1.0 - whole, 0.0 * whole)
        return rate

    def _value(self, params: Params, state: State) -> Array:
        """float64 [B]: the objective if the plan ended here (for ``moves``, if the goal were reached)."""
        xp = self.arrays.xp
        if self.problem.objective == "fragments":
            return self._rate(params, state)
        return xp.astype(state.used if self.problem.objective == "machines" else state.made, xp.float64)

    def _shortfall(self, params: Params, state: State) -> Array:
        """float64 [B]: what a plan that misses the goal costs beyond its migrations; see the problem."""
        xp = self.arrays.xp
        missing = self._rate(params, state) - self.problem.goal
        short = params.limit + 1 - state.made + missing
        return xp.where(missing > 0, short, 0.0 * short)

    def offset(self, instance: Snapshot) -> NDArray[np.float64]:
        if self.problem.objective == "moves":
            return np.zeros(len(instance))
        twin = type(self)(problem=self.problem)
        params = twin.prepare(instance)
        value: NDArray[np.float64] = twin._value(params, twin.reset(params))
        return value

    def solution(
        self, instance: Snapshot, decisions: NDArray[np.int64], length: NDArray[np.int64], state: State
    ) -> Plan:
        from headway.domains.vm_rescheduling.rescheduling.decisions import plan_of

        return plan_of(instance, decisions, length)

    def rule(self, instance: Snapshot, decisions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """What the mask must allow after these decisions, in plain Python (see `decisions.allowed`)."""
        from headway.domains.vm_rescheduling.rescheduling.decisions import allowed

        size = max(instance.vms, NODES * instance.machines) + 1
        return np.stack([allowed(instance, row, path, size) for row, path in enumerate(decisions)])


def _used(xp: Any, cpu: Array, total: Array) -> Array:
    """int64 [B, M, 1]: whether machines with ``cpu`` [B, M, 2] free of ``total`` host a VM."""
    return xp.astype(xp.any(cpu < total, axis=2), xp.int64)[:, :, None]
