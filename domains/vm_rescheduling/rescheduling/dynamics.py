"""The environment `migrate`: which VM, then where to, until the plan is long enough."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.rescheduling import masks
from headway.domains.vm_rescheduling.rescheduling.params import Params, prepare
from headway.domains.vm_rescheduling.rescheduling.state import State
from headway.domains.vm_rescheduling.rescheduling.worth import Worth
from headway.environment import Environment, Observation, Transition
from headway.ops import Array, Backend

if TYPE_CHECKING:
    from gymnasium import spaces


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
        machines = xp.reshape(params.free, (*params.free.shape[:2], -1, NODES))
        slots, places = (part.sum(2) for part in self.worth.of(params, machines))
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
        in_slots = state.free[:, self.worth.resources] / self.worth.units
        left = xp.astype(params.limit - state.turn, xp.float32)[:, None]
        chosen = state.chosen[:, None]
        return {
            "cpu": state.free[:, 0],
            "memory": state.free[:, 1],
            "fragment": xp.permute_dims(in_slots - xp.floor(in_slots), (0, 2, 1)),
            "open": params.open,
            "vm": params.vm,
            "kind": params.kind,
            "at": state.at,
            "chosen": chosen,
            "slot": params.slot,
            "left": left / params.per,
            "phase": xp.astype(chosen >= 0, xp.int8),
        }

    @cached_property
    def worth(self) -> Worth:
        """What machines are worth."""
        return Worth(self.arrays, self.problem)

    @cached_property
    def _signs(self) -> Array:
        """int64 [2, 1, 4], how both machines count after a migration and before it: where they are one, and two."""
        return self.arrays.ops.asarray(np.array([[[1, 0, -1, 0]], [[1, 1, -1, -1]]]))

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

    def mask(self, params: Params, state: State) -> Array:
        return masks.allowed(self.arrays, params, state)

    # -- the step -----------------------------------------------------------------------------------
    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        placing = state.chosen >= 0
        stop = decision == 0
        # Rows of a batch usually are in the same sub-step: choosing a VM changes nothing but that.
        if not bool((placing | stop).any()):
            return Transition(state._replace(chosen=decision - 1), 0.0 * params.none, stop, placing)
        stop = stop & ~placing
        after = self._migrate(params, state, placing, decision)
        chosen = self.arrays.xp.where(placing, -1, decision - 1)
        after = after._replace(chosen=chosen, turn=state.turn + placing)
        over = stop | (placing & (after.turn >= params.limit))
        if self.problem.objective == "moves":
            over = over | (placing & (self.worth.missed(params, after) <= 0))
        return Transition(after, self.worth.reward(params, state, after, over), over, stop & placing)

    def _migrate(self, params: Params, state: State, placing: Array, decision: Array) -> State:
        """The cluster after the chosen VMs have gone to their nodes. Where none was chosen, one goes to where it is."""
        xp, ops = self.arrays.xp, self.arrays.ops
        batch, n = params.open.shape
        vm = xp.where(placing, state.chosen, 0)
        source = xp.astype(ops.gather(state.at, vm), xp.int64)
        target = xp.where(placing, decision - 1, source)
        size = ops.gather(params.vm, vm)[:, None, :, None]
        ends = xp.stack([source, target], axis=1)
        index = _beside(self.arrays, n)[ends]
        nodes = index[..., :NODES]  # [B, 2 ends, 2 nodes]: both nodes of both machines
        # A VM on both nodes is known by the first of them. Within one machine both ends are the same two nodes: each
        # end feels what happens to the other.
        known_by = xp.where(size[:, :, 2] == NODES, nodes & ~1, nodes)[:, :, None]
        index, flat = xp.reshape(index, (batch, 8)), xp.reshape(state.free, (batch, 2 * n))
        old = xp.reshape(ops.take(flat, index), (batch, 2, 2, NODES))
        ends = ends[:, None, None, :, None]
        new = old + size[:, :, :2] * (known_by == ends[:, :, :, 0]) - size[:, :, :2] * (known_by == ends[:, :, :, 1])
        slots, places = self.worth.of(params, xp.permute_dims(xp.concat([new, old], axis=1), (0, 2, 1, 3)))
        sign = self._signs[1 * (nodes[:, 0, 0] != nodes[:, 1, 0])]
        return state._replace(
            free=xp.reshape(ops.put(flat, index, xp.reshape(new, (batch, 8))), (batch, 2, n)),
            at=ops.scatter(state.at, vm, target),
            made=state.made + (source != target),
            slots=state.slots + (slots * sign).sum(2),
            places=state.places + (places * sign).sum(2),
        )

    # -- what it amounts to -------------------------------------------------------------------------
    def offset(self, instance: Snapshot) -> NDArray[np.float64]:
        if self.problem.objective == "moves":
            return np.zeros(len(instance))
        twin = type(self)(problem=self.problem)
        params = twin.prepare(instance)
        start, goal = twin.reset(params), self.problem.goal
        machines = self.problem.objective == "machines"
        value: NDArray[np.float64]
        value = twin.worth.used(params, start) if machines else twin.worth.missed(params, start) + goal
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


@cache
def _beside(arrays: Backend, n: int) -> Array:
    """int64 [N, 4]: both nodes of a node's machine, where their cores and where their GB are in ``free`` [2 N]."""
    first = np.arange(n)[:, None] & ~1
    return arrays.ops.asarray(first + np.array([0, 1, n, n + 1]))
