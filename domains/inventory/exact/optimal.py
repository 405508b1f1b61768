"""The optimal policy as a contestant: a table of orders, looked up by what is observed."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given
from headway.domains.inventory.exact.model import Model, Optimum
from headway.environment import Observation
from headway.errors import ConfigError
from headway.policy import Policy


@component
class Optimal(Policy):
    """What a dynamic programme orders: the best policy there is, by average cost.

    A problem that registers it has a method ``model()``, which returns the exact model of one item
    (`headway.domains.inventory.exact`) from the problem's own knobs, or raises CapabilityError saying which
    of them has no exact model (demand that is no whole-numbered law without seasons, lots, goods that are
    lost otherwise than by the model, several links or nodes). Items of a problem are alike and independent,
    so that each is ordered by the same table.

    Observations of single stocking points have ``stock`` [B, I] (or [B, I, M] by periods left) and ``pipeline``
    [B, I, W]; of two sources ``stock`` [B, 1] and ``pipeline`` [B, K, 2], the regular source first. Actions
    are those of the default environment: quantities in usual demands (``scale`` or ``edge_scale``).

    limit : states of the largest table that is built; CapabilityError beyond
    """

    limit: Annotated[int, Field(ge=1)] = 1_000_000
    problem: Any = given(None)

    @cached_property
    def exact(self) -> Model:
        """The exact model of the problem."""
        if self.problem is None:
            raise ConfigError("an optimal policy without a problem", where="Optimal", hint="use problem.baseline(...)")
        model: Model = self.problem.model()
        return model

    @cached_property
    def optimum(self) -> Optimum:
        """The solved model."""
        return self.exact.solve(limit=self.limit)

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[NDArray[np.float64], Any]:
        sources = "edge_scale" in observation
        scale = np.asarray(observation["edge_scale" if sources else "scale"], dtype=np.float64)
        goods = (_two_sources if sources else _single)(observation)
        size = len(self.exact.start)
        states = np.rint(goods[..., :size]).astype(np.int64)
        return self.optimum(states.reshape(-1, size)).reshape(scale.shape) / scale, memory


def _single(observation: Observation) -> NDArray[Any]:
    """On hand, then what arrives, [B, I, N]."""
    stock, pipeline = np.asarray(observation["stock"]), np.asarray(observation["pipeline"])
    return np.concatenate([stock if stock.ndim == pipeline.ndim else stock[..., None], pipeline], axis=-1)


def _two_sources(observation: Observation) -> NDArray[Any]:
    """On hand, then what arrives from the regular source, [B, N]: expedited goods are never under way."""
    return np.concatenate([observation["stock"][:, :1], observation["pipeline"][:, :, 0]], axis=1)
