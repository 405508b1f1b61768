"""The best parameters of a rule for two sources: by exact cost where that is possible, else by simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.search import Point, pattern_search, simulated
from headway.domains.inventory.supply.sourcing_cost import exact_cost
from headway.environment import Observation
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.supply.sourcing_rules import SourcingRule

STATES = 20_000  # up to this many, costs of candidates are exact; beyond, simulated
FINE = 20  # grid points per usual demand, where any quantity may be ordered
FACTORS = (1.0, 1.5, 2.0)  # of the usual shape, where searches begin: one alone may end where nothing is expedited
LOWEST = -1_000_000  # levels may lie below zero


@dataclass(frozen=True)
class Candidate(Policy):
    """A rule with other parameters."""

    rule: SourcingRule
    parameters: tuple[float, ...]

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[NDArray[np.float64], Any]:
        return self.rule.actions(observation, self.parameters), memory


def best(rule: SourcingRule) -> tuple[float, ...]:
    """The best parameters of ``rule`` for its problem, in units of goods."""
    problem = rule.problem
    try:
        return _best(rule, lambda policy: exact_cost(problem, policy, limit=STATES))
    except CapabilityError:
        return _best(rule, simulated(problem))


def _best(rule: SourcingRule, cost: Callable[[Policy], float]) -> tuple[float, ...]:
    """For each shape the best level, and of those the best.

    How far what is near goes beyond the expedited level does not depend on that level but on the shape alone
    (Veeraraghavan and Scheller-Wolf 2008, section 4), so that the level is a newsvendor's: the inner
    search is of a convex function.
    """
    law = rule.problem.demand_law
    usual, grain = law.mean, 1.0 if law.discrete else law.mean / FINE
    levels: dict[Point, Point] = {}
    last: Point = (round((rule.problem.expedited_lead_time + 1.5) * usual / grain),)

    def candidate(level: Point, shape: Point) -> Candidate:
        return Candidate(rule, rule.spelled(level[0] * grain, tuple(k * grain for k in shape)))

    def shaped(shape: Point) -> float:
        nonlocal last
        if not rule.sensible(tuple(k * grain for k in shape)):
            return np.inf
        last, value = pattern_search(lambda level: cost(candidate(level, shape)), last, step=2, low=LOWEST)
        levels[shape] = last
        return value

    def searched(factor: float) -> tuple[Point, float]:
        return pattern_search(shaped, [round(factor * part * usual / grain) for part in rule.usual_shape])

    shape, _ = min((searched(factor) for factor in FACTORS), key=lambda found: found[1])
    return candidate(levels[shape], shape).parameters
