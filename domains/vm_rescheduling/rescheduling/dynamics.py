"""The environment `migrate`: which VM, then where to, until the plan is long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.rescheduling.params import Params, prepare, slot_size
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class State(NamedTuple):
    """The cluster as it is now."""

    free: Array  # float32 [B, 2, N], free cores and GB
    at: Array  # int32 [B, V]
    chosen: Array  # int64 [B], the VM to be migrated; -1 while one is to be chosen
    turn: Array  # int64 [B], VMs chosen and placed so far
    made: Array  # int64 [B], migrations among them (the rest stayed)
    slots: Array  # float64 [B, R], whole slots by kind of fragment
    places: Array  # int64 [B, K], nodes (machines, for a VM on both nodes) with room for one more of a kind


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
    ``kind``             int64 [V], fixed: VMs of one number are interchangeable (anti-affinity apart)
    ``at``               int32 [V], the node of each VM
    ``chosen``           int64 [1], -1 in the first sub-step
    ``slot``             float32 [R, 4], fixed: cores and GB that a slot takes of a node, its nodes, its weight
    ``left``             float32 [2]: turns left, and these per VM
    ``phase``            int8 [1]: 0, then 1

    The two stages are those of Ding et al. 2025 ("Towards VM rescheduling optimization through deep reinforcement
    learning", section 4), for which a mask over all pairs would be V x N long.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"episodes", "phases", "replay", "rule"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    def prepare(self, instance: Snapshot) -> Params:
        return Params(*map(self.arrays.ops.asarray, prepare(self.problem, instance)))

    def reset(self, params: Params) -> State:
        xp, none = self.arrays.xp, self.arrays.xp.zeros_like(params.limit)
        slots, places = (xp.sum(part, axis=1) for part in self._worth(params, self._machines(params.free)))
        return State(
            free=xp.asarray(params.free, copy=True),
            at=xp.asarray(params.at, copy=True),
            chosen=none - 1,
            turn=none,
            made=xp.asarray(none, copy=True),
            slots=slots,
            places=places,
        )

    def observe(self, params: Params, state: State) -> Observation:
        xp = self.arrays.xp
        cpu, memory = state.free[:, 0], state.free[:, 1]
        in_slots = [
            (cpu if term.resource == "cpu" else memory) / np.float32(slot_size(term)) for term in self.problem.terms
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
            "kind": spaces.Box(0, large, (v,), np.int64),
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
        free = params.movable & self.arrays.ops.take((state.places > 0) & more, params.kind)
        none = xp.zeros((batch, max(params.open.shape[1] - v, 0)), dtype=xp.bool)
        return xp.concat([xp.ones_like(more), free, none], axis=1)

    def _nodes(self, params: Params, state: State) -> Array:
        """bool [B, A]: the second sub-step."""
        xp, ops = self.arrays.xp, self.arrays.ops
        (batch, n), v = params.open.shape, params.at.shape[1]
        vm = xp.where(state.chosen < 0, 0, state.chosen)
        size, at = ops.gather(params.vm, vm)[:, :, None], ops.gather(state.at, vm)
        free = (state.free[:, 0] >= size[:, 0]) & (state.free[:, 1] >= size[:, 1])
        double = size[:, 2] == NODES
        if bool(xp.any(double)):
            both = free[:, ::NODES] & free[:, 1::NODES]
            pair = xp.reshape(xp.stack([both, xp.zeros_like(both)], axis=2), (batch, n))
            free = xp.where(double, pair, free)
        group = ops.gather(params.group, vm)[:, None]
        if bool(xp.any(group >= 0)):
            free = free & ~self._clashes(params, state, vm, group)
        free = ops.scatter(free, at, False)
        some = xp.any(free, axis=1)
        if not bool(xp.all(some)):
            free = xp.where(some[:, None], free, ops.one_hot(at, n))
        none = xp.zeros((batch, 1 + max(v - n, 0)), dtype=xp.bool)
        return xp.concat([none[:, :1], free, none[:, 1:]], axis=1)

    def _clashes(self, params: Params, state: State, vm: Array, group: Array) -> Array:
        """bool [B, N]: nodes in whose zone another VM of the group [B, 1] is."""
        xp, ops = self.arrays.xp, self.arrays.ops
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
            return Transition(state._replace(chosen=chosen), xp.zeros_like(params.none), stop, placing)
        after = self._migrate(params, state, placing, decision)
        after = after._replace(chosen=chosen, turn=state.turn + xp.astype(placing, xp.int64))
        over = stop | (placing & (after.turn >= params.limit))
        if self.problem.objective == "moves":
            over = over | (placing & (self._missed(params, after) <= 0))
        return Transition(after, self._reward(params, state, after, over), over, xp.zeros_like(over))

    def _migrate(self, params: Params, state: State, placing: Array, decision: Array) -> State:
        """The cluster after the chosen VMs have gone to their nodes. Where none was chosen, one goes to where it is."""
        xp, ops = self.arrays.xp, self.arrays.ops
        batch, n = params.open.shape
        vm = xp.where(placing, state.chosen, 0)
        source = xp.astype(ops.gather(state.at, vm), xp.int64)
        target = xp.where(placing, decision - 1, source)
        size = ops.gather(params.vm, vm)
        ends = xp.stack([source, target], axis=1)[:, :, None]
        nodes = (ends & ~1) + xp.arange(NODES)  # [B, 2 ends, 2 nodes]: both nodes of both machines
        # A VM on both nodes is known by the first of them. Within one machine both ends are the same two nodes: each
        # end feels what happens to the other.
        known_by = nodes & ~xp.astype(size[:, 2, None, None] == NODES, xp.int64)
        hit = xp.astype(known_by[..., None] == ends[:, None, None, :, 0], xp.float32)
        effect = hit[..., 0] - hit[..., 1]
        index = xp.reshape(xp.stack([nodes, nodes + n], axis=1), (batch, 8))
        flat = xp.reshape(state.free, (batch, 2 * n))
        old = xp.reshape(ops.take(flat, index), (batch, 2, 2, NODES))
        new = old + size[:, :2, None, None] * effect[:, None]
        slots, places = self._worth(params, xp.concat([new, old], axis=2))
        apart = xp.astype((source ^ target) >= NODES, xp.int64)[:, None]
        return state._replace(
            free=xp.reshape(ops.put(flat, index, xp.reshape(new, (batch, 8))), (batch, 2, n)),
            at=ops.scatter(state.at, vm, xp.astype(target, state.at.dtype)),
            made=state.made + xp.astype(source != target, xp.int64),
            slots=state.slots + slots[:, 0] - slots[:, 2] + (slots[:, 1] - slots[:, 3]) * apart,
            places=state.places + places[:, 0] - places[:, 2] + (places[:, 1] - places[:, 3]) * apart,
        )

    # -- what machines are worth --------------------------------------------------------------------
    def _machines(self, nodes: Array) -> Array:
        """[B, 2, N] by machine: [B, 2, P, 2]."""
        return self.arrays.xp.reshape(nodes, (*nodes.shape[:2], -1, NODES))

    def _worth(self, params: Params, free: Array) -> tuple[Array, Array]:
        """Of M machines with ``free`` [B, 2, M, 2]: whole slots float64 [B, M, R], and places by kind int64 [B, M, K]
        (nodes with room, or machines for a VM on both nodes).
        """
        xp = self.arrays.xp
        slots = []
        for term in self.problem.terms:
            fit = xp.floor(xp.astype(free[:, int(term.resource == "memory")], xp.float64) / slot_size(term))
            slots.append(xp.minimum(fit[..., 0], fit[..., 1]) if term.nodes == NODES else fit[..., 0] + fit[..., 1])
        room = free[..., None] >= params.need[:, :, None, None]
        room = xp.astype(room[:, 0] & room[:, 1], xp.int64)
        first, second, double = room[:, :, 0], room[:, :, 1], params.double[:, None]
        return xp.stack(slots, axis=2), xp.where(double > 0, first * second, first + second)

    def _reward(self, params: Params, before: State, after: State, over: Array) -> Array:
        """float64 [B]: what a migration takes off the objective."""
        xp = self.arrays.xp
        if self.problem.objective == "fragments":
            return xp.sum(params.worth * (after.slots - before.slots), axis=1)
        if self.problem.objective == "machines":
            return self._used(params, before) - self._used(params, after)
        missed = self._missed(params, after)
        short = xp.where(over & (missed > 0), params.limit + 1 - after.made + missed, 0.0)
        return before.made - after.made - short

    def _missed(self, params: Params, state: State) -> Array:
        """float64 [B]: the weighted fragment rate beyond the problem's goal."""
        return params.none - self.arrays.xp.sum(params.worth * state.slots, axis=1) - self.problem.goal

    def _used(self, params: Params, state: State) -> Array:
        """float64 [B]: active machines that host a VM."""
        xp = self.arrays.xp
        used = state.free[:, 0] < params.total
        return xp.sum(xp.astype(used[:, ::NODES] | used[:, 1::NODES], xp.float64), axis=1)

    def offset(self, instance: Snapshot) -> NDArray[np.float64]:
        if self.problem.objective == "moves":
            return np.zeros(len(instance))
        twin = type(self)(problem=self.problem)
        params = twin.prepare(instance)
        start, goal = twin.reset(params), self.problem.goal
        machines = self.problem.objective == "machines"
        value: NDArray[np.float64] = twin._used(params, start) if machines else twin._missed(params, start) + goal
        return value

    def solution(
        self, instance: Snapshot, decisions: NDArray[np.int64], length: NDArray[np.int64], state: State
    ) -> Plan:
        from headway.domains.vm_rescheduling.rescheduling.decisions import plan_of

        return plan_of(instance, decisions, length)

    def replay(self, instance: Snapshot, solution: Plan) -> NDArray[np.int64]:
        """The actions that make these plans (see `decisions.replayed`)."""
        from headway.domains.vm_rescheduling.rescheduling.decisions import replayed

        return replayed(instance, solution)

    def episodes(self, params: Params, network: Any) -> Any:
        """Whole episodes for a network that gives tables (see `learned.class_network`), and their gradient."""
        from headway.domains.vm_rescheduling.learned.class_episodes import Episodes

        return Episodes(self.problem.terms, params, network)

    def rule(self, instance: Snapshot, decisions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """What the mask must allow after these decisions, in plain Python (see `decisions.allowed`)."""
        from headway.domains.vm_rescheduling.rescheduling.decisions import allowed

        size = 1 + max(instance.vms, NODES * instance.machines)
        return np.stack([allowed(instance, row, path, size) for row, path in enumerate(decisions)])
