"""The best level of a rule for its problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.perishable.exact_cost import exact_cost
from headway.domains.inventory.search import Point, pattern_search, simulated
from headway.environment import Observation
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.perishable.problem import Perishable

Floats = NDArray[np.float64]
Quantity = Callable[[Observation, Any], Floats]  # observation and level [B, I] -> orders [B, I], units of goods

STATES = 20_000  # up to this many, costs of candidates are exact; beyond, simulated
PATHS = 256  # tuning instances that costs are simulated on
FINE = 20  # grid points per usual demand, where any quantity may be ordered


@dataclasses.dataclass(frozen=True)
class Candidate(Policy):
    """A rule with its level in usual demands."""

    quantity: Quantity
    cover: float

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        return self.quantity(observation, self.cover * scale) / scale, memory


def best_level(problem: Perishable, quantity: Quantity) -> float:
    """The level with the least average cost, in usual demands.

    By exact costs where the problem has an exact model and the rule reaches few states, else on common paths.
    """
    grain = (problem.multiple or problem.usual / FINE) / problem.usual
    start = [round((problem.lead_time + 1) / grain)]

    def candidate(point: Point) -> Candidate:
        return Candidate(quantity, point[0] * grain)

    try:
        point, _ = pattern_search(lambda point: exact_cost(problem, candidate(point), limit=STATES), start)
    except CapabilityError:  # no exact model, or too many states
        cost = simulated(problem, n=PATHS)
        point, _ = pattern_search(lambda point: cost(candidate(point)), start)
    return point[0] * grain
