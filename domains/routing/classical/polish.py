"""A given solution made better in a few milliseconds: local search, then some iterations of SISR."""

from __future__ import annotations

from headway.domains.routing.classical.local_search import descend
from headway.domains.routing.classical.sisr_kernel import anneal, keep
from headway.domains.routing.classical.sisr_knobs import Knobs, knobs_of, mean_distance
from headway.domains.routing.classical.sisr_refill import adopt
from headway.domains.routing.classical.sisr_state import State, best_of, state_of
from headway.domains.routing.classical.task import Ints, Task

WIDTH = 12  # neighbours that the local search looks at
WARM = (0.02, 0.001)  # first and last temperature in mean distances of two nodes, from a good solution on


def begun(task: Task, visits: Ints | None, seed: int = 0) -> State:
    """A search that begins from a feasible giant tour [L], or with nobody visited."""
    state = state_of(task, seed)
    if visits is not None:
        adopt(state, visits)
        if not state.run["missing"][0]:
            keep(state)
    return state


def polish(
    task: Task, visits: Ints, iterations: int = 1000, temperatures: tuple[float, float] = WARM, seed: int = 0
) -> tuple[Ints, float]:
    """A feasible giant tour [L] made better, and its cost (distance, and prizes lost); never worse.

    Parameters
    ----------
    iterations : of SISR, after a local search; 300 to 400 take a millisecond at 100 customers
    temperatures : the first and the last one of SISR, in mean distances of two nodes
    """
    state = begun(task, visits, seed)
    descended(state)
    hot, cold = (heat * mean_distance(task) for heat in temperatures)
    cost = anneal(state, knobs_of(task), iterations, hot, cold)
    return best_of(state), cost


def descended(state: State) -> None:
    """Local search, and its solution kept. Pairs are left to SISR: a move carries one customer."""
    if not state.run["pairs"][0] and not state.run["missing"][0]:
        descend(state, WIDTH, False)
        keep(state)


def improve(
    task: Task, visits: Ints, iterations: int, temperatures: tuple[float, float] = WARM, seed: int = 0,
    knobs: Knobs | None = None,
) -> tuple[Ints, float]:  # fmt: skip
    """`polish` without the local search, and with knobs of one's own."""
    state = begun(task, visits, seed)
    hot, cold = (heat * mean_distance(task) for heat in temperatures)
    cost = anneal(state, knobs or knobs_of(task), iterations, hot, cold)
    return best_of(state), cost
