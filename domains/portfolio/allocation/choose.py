"""Numbered decisions: one of a few declared tilts a period, for methods that choose among actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from headway.components import component
from headway.domains.portfolio.allocation.dynamics import Trade
from headway.domains.portfolio.allocation.features import NAMES
from headway.environment import Observation
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

Tilt = Literal["base", "momentum", "reversal", "low_volatility", "low_beta", "signals", "cash"]

# The feature that a tilt goes by, and whether more or less of it is wanted.
_FEATURES: dict[Tilt, tuple[str, float]] = {
    "momentum": ("momentum_252_skip_21", 1.0),
    "reversal": ("momentum_21", -1.0),
    "low_volatility": ("volatility_252", -1.0),
    "low_beta": ("beta_252", -1.0),
}
_REACH = 2.0  # standard deviations from which on a tilt is whole


@component
class Choose(Trade):
    """`Trade` with numbered actions: which of the ``tilts`` to take this period, by ``strength``.

    A tilt gives each asset as score a standardised feature, of which two deviations are the largest score.
    ``signals`` is the mean of all signals that are known; ``cash`` leaves the share ``parked`` of wealth in cash.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset()
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    tilts: tuple[Tilt, ...] = ("base", "momentum", "reversal", "low_volatility", "signals", "cash")
    parked: Annotated[float, Field(gt=0, le=1)] = 0.5

    def action_space(self, assets: int) -> spaces.Space[Any]:
        """Their numbers."""
        from gymnasium import spaces

        return spaces.Discrete(len(self.tilts))

    def decode(self, observation: Observation, action: Array) -> Array:
        """Numbers [B] -> weights [B, N + 1]."""
        xp, ops = self.arrays.xp, self.arrays.ops
        scores = xp.stack([self._scores(observation, tilt) for tilt in self.tilts], axis=1)
        chosen = xp.astype(ops.gather(scores, action), xp.float64) / _REACH
        order = self.approach(observation, xp.clip(chosen, min=-1.0, max=1.0))
        parks = xp.asarray([self.parked if tilt == "cash" else 0.0 for tilt in self.tilts], dtype=xp.float64)
        risky = order[:, :-1] * (1.0 - parks[action])[:, None]
        idle = xp.all(order == 0.0, axis=-1, keepdims=True)
        return xp.where(idle, order, xp.concat([risky, 1.0 - xp.sum(risky, axis=-1, keepdims=True)], axis=-1))

    def _scores(self, observation: Observation, tilt: Tilt) -> Array:
        """What the tilt thinks of each asset: float32 [B, N]."""
        xp, features = self.arrays.xp, observation["assets"]
        if tilt in _FEATURES:
            name, sign = _FEATURES[tilt]
            return sign * features[..., NAMES.index(name)]
        if tilt == "signals" and features.shape[-1] > len(NAMES):
            return xp.mean(features[..., len(NAMES) :: 2], axis=-1)
        return features[..., 0] * 0.0
