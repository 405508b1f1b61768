"""The environment `improve`: a policy steers ruin and recreate, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.improve.params import ACTIONS, PLAIN, SEEN, Params, State
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

Positive = Annotated[float, Field(gt=0)]
TINY = 1e-12  # in place of a cost of 0


@component
class Improve(Environment[RoutingInstance, Routes, Params, State]):
    """SISR from the savings method's solution on (`classical.sisr_kernel`), cut into blocks of iterations.

    Decision: float64 [B, `ACTIONS`] in [-1, 1], for the block to come: how hot it is beside the schedule, how many
    customers an iteration removes, in how long strings, how often they are inserted in random order, and where: around
    customers that made the solution better of late, around those whose visit is a detour (`steering.steered`). All 0 is
    plain SISR. A block is shorter in iterations the more customers each removes, so that blocks take equal time.
    Reward: by how much the best solution became better. Terminated after the last block.

    Observation: ``search`` float32 [`SEEN`], see `steering.seen`; free of units and of the number of customers.

    Attributes
    ----------
    effort : iterations of a whole episode, per customer; 1,000 take 0.3 CPU-s at 100 customers
    least : efforts are spread between this and ``effort``, each instance has its own; None: all are the same
    blocks : of an episode
    hot, cold : temperatures at its beginning and end, in mean distances of two nodes
    reward : ``objective``; ``percent``: of the cost at the beginning; ``against``: the same, less what plain SISR gains
        in the same block (for training; twice the work)
    """

    action: ClassVar[Literal["discrete", "box"]] = "box"

    effort: Positive = 300.0
    least: Positive | None = None
    blocks: Annotated[int, Field(ge=1)] = 20
    hot: Positive = 0.2
    cold: Positive = 0.002
    reward: Literal["objective", "percent", "against"] = "objective"

    def prepare(self, instance: RoutingInstance) -> Params:
        from headway.domains.routing.improve import blocks as search

        params = search.numbers(instance, (self.least or self.effort, self.effort))
        if self.reward == "against":
            state, costs = search.start(params), []
            for _ in range(self.blocks):
                self._advance(params, state, np.tile(PLAIN, (len(instance), 1)))
                costs.append(state.cost.copy())
            params = params._replace(plain=np.stack(costs, axis=1))
        return Params(*map(self._asarray, params))

    def reset(self, params: Params) -> State:
        from headway.domains.routing.improve import blocks as search

        return State(*map(self._asarray, search.start(Params(*map(np.asarray, params)))))

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        p = Params(*map(np.asarray, params))
        before = State(*map(np.asarray, state))
        after = State(*(array.copy() for array in before))
        self._advance(p, after, np.asarray(decision, np.float64))
        gain = before.cost - after.cost
        if self.reward != "objective":
            gain = 100.0 * gain / np.maximum(p.cost, TINY)
        if self.reward == "against":
            gain = gain - self._plain_gain(p, before)
        over = after.block >= self.blocks
        new = State(*map(self._asarray, after))
        return Transition(new, *map(self._asarray, (gain, over, np.zeros_like(over))))

    def observe(self, params: Params, state: State) -> Observation:
        return {"search": self._asarray(np.asarray(state.seen, np.float32))}

    def project(self, observation: Observation, decision: Array) -> Array:
        xp = self.arrays.xp
        return xp.clip(xp.astype(decision, xp.float64), -1.0, 1.0)

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        seen = spaces.Box(-np.inf, np.inf, (SEEN,), np.float32)
        return spaces.Dict({"search": seen}), spaces.Box(-1.0, 1.0, (ACTIONS,), np.float32)

    def solution(self, instance: RoutingInstance, decisions: Array, length: Array, state: State) -> Routes:
        tours, ends = np.asarray(state.best), np.asarray(state.best_ends)
        return Routes(np.where(np.arange(tours.shape[1]) < ends[:, None], tours, 0))

    def offset(self, instance: RoutingInstance) -> Array:
        """What the savings method's solution costs."""
        from headway.domains.routing.improve import blocks as search

        return np.asarray(search.numbers(instance).cost)

    def _advance(self, params: Params, state: State, decision: Any) -> None:
        from headway.domains.routing.improve import blocks as search

        for row in range(len(params.cost)):
            search.block(params, state, row, decision[row], self.blocks, (self.hot, self.cold))

    def _plain_gain(self, params: Params, before: State) -> Any:
        row, done = np.arange(len(before.block)), before.block
        earlier = np.where(done > 0, params.plain[row, np.maximum(done, 1) - 1], params.cost)
        return 100.0 * (earlier - params.plain[row, done]) / np.maximum(params.cost, TINY)

    def _asarray(self, array: Any) -> Array:
        return self.arrays.xp.asarray(array)
