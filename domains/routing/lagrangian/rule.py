"""The plain augmented Lagrangian method."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.components import component
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Policy


@component
class PenaltyRule(Policy):
    """Leaves penalties to the plain rule, whose constants are the environment's options."""

    environment = "penalties"

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        return np.zeros((len(observation["search"]), 2)), memory
