"""How scores become weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.sums import over_assets
from headway.domains.portfolio.allocation.sight import Sight
from headway.environment import Observation
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

_TINY = 1e-300  # keeps 0 / 0 from being NaN where nothing trades
_IDLE = 1e-3  # a share of cash that no band keeps from being invested


@component
class Scored(Sight):
    """Scores -> target weights, approached in part.

    form : ``tilt``: weights of the ``base`` x exp(strength x score), fully invested; zero scores are the base itself.
        ``softmax``: exp(strength x score) as weights beside cash, whose score is 0
    strength : largest log tilt; 0.7 lets weights differ by a factor of exp(1.4), about four, from the base's
    adjustment : share of the way to the target that is traded at once. 0.25 cuts turnover to a third
        at the same net result (probe: research notes in README); 1 makes zero scores exactly the base
    band : half of sum |target - held| that is not worth a trade: what is further away is approached so far, what is
        nearer is not traded at all
    """

    form: Literal["tilt", "softmax"] = "tilt"
    strength: Annotated[float, Field(gt=0)] = 0.7
    adjustment: Annotated[float, Field(gt=0, le=1)] = 0.25
    band: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def action_space(self, assets: int) -> spaces.Space[Any]:
        """One score in [-1, 1] for each asset."""
        from gymnasium import spaces

        return spaces.Box(-1.0, 1.0, (assets,), np.float32)

    def decode(self, observation: Observation, action: Array) -> Array:
        """Scores [B, N] -> weights [B, N + 1]; see `approach`."""
        xp = self.arrays.xp
        inside = bool(xp.abs(action).max() <= 1.0)  # quicker to see than to clip
        scores = xp.astype(action, xp.float64)
        return self.approach(observation, scores if inside else xp.clip(scores, min=-1.0, max=1.0))

    def approach(self, observation: Observation, scores: Array) -> Array:
        """The order [B, N + 1] that scores in [-1, 1] stand for, given what is held; zeros where nothing is traded.

        Tilts invest what is in cash at once, so the first purchase is the whole target. What does not trade is ordered
        as it is held, and the rest is shared out among what does.
        """
        xp = self.arrays.xp
        # Cash is what the assets leave over, to double precision: observed weights are rounded to float32.
        held = xp.astype(observation["weights"], xp.float64)[:, :-1]
        uninvested = 1.0 - over_assets(xp, held)[:, None]
        target = self._target(observation, held, uninvested, scores)
        tilted = self.form == "tilt"
        if tilted:
            held = held + uninvested * target
        way = target - held
        share = self.adjustment
        if self.band:
            moved = 0.5 * (xp.sum(xp.abs(way), axis=-1, keepdims=True) + xp.abs(xp.sum(way, axis=-1, keepdims=True)))
            share = share * xp.clip(1.0 - self.band / xp.clip(moved, min=1e-12), min=0.0)
        risky = held + share * way
        order = xp.concat([risky, 1.0 - over_assets(xp, risky)[:, None]], axis=-1)
        if self.band:
            wait = (share == 0.0) & ((uninvested < _IDLE) | (not tilted))
            order = xp.where(wait, 0.0 * order, order)
        return order

    def _target(self, observation: Observation, held: Array, uninvested: Array, scores: Array) -> Array:
        """Weights of the assets [B, N]."""
        xp = self.arrays.xp
        power, kept = xp.exp(self.strength * scores), None
        if not bool(observation["traded"].min()):
            trades = xp.astype(observation["traded"], xp.float64)
            power, kept = power * trades, held * (1.0 - trades)
        if self.form == "softmax":
            total = over_assets(xp, power)[:, None] + 1.0
        else:
            if self.base == "held":
                power = power * (held + uninvested / held.shape[-1])
            elif "base" in observation:
                power = power * xp.astype(observation["base"], xp.float64)
            total = over_assets(xp, power)[:, None]
        if kept is None:
            return power / total
        return kept + (1.0 - over_assets(xp, kept)[:, None]) * (power / (total + _TINY))
