"""The best parameters of a rule for its problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from headway.domains.inventory.search import Point, pattern_search, simulated
from headway.domains.inventory.stock.exact_cost import exact_cost
from headway.domains.inventory.stock.rule import Floats, Rule, enough
from headway.environment import Observation
from headway.errors import CapabilityError
from headway.policy import Policy

STATES = 20_000  # up to this many that a rule reaches, its costs are exact; beyond, simulated
PATHS = 256  # tuning instances that costs are simulated on
FINE = 20  # grid points per usual demand, where any quantity may be ordered


@dataclasses.dataclass(frozen=True)
class Candidate(Policy):
    """A rule whose free parameters are ``covers``, in usual demands."""

    rule: Rule
    covers: tuple[float, ...]

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale, covers = observation["scale"], iter(self.covers)
        parameters = [next(covers) * scale if value is None else value for value in self.rule.chosen]
        return self.rule.quantity(observation, *parameters) / scale, memory


def best(rule: Rule) -> tuple[float, ...]:
    """The best parameters in usual demands, one for each field; 0 where the field is set.

    In closed form where there is one; by exact costs where the problem has an exact model and the rule reaches few
    states; else on common paths. The search is over whole lots, or over twentieths of the usual demand.
    """
    problem = rule.problem
    if set(rule.chosen) == {None} and (known := rule.known()) is not None:
        return known
    grain = (problem.multiple or problem.usual / FINE) / problem.usual
    free = [value is None for value in rule.chosen]
    guess = rule.last or rule.guess(enough(problem))
    start = [round(cover / grain) for cover, searched in zip(guess, free, strict=True) if searched]
    point = _search(rule, start, lambda point: Candidate(rule, tuple(k * grain for k in point)))
    found = iter(point)
    return tuple(next(found) * grain if searched else 0.0 for searched in free)


def _search(rule: Rule, start: list[int], candidate: Callable[[Point], Candidate]) -> Point:
    problem = rule.problem
    if rule.exact:
        try:
            return pattern_search(lambda point: exact_cost(problem, candidate(point), limit=STATES), start)[0]
        except CapabilityError:
            pass  # no exact model, or too many states
    cost = simulated(problem, n=PATHS)
    return pattern_search(lambda point: cost(candidate(point)), start)[0]
