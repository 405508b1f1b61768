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
    from headway.domains.vm_rescheduling.exact.optimise import optimise

    results = [
        optimise(snapshot[row], problem.terms, seconds=problem.proof, objective=problem.objective, goal=problem.goal)
        for row in range(len(snapshot))
    ]
    bound, optimum = (
        np.array([result.bound for result in results]),
        np.array([result.objective if result.proven else np.nan for result in results]),
    )
    source = f"counts of interchangeable VMs, by CBC, HiGHS and CP-SAT within {problem.proof:g} CPU-seconds"
    return {
        "optimum": Reference("optimum", optimum, source, rederived=True),
        "bound": Reference("bound", np.where(np.isnan(optimum), bound, optimum), source, rederived=True),
    }


def _counted(problem: Any, snapshot: Snapshot) -> Mapping[str, Reference]:
    """The rate if all that is free, which no migration changes, were in whole slots."""
    total = np.zeros(len(snapshot))
    for term in problem.terms:
        free = snapshot.free(term.resource).sum((1, 2))
        slot = term.size * term.nodes
        total += term.weight * (free % slot) / np.maximum(free, 1)
    return {"bound": Reference("bound", total, "whole slots in all that is free", rederived=True)}
