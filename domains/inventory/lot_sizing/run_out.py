"""The best hand-made rule here: a machine changes only for an item that is about to run out."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.inventory.lot_sizing.rules import NEVER, held
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Policy

Floats = NDArray[np.float64]


class Outlook(NamedTuple):
    """What a change would bring, as seen from each machine and item.

    gain : float64 [B, M, I], what a change saves net of all it costs; minus infinity where there is no reason for one
    same : bool [B, M, I], the machine is set up for the item
    """

    gain: Floats
    same: NDArray[np.bool_]


@component
class RunOut(Policy):
    """Change a machine for an item that runs out next, if that saves most on this machine and more than it costs.

    Over the next ``horizon`` periods, making an item on a machine saves the penalty on the part of its demand that
    stock and the other machines set up for it do not cover. A change is considered where stock and this period's output
    of the others last for less than ``reorder`` periods: to wait costs nothing before. It costs the set-up, what the
    item given up would have saved, and the way back to it (its set-up) if nobody else makes it and a full stock of it
    is worth twice the change. If a machine later in the round gains more by the same change, it is left to that one.

    A machine whose item lasts until the end, or whose stock costs more to hold than a sale brings, is switched off.

    reorder, horizon : periods; chosen on tuning instances of 15x5 and 20x10, on both of which the optimum is flat
    """

    reorder: Annotated[float, Field(gt=0)] = 1.5
    horizon: Annotated[float, Field(gt=0)] = 12.0

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        phase = np.asarray(observation["phase"]).argmax(axis=1)
        outlook = self.outlook(observation)
        rows, machines = np.arange(len(phase)), np.arange(outlook.gain.shape[1])
        own = outlook.gain[rows, phase]
        later = (machines > phase[:, None])[..., None]
        rival = np.where(later, outlook.gain, NEVER).max(axis=1)
        best = np.where(own >= rival, own, NEVER)
        otherwise = np.where(self.done(observation, outlook.same[rows, phase]), 0, held(observation))
        return np.where(best.max(axis=1) > 0, best.argmax(axis=1) + 1, otherwise), memory

    def outlook(self, seen: Observation) -> Outlook:
        """What changes would bring now, on every machine."""
        stock, left, items, setup, rate, change = (
            np.asarray(seen[name], np.float64) for name in ("stock", "left", "items", "setup", "rate", "setup_cost")
        )
        ahead = np.minimum(left, self.horizon)[..., None]
        penalty, capacity, same = items[:, None, :, 0], items[:, None, :, 2], setup > 0
        making = setup * rate
        others = making.sum(axis=1, keepdims=True) - making
        need = ahead - stock[:, None] - others * ahead
        saved = penalty * np.clip(need, 0.0, np.minimum(rate * ahead, capacity))
        staying = np.where(same, saved, 0.0).max(axis=2, keepdims=True)
        back = same & (others < 1) & (penalty * capacity > 2 * change) & (ahead == self.horizon)
        returning = np.where(back, change, 0.0).max(axis=2, keepdims=True)
        reason = ~same & (rate > 0) & (stock[:, None] + others < self.reorder) & (saved > change)
        return Outlook(np.where(reason, saved - change - staying - returning, NEVER), same)

    def done(self, seen: Observation, same: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether more of the item at hand costs more than it brings; ``same`` is bool [B, I]."""
        stock, left, items = (np.asarray(seen[name], np.float64) for name in ("stock", "left", "items"))
        penalty, holding, _, spread = np.moveaxis(items, -1, 0)
        enough = stock >= left + 2 * spread * np.sqrt(left)
        dear = holding * stock >= penalty
        done: NDArray[np.bool_] = (same & (enough | dear)).any(axis=1)
        return done
