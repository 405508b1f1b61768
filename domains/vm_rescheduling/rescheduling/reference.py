"""What a plan is measured against: the optimum where it can be proven, and a bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.evaluation import Reference


def references(problem: Any, snapshot: Snapshot) -> Mapping[str, Reference]:
    """``optimum`` by the exact method within the problem's ``proof`` seconds, NaN where it is not proven; ``bound``."""
    if problem.proof == 0:
        return _counted(problem, snapshot) if problem.objective == "fragments" else {}
    results = np.array([_proven(problem, snapshot[row]) for row in range(len(snapshot))]).reshape(-1, 2)
    bound, optimum = results.T
    source = f"counts of interchangeable VMs, by CBC, HiGHS and CP-SAT within {problem.proof:g} CPU-seconds"
    return {
        "optimum": Reference("optimum", optimum, source, rederived=True),
        "bound": Reference("bound", np.where(np.isnan(optimum), bound, optimum), source, rederived=True),
    }


_KNOWN: dict[tuple[object, ...], tuple[float, float]] = {}


def _proven(problem: Any, snapshot: Snapshot) -> tuple[float, float]:
    """Bound and optimum of a batch of one, worked out once in a process: what is proven within so many seconds differs
    a little from run to run, and a result is to be measured against the same numbers each time it is looked at.
    """
    from headway.domains.vm_rescheduling.exact.optimise import optimise

    asked = (problem.terms, problem.objective, problem.goal, problem.proof, snapshot.digest())
    if asked not in _KNOWN:
        result = optimise(
            snapshot, problem.terms, seconds=problem.proof, objective=problem.objective, goal=problem.goal
        )
        _KNOWN[asked] = result.bound, result.objective if result.proven else np.nan
    return _KNOWN[asked]


def _counted(problem: Any, snapshot: Snapshot) -> Mapping[str, Reference]:
    """The rate if all that is free, which no migration changes, were in whole slots."""
    total = np.zeros(len(snapshot))
    for term in problem.terms:
        free = snapshot.free(term.resource).sum((1, 2))
        slot = term.size * term.nodes
        total += term.weight * (free % slot) / np.maximum(free, 1)
    return {"bound": Reference("bound", total, "whole slots in all that is free", rederived=True)}
