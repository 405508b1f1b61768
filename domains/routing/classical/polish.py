"""A given solution made better in a few milliseconds: local search, then some iterations of SISR."""

from __future__ import annotations

from headway.domains.routing.classical.local_search import descend
from headway.domains.routing.classical.sisr_kernel import anneal, keep
from headway.domains.routing.classical.sisr_knobs import Knobs, knobs_of, mean_distance
from headway.domains.routing.classical.sisr_refill import adopt
from headway.domains.routing.classical.sisr_state import State, best_of, state_of
from headway.domains.routing.classical.task import Ints, Task

WIDTH = 12  # neighbours that the local search looks at
WARM = (0.02, 0.001)  # first and last temperature in mean distances of two nodes, where there is little time
HOT = (0.2, 0.002)  # the same where there is enough for it not to matter where a search began
ENOUGH = 100  # iterations per customer


def begun(task: Task, visits: Ints | None, seed: int = 0) -> State:
    """A search that begins from a feasible giant tour [L], or with nobody visited."""
    state = state_of(task, seed)
    if visits is not None:
        adopt(state, visits)
        if not state.run["missing"][0]:
            keep(state)
    return state


def warmth(effort: float) -> tuple[float, float]:
    """First and last temperature, in mean distances of two nodes, of a search from a good solution on with so many
    iterations per customer. Chosen on 16 validation instances with 100 customers, from the shipped policy's solutions:
    `HOT` is better from 100 on (by 0.13 % then, 0.4 % at 1,000), and all are alike at 10.
    """
    return min(max(HOT[0] * effort / ENOUGH, WARM[0]), HOT[0]), HOT[1] if effort >= ENOUGH else WARM[1]


def polish(
    task: Task, visits: Ints, iterations: int = 1000, temperatures: tuple[float, float] | None = None, seed: int = 0
) -> tuple[Ints, float]:
    """A feasible giant tour [L] made better, and its cost (distance, and prizes lost); never worse.

    Parameters
    ----------
    iterations : of SISR, after a local search; 300 to 400 take a millisecond at 100 customers
    temperatures : the first and the last one of SISR, in mean distances of two nodes; None: `warmth`
    """
    state = begun(task, visits, seed)
    descended(state)
    hot, cold = (heat * mean_distance(task) for heat in temperatures or warmth(iterations / task.customers))
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
