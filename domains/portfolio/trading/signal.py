"""The environment `signal`: sell, hold or buy, one asset after another, for agents with discrete actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.trading.dynamics import Account, Params, State, orders
from headway.domains.portfolio.trading.solution import Lots
from headway.environment import Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

SELL, HOLD, BUY = 0, 1, 2


@component
class Signal(Account):
    """Sub-steps, an asset each in their order: sell all of it (0), hold (1), or buy (2). After the last, the day's
    orders are given together and the reward is paid. ``phase`` int8 [N] is 1 for the asset whose turn it is.

    stake : share of wealth that is bought at a time; None: 1 / N
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"phases"})
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    stake: Annotated[float, Field(gt=0, le=1)] | None = None

    def action_space(self, assets: int) -> spaces.Space[Any]:
        from gymnasium import spaces

        return spaces.Discrete(3)

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        seen, action = super().spaces(params)
        assets = params.seen.assets.shape[2]
        return spaces.Dict({**seen.spaces, "phase": spaces.MultiBinary(assets)}), action

    def observe(self, params: Params, state: State) -> Observation:
        return super().observe(params, state) | {"phase": self.arrays.xp.astype(self._turn(state), self.arrays.xp.int8)}

    def _turn(self, state: State) -> Array:
        """bool [B, N], true for the asset that is decided next."""
        return self.arrays.xp.arange(state.order.shape[1])[None, :] == state.phase[:, None]

    def decode(self, observation: Observation, action: Array) -> Array:
        """Actions [B] -> lots int64 [B] of the asset whose turn it is; a sale is of all that wealth could be."""
        xp = self.arrays.xp
        most = xp.sum(self.affordable(observation) * observation["phase"], axis=-1)
        stake = self.stake or 1 / observation["size"].shape[1]
        lots = xp.where(action == BUY, stake * most, xp.where(action == SELL, -most - 1, 0.0 * most))
        return xp.astype(xp.round(lots), xp.int64)

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        xp, assets = self.arrays.xp, state.order.shape[1]
        order = xp.where(self._turn(state), xp.astype(decision, xp.float64)[:, None], state.order)
        last = state.phase == assets - 1
        done = self.traded(params, state, order)
        waiting = state._replace(phase=state.phase + 1, order=order)
        new = State(*(_choose(xp, last, a, b) for a, b in zip(done.state, waiting, strict=True)))
        no = xp.zeros_like(last)
        return Transition(new, xp.where(last, done.reward, 0.0 * done.reward), no, last & done.truncated)

    def solution(self, instance: PricePath, decisions: Array, length: Array, state: State) -> Lots:  # type: ignore[override]
        lots = np.asarray(decisions).reshape(len(instance), -1, instance.returns.shape[2])
        return orders(instance, self.problem, lots)


def _choose(xp: Any, rows: Array, yes: Array, no: Array) -> Array:
    return xp.where(rows[:, None] if yes.ndim > 1 else rows, yes, no)
