"""Solutions of other contestants that a search begins with."""

from __future__ import annotations

from typing import Any

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search, Solver, answer


def started(name: str, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
    """What a baseline of the problem answers, within this search's budget; None where that is no feasible solution."""
    contestant = problem.baseline(name)
    if isinstance(contestant, Solver):
        own: Search[Routes] = Search(search.budget, search.seed, clock=search.clock)
        own.started = search.started
        found = answer(contestant, problem, instance, own)
    else:
        from headway.rollouts import rollout

        found = rollout(problem.environment(contestant.environment), contestant, instance).solution
    if found is None or not problem.evaluate(instance, found).feasible[0]:
        return None
    search.incumbent(found)
    return found
