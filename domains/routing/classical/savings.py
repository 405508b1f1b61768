"""The savings method for every rule of the family (Clarke and Wright 1964)."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.classical.savings_kernel import drop_dear, joins, merge, separate
from headway.domains.routing.classical.sisr_kernel import keep
from headway.domains.routing.classical.sisr_refill import total
from headway.domains.routing.classical.sisr_state import best_of, state_of
from headway.domains.routing.classical.task import Ints, Task


def savings(task: Task, shape: float = 1.0) -> Ints | None:
    """The giant tour [L] of the parallel version; None where it needs more vehicles than there are.

    Every customer (every pair) has a vehicle of its own, from the depot where that costs least; then the end of a route
    and the beginning of another are joined, those first that save most, while every rule is kept. Where vehicles are
    still too many, joins that cost something follow. In the end customers leave whose visit costs more than their
    prize.

    Parameters
    ----------
    shape : weight of the new leg in the saving d(i,0) + d(0,j) - shape d(i,j) (Yellow, 1970)
    """
    state = state_of(task._replace(fleet=np.full_like(task.fleet, task.customers)), 0)
    symmetric = task.back is task.distance and not task.rich
    separate(state)
    i, j, saved = joins(state, shape, symmetric)
    order = np.argsort(-saved, kind="stable")
    merge(state, i[order], j[order], saved[order], symmetric, int(task.fleet[0]))
    if task.optional:
        drop_dear(state)
    if state.run["missing"][0] or (state.home["used"] > task.fleet).any():
        return None
    state.run["current"] = total(state)
    keep(state)
    return best_of(state)
