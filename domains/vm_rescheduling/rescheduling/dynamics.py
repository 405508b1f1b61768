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

    from headway.domains.vm_rescheduling.cluster.fragments import Fragment


class State(NamedTuple):
    """The cluster as it is now."""

    free: Array  # float32 [B, 2, N], free cores and GB
    at: Array  # int32 [B, V]
    chosen: Array  # int64 [B], the VM to be migrated; -1 while one is to be chosen
    turn: Array  # int64 [B], VMs chosen and placed so far
    made: Array  # int64 [B], migrations among them (the rest stayed)
    slots: Array  # float64 [B, R], whole slots by kind of fragment
    places: Array  # int64 [B, K], nodes (machines, for a VM on both nodes) with room for one more of a kind
    used: Array  # float64 [B], active machines that host a VM


@component
class Migrate(Environment[Snapshot, Plan, Params, State]):
    """A migration in two sub-steps: first which VM (or to stop), then the node it goes to.

    Action and decision: ``Discrete(1 + max(V, N))``. First sub-step: 0 to stop, or 1 + VM. Second: 1 + node, where
    node = 2 x machine + NUMA node; a VM on both nodes goes to the first node of its machine.

    Mask: first, movable VMs of a size for which some node has room now (none once the limit is reached), and
    stopping; then, other nodes with room that hold no VM of its group in their zone, or its own node if there is
    none: staying uses up a turn. The reward of a migration is what it takes off the objective. Terminated by
    stopping or after ``limit`` turns.

    Observation:

    ``cpu``, ``memory``  float32 [N], free cores and GB
    ``fragment``         float32 [N, R], what is beyond whole slots, as a share of a slot
    ``open``             int8 [N], fixed: nodes of active machines
    ``vm``               float32 [V, 4], fixed: cores and GB on each of its nodes, nodes (0 for padding), movable
    ``kind``             int32 [V], fixed: VMs of one number are interchangeable (anti-affinity apart)
    ``at``               int32 [V], the node of each VM
    ``chosen``           int64 [1], -1 in the first sub-step
    ``slot``             float32 [R, 4], fixed: cores and GB that a slot takes of a node, its nodes, its weight
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
        xp, none = self.arrays.xp, self.arrays.xp.zeros_like(params.limit)
        worth = self._worth(params, self._pairs(params.free), self._pairs(params.total[:, None])[:, 0])
        slots, places, used = (xp.sum(part, axis=1) for part in worth)
        return State(
            free=xp.asarray(params.free, copy=True),
            at=xp.asarray(params.at, copy=True),
            chosen=none - 1,
            turn=none,
            made=xp.asarray(none, copy=True),
            slots=slots,
            places=places,
            used=used,
        )

    def observe(self, params: Params, state: State) -> Observation:
        xp = self.arrays.xp
        cpu, memory = state.free[:, 0], state.free[:, 1]
        in_slots = [
            (cpu if term.resource == "cpu" else memory) / np.float32(_size(term)) for term in self.problem.terms
        ]
        left = xp.astype(params.limit - state.turn, xp.float32)
        return {
            "cpu": cpu,
            "memory": memory,
            "fragment": xp.stack([slots - xp.floor(slots) for slots in in_slots], axis=2),
            "open": params.open,
            "vm": params.vm,
            "kind": params.kind,
            "at": state.at,
            "chosen": state.chosen[:, None],
            "slot": params.slot,
            "left": xp.stack([left, left / params.vms], axis=1),
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
            "kind": spaces.Box(0, large, (v,), np.int32),
            "at": spaces.Box(0, large, (v,), np.int32),
            "chosen": spaces.Box(-1, large, (1,), np.int64),
            "slot": spaces.Box(0.0, np.inf, (terms, 4), np.float32),
            "left": spaces.Box(0.0, np.inf, (2,), np.float32),
            "phase": spaces.MultiBinary(1),
        }
        return spaces.Dict(observation), spaces.Discrete(1 + max(v, n))

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
        free = params.movable & self.arrays.ops.take((state.places > 0) & more, xp.astype(params.kind, xp.int64))
        none = xp.zeros((batch, max(params.open.shape[1] - v, 0)), dtype=xp.bool)
        return xp.concat([xp.ones_like(more), free, none], axis=1)

    def _nodes(self, params: Params, state: State) -> Array:
        """bool [B, A]: the second sub-step."""
        xp, ops = self.arrays.xp, self.arrays.ops
        (batch, n), v = params.open.shape, params.at.shape[1]
        vm = xp.where(state.chosen < 0, 0, state.chosen)
        kind, own = ops.gather(params.kind, vm), ops.one_hot(ops.gather(state.at, vm), n)
        need, double = ops.gather(params.need, kind)[:, :, None], ops.gather(params.double, kind)[:, None]
        fits = (state.free[:, 0] >= need[:, 0]) & (state.free[:, 1] >= need[:, 1])
        if bool(xp.any(double)):
            both = fits[:, ::NODES] & fits[:, 1::NODES]
            pair = xp.reshape(xp.stack([both, xp.zeros_like(both)], axis=2), (batch, n))
            fits = xp.where(double, pair, fits)
        free = fits & ~own & ~self._clashes(params, state, vm)
        free = xp.where(xp.any(free, axis=1)[:, None], free, own)
        none = xp.zeros((batch, 1 + max(v - n, 0)), dtype=xp.bool)
        return xp.concat([none[:, :1], free, none[:, 1:]], axis=1)

    def _clashes(self, params: Params, state: State, vm: Array) -> Array:
        """bool [B, N] (or [B, 1], if none): nodes in whose zone another VM of the group is."""
        xp, ops = self.arrays.xp, self.arrays.ops
        group = ops.gather(params.group, vm)[:, None]
        if not bool(xp.any(group >= 0)):
            return group >= 0
        peers = (params.group == group) & (group >= 0) & ~ops.one_hot(vm, params.group.shape[1])
        zones = ops.take(params.zone, xp.astype(state.at, xp.int64))
        taken = ops.segment_sum(xp.astype(peers, xp.float64), zones, params.zone.shape[1])
        return ops.take(taken > 0, params.zone)

    # -- the step -----------------------------------------------------------------------------------
    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp = self.arrays.xp
        placing = state.chosen >= 0
        stop = ~placing & (decision == 0)
        chosen = xp.where(placing, -1, decision - 1)
        # Rows of a batch usually are in the same sub-step: choosing a VM changes nothing but that.
        if not bool(xp.any(placing | stop)):
            return Transition(state._replace(chosen=chosen), xp.zeros_like(params.whole[:, 0]), stop, placing)
        after = self._migrate(params, state, placing, decision)
        after = after._replace(chosen=chosen, turn=state.turn + xp.astype(placing, xp.int64))
        over = stop | (placing & (after.turn >= params.limit))
        reward = self._value(params, state) - self._value(params, after)
        if self.problem.objective == "moves":
            over = over | (placing & (self._rate(params, after) <= self.problem.goal))
            reward = reward - xp.where(over, self._shortfall(params, after), 0.0)
        return Transition(after, reward, over, xp.zeros_like(over))

    def _migrate(self, params: Params, state: State, placing: Array, decision: Array) -> State:
        """The cluster after the chosen VMs have gone to their nodes. Where none was chosen, one goes to where it is."""
        xp, ops = self.arrays.xp, self.arrays.ops
        batch, n = params.open.shape
        vm = xp.where(state.chosen < 0, 0, state.chosen)
        source = xp.astype(ops.gather(state.at, vm), xp.int64)
        target = xp.where(placing, decision - 1, source)
        kind = ops.gather(params.kind, vm)
        ends = xp.stack([source, target], axis=1)[:, :, None]
        nodes = ends // NODES * NODES + xp.arange(NODES)  # [B, 2 ends, 2 nodes], both nodes of both machines
        same = source // NODES == target // NODES
        double = ops.gather(params.double, kind)[:, None, None]
        effect = xp.astype((nodes == ends) | double, xp.float32) * xp.asarray([[1.0], [-1.0]], dtype=xp.float32)
        # Within one machine both ends are the same two nodes: each feels what happens to the other.
        effect = effect + xp.where(same[:, None, None], xp.flip(effect, axis=1), 0.0 * effect)
        index = xp.reshape(xp.stack([nodes, nodes + n], axis=1), (batch, 8))
        flat = xp.reshape(state.free, (batch, 2 * n))
        old = xp.reshape(ops.take(flat, index), (batch, 2, 2, NODES))
        new = old + ops.gather(params.need, kind)[:, :, None, None] * effect[:, None]
        total = xp.reshape(ops.take(params.total, index[:, :4]), (batch, 2, NODES))
        worth = self._worth(params, xp.concat([new, old], axis=2), xp.concat([total, total], axis=1))
        slots, places, used = (self._gained(part, same) for part in worth)
        return state._replace(
            free=xp.reshape(ops.put(flat, index, xp.reshape(new, (batch, 8))), (batch, 2, n)),
            at=ops.scatter(state.at, vm, xp.astype(target, state.at.dtype)),
            made=state.made + xp.astype(source != target, xp.int64),
            slots=state.slots + slots,
            places=state.places + places,
            used=state.used + used,
        )

    def _gained(self, worth: Array, same: Array) -> Array:
        """[B, ...]: of ``worth`` [B, 4, ...] at both ends afterwards and before; one end where they are the same."""
        change = worth[:, :2] - worth[:, 2:]
        apart = self.arrays.xp.reshape(~same, (-1,) + (1,) * (change.ndim - 2))
        return change[:, 0] + change[:, 1] * apart

    # -- what machines are worth --------------------------------------------------------------------
    def _pairs(self, nodes: Array) -> Array:
        """[B, A, N] by machine: [B, A, P, 2]."""
        return self.arrays.xp.reshape(nodes, (*nodes.shape[:2], -1, NODES))

    def _worth(self, params: Params, free: Array, total: Array) -> tuple[Array, Array, Array]:
        """Of M machines with ``free`` [B, 2, M, 2] of ``total`` cores [B, M, 2].

        Whole slots float64 [B, M, R], places by kind int64 [B, M, K] (nodes, or machines for a VM on both nodes),
        whether in use float64 [B, M].
        """
        xp = self.arrays.xp
        slots = []
        for term in self.problem.terms:
            fit = xp.floor(xp.astype(free[:, int(term.resource == "memory")], xp.float64) / _size(term))
            slots.append(xp.minimum(fit[..., 0], fit[..., 1]) if term.nodes == NODES else fit[..., 0] + fit[..., 1])
        need = params.need[:, None, None]  # [B, 1, 1, K, 2]
        room = (free[:, 0, ..., None] >= need[..., 0]) & (free[:, 1, ..., None] >= need[..., 1])
        room = xp.astype(room & params.known[:, None, None], xp.int64)
        places = xp.where(params.double[:, None], room[:, :, 0] * room[:, :, 1], room[:, :, 0] + room[:, :, 1])
        used = (free[:, 0, ..., 0] < total[..., 0]) | (free[:, 0, ..., 1] < total[..., 1])
        return xp.stack(slots, axis=2), places, xp.astype(used, xp.float64)

    def _rate(self, params: Params, state: State) -> Array:
        """float64 [B]: the weighted fragment rate."""
        xp = self.arrays.xp
        rate = 0.0
        for r, term in enumerate(self.problem.terms):
            whole = params.whole[:, r]
            share = 1.0 - _size(term) * term.nodes * state.slots[:, r] / whole
            rate = rate + term.weight * xp.where(xp.isfinite(whole), share, 0.0)
        return rate

    def _value(self, params: Params, state: State) -> Array:
        """float64 [B]: the objective if the plan ended here (for ``moves``, if the goal were reached)."""
        if self.problem.objective == "fragments":
            return self._rate(params, state)
        xp = self.arrays.xp
        return xp.astype(state.used if self.problem.objective == "machines" else state.made, xp.float64)

    def _shortfall(self, params: Params, state: State) -> Array:
        """float64 [B]: what a plan that misses the goal costs beyond its migrations; see the problem."""
        missing = self._rate(params, state) - self.problem.goal
        return self.arrays.xp.where(missing > 0, params.limit + 1 - state.made + missing, 0.0)

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

        size = 1 + max(instance.vms, NODES * instance.machines)
        return np.stack([allowed(instance, row, path, size) for row, path in enumerate(decisions)])


def _size(term: Fragment) -> float:
    """What a slot takes of a node, in cores or GB."""
    return term.size / GB if term.resource == "memory" else float(term.size)
