"""What a policy sees: features of each asset, known at the close of the decision day, and the weights held."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.allocation.features import features
from headway.domains.portfolio.allocation.solution import Weights
from headway.domains.portfolio.market.instance import PricePath
from headway.environment import Environment, Observation
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces


class Seen(NamedTuple):
    """Per instance, for D decisions and the end of the path.

    features : float32 [B, D + 1, N, F], known at each decision and at the end
    """

    features: Array


@component
class Sight(Environment[PricePath, Weights, Any, Any]):
    """An environment whose parameters hold what is `Seen` as ``seen``, and whose state ``period`` and ``weights``."""

    def see(self, instance: PricePath, days: NDArray[np.intp]) -> Seen:
        """What is known at the close of each of ``days`` [D + 1], of earlier days only."""
        return Seen(self.arrays.ops.asarray(features(instance.returns, days)))

    def observe(self, params: Any, state: Any) -> Observation:
        xp, ops = self.arrays.xp, self.arrays.ops
        return {
            "assets": ops.gather(params.seen.features, state.period),
            "weights": xp.astype(state.weights, xp.float32),
        }

    def spaces(self, params: Any) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        _, _, assets, count = params.seen.features.shape
        limit = np.inf
        return spaces.Dict(
            {
                "assets": spaces.Box(-limit, limit, (assets, count), np.float32),
                "weights": spaces.Box(-limit, limit, (assets + 1,), np.float32),
            }
        ), self.action_space(assets)

    @abstractmethod
    def action_space(self, assets: int) -> spaces.Space[Any]:
        """The actions for so many assets."""
