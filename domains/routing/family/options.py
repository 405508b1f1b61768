"""Which rules the options of a problem switch on, and which options go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.domains.routing.generation.loads import usual_capacity
from headway.errors import ConfigError

if TYPE_CHECKING:
    from headway.domains.routing.family.problems import VRP

# What an option brings into generated instances, as `switches.USED` names it.
SWITCHES = {"time_windows": "windows", "open": "open", "backhauls": "pickups", "backhaul_last": "backhaul_last",
            "distance_limit": "limit", "prizes": "prizes", "pairs": "pairs", "fleet": "fleet"}  # fmt: skip
ALL = frozenset({*SWITCHES.values(), "depots"})


def check_options(problem: VRP) -> None:
    """Raise ConfigError where generators cannot make what the options say."""
    if problem.fewest is not None and problem.fewest > problem.customers:
        raise ConfigError("the range of sizes is empty", where="problem.fewest", got=problem.fewest,
                          expected=f"<= {problem.customers}")  # fmt: skip
    _check_rules(problem)
    _check_combination(problem)
    _check_demand(problem)


def _check_rules(problem: VRP) -> None:
    on = {option for option, rule in SWITCHES.items() if getattr(problem, option) and rule not in problem.rules}
    if problem.depots > 1 and "depots" not in problem.rules:
        on.add("depots")
    if on:
        raise ConfigError(
            "the problem lacks this rule", where=f"problem.{min(on)}", got=getattr(problem, min(on)),
            expected=f"{problem.name} as it is", hint="problem=routing/vrp has every rule of the family",
        )  # fmt: skip


def _check_combination(problem: VRP) -> None:
    """What generators cannot make; files may hold it."""
    clashes = {
        "customers": problem.pairs and problem.customers < 2,
        "backhauls": bool(problem.backhauls) and (problem.pairs or problem.tour),
        "pairs": problem.pairs and problem.tour,
        "depots": problem.depots > 1 and problem.tour,
        "distance_limit": problem.distance_limit is not None and problem.tour and problem.prizes < 1,
    }
    for option, clash in clashes.items():
        if clash:
            raise ConfigError(
                "options that cannot be generated together", where=f"problem.{option}", got=getattr(problem, option),
                expected="pairs of two customers, without backhauls; a tour from one depot without either, and "
                "within a distance only if all customers are optional",
            )  # fmt: skip


def _check_demand(problem: VRP) -> None:
    least, most = problem.demand
    smallest = problem.capacity or int(usual_capacity(np.array([problem.fewest or problem.customers]))[0])
    if not least <= most or (most > smallest and problem.layout != "uchoa" and not problem.tour):
        raise ConfigError(
            "demands do not fit", where="problem.demand", got=problem.demand, expected=f"increasing, <= {smallest}"
        )
