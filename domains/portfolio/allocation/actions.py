"""How scores become weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.allocation.sight import Sight
from headway.environment import Observation
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


@component
class Scored(Sight):
    """Scores -> tilts around 1/N -> target weights, approached in part.

    strength : largest log tilt; 0.7 lets weights differ by a factor of exp(1.4), about four
    adjustment : share of the way to the target that is traded at once. 0.25 cuts turnover to a third
        at the same net result (probe: research notes in README); 1 makes zero scores exactly 1/N
    """

    strength: Annotated[float, Field(gt=0)] = 0.7
    adjustment: Annotated[float, Field(gt=0, le=1)] = 0.25

    def action_space(self, assets: int) -> spaces.Space[Any]:
        """One score in [-1, 1] for each asset."""
        from gymnasium import spaces

        return spaces.Box(-1.0, 1.0, (assets,), np.float32)

    def decode(self, observation: Observation, action: Array) -> Array:
        """Scores [B, N] -> weights [B, N + 1]: softmax(strength * tanh(scores)), partly approached.

        What is not invested yet counts as held at 1/N, so the first purchase is made at once.
        """
        xp = self.arrays.xp
        tilt = xp.exp(self.strength * xp.tanh(xp.astype(action, xp.float64)))
        target = tilt / xp.sum(tilt, axis=-1, keepdims=True)
        # Cash is what the assets leave over, to double precision: observed weights are rounded to float32.
        assets = xp.astype(observation["weights"], xp.float64)[:, :-1]
        held = assets + (1.0 - xp.sum(assets, axis=-1, keepdims=True)) / action.shape[-1]
        risky = held + self.adjustment * (target - held)
        return xp.concat([risky, 1.0 - xp.sum(risky, axis=-1, keepdims=True)], axis=-1)
