"""The environment `migrate` of a living cluster: the plan is made on the snapshot, and carried out as it is made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.live.generator import MINUTE
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.params import Future, LiveParams, prepare, worlds
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.live.state import LiveState
from headway.domains.vm_rescheduling.rescheduling.dynamics import Migrate
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


@component
class MigrateLive(Environment[LiveSnapshot, LivePlan, LiveParams, LiveState]):
    """The sub-steps, observations and mask of `rescheduling.dynamics.Migrate`; what is decided happens at once.

    The planner sees the snapshot with its own migrations, and never what has happened since. Decision float64 [2]: the
    action, and the seconds until it is there. A migration is carried out in the living cluster when its node is
    decided; one that cannot be any more is skipped. Once the plan is complete (stopped, or at the limit) one more step,
    in which nothing but stopping is allowed, ends the episode and tells how it went.

    The reward of a migration is what it takes off the fragment rate of the snapshot; that of the last step is the
    difference to what the plan has really gained. The sum is the gain, the parts are known when they are paid, and
    without latency the last one is 0.

    Attributes
    ----------
    seconds : what every decision of a policy takes. None: what it took, where that is measured (`Environment.stamp`, so
        in comparisons), and nothing in training
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"episodes", "phases", "rule"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    seconds: Annotated[float, Field(ge=0)] | None = None

    @cached_property
    def frozen(self) -> Migrate:
        """The environment of the snapshot."""
        return Migrate(problem=self.problem, backend=self.backend)

    def prepare(self, instance: LiveSnapshot) -> LiveParams:
        frozen = Migrate(problem=self.problem).prepare(instance)
        asarray = self.arrays.ops.asarray
        future = prepare(self.problem, instance, frozen)
        return LiveParams(type(frozen)(*map(asarray, frozen)), Future(*map(asarray, future)))

    def reset(self, params: LiveParams) -> LiveState:
        xp = self.arrays.xp
        planned = self.frozen.reset(params.frozen)
        nothing = xp.zeros_like(params.future.without[:, 0])
        return LiveState(
            *planned,
            clock=nothing,
            over=planned.turn < 0,
            promised=xp.asarray(nothing, copy=True),
            gained=xp.asarray(nothing, copy=True),
            live_free=xp.asarray(params.future.free, copy=True),
            live_at=xp.asarray(params.future.at, copy=True),
            event=xp.zeros_like(planned.turn),
        )

    def observe(self, params: LiveParams, state: LiveState) -> Observation:
        return self.frozen.observe(params.frozen, state.planned)

    def spaces(self, params: LiveParams) -> tuple[spaces.Dict, spaces.Space[Any]]:
        return self.frozen.spaces(params.frozen)

    def mask(self, params: LiveParams, state: LiveState) -> Array:
        xp = self.arrays.xp
        mask = self.frozen.mask(params.frozen, state.planned)
        return xp.where(state.over[:, None], self.arrays.ops.one_hot(xp.zeros_like(state.turn), mask.shape[1]), mask)

    def decode(self, observation: Observation, action: Array) -> Array:
        xp = self.arrays.xp
        chosen = xp.astype(action, xp.float64)
        return xp.stack([chosen, xp.full_like(chosen, self.seconds or 0.0)], axis=1)

    def stamp(self, decision: Array, seconds: float) -> Array:
        if self.seconds is not None:
            return decision
        xp = self.arrays.xp
        return xp.stack([decision[:, 0], decision[:, 1] + seconds], axis=1)

    def period(self, params: LiveParams, state: LiveState) -> Array:
        """0 while the plan is made; then the minutes, the current one included, since the snapshot was taken."""
        xp = self.arrays.xp
        minutes = xp.astype(xp.floor(state.clock / MINUTE), xp.int64)
        return xp.where(state.over, 1 + minutes, 0 * minutes)

    # -- the step -----------------------------------------------------------------------------------
    def step(self, params: LiveParams, state: LiveState, decision: Array) -> Transition[LiveState]:
        xp = self.arrays.xp
        action = xp.astype(decision[:, 0], xp.int64)
        planned, promise, stopped, never = self.frozen.step(params.frozen, state.planned, action)
        after = state._replace(
            **planned._asdict(),
            clock=state.clock + decision[:, 1],
            over=state.over | stopped,
            promised=state.promised + promise,
        )
        rows = np.flatnonzero(self.arrays.ops.to_numpy(planned.made > state.made))
        if len(rows):
            after = self._carry_out(params, after, rows, state.chosen, action - 1)
        reward = xp.where(state.over, state.gained - state.promised, promise)
        return Transition(after, reward, xp.asarray(state.over, copy=True), never)

    def _carry_out(
        self, params: LiveParams, state: LiveState, rows: NDArray[np.int64], vm: Array, target: Array
    ) -> LiveState:
        """The living clusters up to now, and in these rows a migration, if it can still be made."""
        from headway.domains.vm_rescheduling.live.live_kernel import carry_out

        numpy, asarray = self.arrays.ops.to_numpy, self.arrays.ops.asarray
        free, at, event = (numpy(part).copy() for part in (state.live_free, state.live_at, state.event))
        rates, without = np.zeros(len(event)), numpy(params.future.without)
        clock, vm, target = map(numpy, (state.clock, vm, target))
        clusters = worlds(self.problem, params.future, params.frozen)
        carry_out(clusters, free, at, event, clock, rows, vm, target, rates)
        gained = numpy(state.gained).copy()
        gained[rows] = without[rows, event[rows]] - rates[rows]
        return state._replace(
            live_free=asarray(free), live_at=asarray(at), event=asarray(event), gained=asarray(gained)
        )

    # -- what it amounts to -------------------------------------------------------------------------
    def offset(self, instance: LiveSnapshot) -> NDArray[np.float64]:
        return Migrate(problem=self.problem).offset(instance)

    def solution(
        self, instance: LiveSnapshot, decisions: NDArray[np.float64], length: NDArray[np.int64], state: LiveState
    ) -> LivePlan:
        from headway.domains.vm_rescheduling.live.decisions import plan_of

        return plan_of(instance, decisions, length)

    def episodes(self, params: LiveParams, network: Any) -> Any:
        """Whole episodes without latency, which are those of the snapshot (see `rescheduling.dynamics.Migrate`)."""
        return self.frozen.episodes(params.frozen, network)

    def rule(self, instance: LiveSnapshot, decisions: NDArray[np.float64]) -> NDArray[np.bool_]:
        """What the mask must allow after these decisions, in plain Python (see `decisions.allowed`)."""
        from headway.domains.vm_rescheduling.live.decisions import allowed

        size = 1 + max(instance.vms, NODES * instance.machines)
        return np.stack([allowed(instance, row, path, size) for row, path in enumerate(decisions)])
