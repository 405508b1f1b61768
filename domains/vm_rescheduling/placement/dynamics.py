"""The environment `place`: a node for each VM as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.placement.params import GB, Params, prepare
from headway.domains.vm_rescheduling.placement.replay import Replay
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class State(NamedTuple):
    """The cluster when a request has come."""

    free: Array  # float64 [B, 2, N], free cores and MB
    at: Array  # int64 [B, V], the node of each VM; -1 for those that were not placed (yet)
    turn: Array  # int64 [B], requests before this one, the known past included


@component
class Place(Environment[Stream, Placement, Params, State]):
    """One decision per request: the node it is given.

    Action and decision: ``Discrete(1 + N)``, 0 to refuse, 1 + n for node n (a VM on both nodes of a machine: the first
    one). Mask: nodes of active machines with room for the request; refusing only where there are none. The reward is
    minus the cores refused, per core of the active machines. Between two requests the VMs go whose time has come.

    Observation:

    ``cpu``, ``memory``  float32 [N], free cores and GB
    ``open``             int8 [N], nodes of active machines
    ``request``          float32 [3]: cores and GB on each of its nodes, how many nodes
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"rule"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    def prepare(self, instance: Stream) -> Params:
        return Params(*map(self.arrays.ops.asarray, prepare(instance)))

    def reset(self, params: Params) -> State:
        xp, ops = self.arrays.xp, self.arrays.ops
        none, turn = xp.zeros_like(params.requests), xp.asarray(params.start, copy=True)
        free = self._leave(params, params.free, params.at, none, ops.gather(params.gone, turn))
        return State(xp.asarray(free, copy=True), xp.asarray(params.at, copy=True), turn)

    def observe(self, params: Params, state: State) -> Observation:
        xp = self.arrays.xp
        need, nodes = self._request(params, state)
        request = xp.concat([need[:, :1], need[:, 1:] / GB, nodes[:, None]], axis=1)
        return {
            "cpu": xp.astype(state.free[:, 0], xp.float32),
            "memory": xp.astype(state.free[:, 1] / GB, xp.float32),
            "open": params.open,
            "request": xp.astype(request, xp.float32),
        }

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        n = params.open.shape[1]
        observation: dict[str, spaces.Space[Any]] = {
            "cpu": spaces.Box(0.0, np.inf, (n,), np.float32),
            "memory": spaces.Box(0.0, np.inf, (n,), np.float32),
            "open": spaces.MultiBinary(n),
            "request": spaces.Box(0.0, np.inf, (3,), np.float32),
        }
        return spaces.Dict(observation), spaces.Discrete(1 + n)

    def mask(self, params: Params, state: State) -> Array:
        xp = self.arrays.xp
        need, nodes = self._request(params, state)
        fits = xp.all(state.free >= need[:, :, None], axis=1) & (params.open > 0)
        pairs = xp.reshape(fits, (len(fits), -1, NODES))
        both = pairs[:, :, 0] & pairs[:, :, 1]
        first = xp.reshape(xp.stack([both, xp.zeros_like(both)], axis=2), fits.shape)
        room = xp.where((nodes == NODES)[:, None], first, fits)
        return xp.concat([~xp.any(room, axis=1)[:, None], room], axis=1)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp, ops = self.arrays.xp, self.arrays.ops
        need, nodes = self._request(params, state)
        n, placed = params.open.shape[1], decision > 0
        taken = ops.one_hot(decision - 1, n) | (ops.one_hot(decision, n) & (placed & (nodes == NODES))[:, None])
        free = state.free - need[:, :, None] * xp.astype(taken, xp.float64)[:, None]
        vm = state.at.shape[1] - params.gone.shape[1] + state.turn  # requests come after the VMs that are there
        at = ops.scatter(state.at, vm, decision - 1)
        last = params.gone.shape[1] - 1
        following = xp.where(state.turn < last, state.turn + 1, state.turn)
        free = self._leave(params, free, at, ops.gather(params.gone, state.turn), ops.gather(params.gone, following))
        reward = -xp.where(placed, 0.0, need[:, 0] * nodes) / params.total
        turn = state.turn + 1
        over = turn >= params.requests
        return Transition(State(free, at, turn), reward, over, xp.zeros_like(over))

    def _request(self, params: Params, state: State) -> tuple[Array, Array]:
        """Of the request that has come: cores and MB per node, float64 [B, 2], and nodes, float64 [B]."""
        xp, ops = self.arrays.xp, self.arrays.ops
        requests = params.gone.shape[1]
        # After the last request there is none: the last one stands in for it, and is never decided again.
        vm = params.at.shape[1] - requests + xp.where(state.turn < requests, state.turn, requests - 1)
        need = xp.stack([ops.gather(params.cores, vm), ops.gather(params.memory, vm)], axis=1)
        return need, ops.gather(params.nodes, vm)

    def _leave(self, params: Params, free: Array, at: Array, start: Array, stop: Array) -> Array:
        """Free cores and MB after the VMs ``order[start:stop]`` have gone."""
        xp, ops = self.arrays.xp, self.arrays.ops
        most = int(xp.max(stop - start))
        if most == 0:
            return free
        place = start[:, None] + xp.arange(most)
        within = place < stop[:, None]
        vm = ops.take(params.order, xp.where(within, place, 0))
        node = ops.take(at, vm)
        there = xp.astype(within & (node >= 0), xp.float64)
        node = xp.where(node < 0, 0, node)
        both = xp.concat([node, node - node % NODES + 1], axis=1)
        cores, memory, nodes = (ops.take(each, vm) for each in (params.cores, params.memory, params.nodes))
        second = xp.astype(nodes == NODES, xp.float64)
        gains = [
            ops.segment_sum(xp.concat([amount * there, amount * there * second], axis=1), both, free.shape[2])
            for amount in (cores, memory)
        ]
        return free + xp.stack(gains, axis=1)

    # -- what follows from decisions ----------------------------------------------------------------
    def period(self, params: Params, state: State) -> Array:
        return state.turn

    def solution(
        self, instance: Stream, decisions: NDArray[np.int64], length: NDArray[np.int64], state: State
    ) -> Placement:
        node: NDArray[np.int64] = np.full(instance.vm_nodes.shape, -1)
        row, step = np.nonzero(np.arange(decisions.shape[1]) < length[:, None])
        node[row, instance.start[row] + step] = decisions[row, step] - 1
        return Placement(node)

    def rule(self, instance: Stream, decisions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Nodes with room for the request after these decisions, or refusing it, in plain Python."""
        allowed = np.zeros((len(instance), 1 + instance.nodes), bool)
        for row, path in enumerate(decisions):
            cluster, start = Replay(instance, row), int(instance.start[row])
            for turn, decision in enumerate(path.tolist(), start):
                cluster.arrive(turn)
                cluster.place(turn, decision - 1)
            room = cluster.room(cluster.arrive(start + len(path)))
            allowed[row, [1 + node for node in room] or [0]] = True
        return allowed
