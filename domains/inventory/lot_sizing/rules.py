"""Simple rules: keep what is set up, and make what is short."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Policy

Floats = NDArray[np.float64]

NEVER = -np.inf


def at_hand(seen: Observation, name: str) -> Floats:
    """The row [B, I] of a table [B, M, I] for the machine that is next."""
    table = np.asarray(seen[name], np.float64)
    row: Floats = table[np.arange(len(table)), np.asarray(seen["phase"]).argmax(axis=1)]
    return row


def held(seen: Observation) -> NDArray[np.int64]:
    """What the next machine is set up for: 0 idle, else the item; int64 [B]."""
    row = at_hand(seen, "setup")
    return np.where(row.any(axis=1), row.argmax(axis=1) + 1, 0)


@component
class KeepSetup(Policy):
    """Every machine makes what it is set up for, for ever."""

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        return held(observation), memory


@component
class GreedyCover(Policy):
    """A machine makes the item whose shortage it relieves best in this period, net of the change.

    Shortage is what stock lacks of ``cover`` periods of demand. The benefit is the penalty on the part of it that the
    machine makes in this period, minus the cost of a change.

    cover : periods of demand that stock should last
    rest : what a machine does where nothing is worth while: be idle, and lose its set-up, or keep making what it does
    """

    cover: Annotated[float, Field(gt=0)] = 5.0
    rest: Literal["idle", "keep"] = "idle"

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        stock, penalty = (np.asarray(observation[k], np.float64) for k in ("stock", "items"))
        same = at_hand(observation, "setup") > 0
        rate = at_hand(observation, "rate")
        made = rate - np.where(same, 0.0, at_hand(observation, "setup_loss"))
        relieved = np.minimum(np.maximum(self.cover - stock, 0.0), made)
        benefit = penalty[..., 0] * relieved - np.where(same, 0.0, at_hand(observation, "setup_cost"))
        benefit = np.where(rate > 0, benefit, NEVER)
        otherwise = held(observation) if self.rest == "keep" else 0
        return np.where(benefit.max(axis=1) > 0, benefit.argmax(axis=1) + 1, otherwise), memory
