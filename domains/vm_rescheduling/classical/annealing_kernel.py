"""Simulated annealing over final states: where VMs are, with at most so many away from where they were."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.slots import EPS, Terms, exchange
from headway.domains.vm_rescheduling.cluster.state import State, carry, clashes, room

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@njit(cache=True)
def anneal(
    state: State,
    terms: Terms,
    home: Ints,
    kind: Ints,
    limit: int,
    steps: int,
    hot: float,
    cold: float,
    shape: float,
    rng: np.random.Generator,
) -> tuple[Ints, float]:
    """The best places [U] found for VMs from their ``home`` [U] on, and what they gain. Changes state.

    A step proposes another node for a random VM, every other time for one that is away; it is taken with probability
    exp(gain / temperature) (Metropolis et al. 1953), the temperature falling from ``hot`` to ``cold`` geometrically.
    VMs that have left a node are counted by kind, so that those who take their place make up for them.
    """
    before = state.count.copy()
    at, best = home.copy(), home.copy()
    away, slot = np.empty(len(home), np.int64), np.full(len(home), -1)
    number, left, gain, top = 0, 0, 0.0, 0.0
    fall = (cold / hot) ** (1.0 / max(steps, 1))
    heat = hot
    nodes = len(state.cpu)
    for step in range(steps):
        heat *= fall
        vm = away[rng.integers(0, number)] if step % 2 and number else rng.integers(0, len(home))
        source, what = at[vm], kind[vm]
        target = home[vm] if number and rng.random() < 0.1 else rng.integers(0, nodes)
        if state.nodes[what] == 2:
            target -= target % 2
        if target == source or not room(state, what, target):
            continue
        more = 1 if state.count[source, what] <= before[source, what] else 0
        more -= 1 if state.count[target, what] < before[target, what] else 0
        if left + more > limit or clashes(state, source, what, target):
            continue
        change = exchange(state, terms, source, what, target, shape)
        if change < 0.0 and rng.random() >= np.exp(change / heat):
            continue
        gain += exchange(state, terms, source, what, target, 0.0)
        carry(state, source, what, target)
        at[vm] = target
        left += more
        number = _mark(away, slot, number, vm, target != home[vm])
        if gain > top + EPS:
            top = gain
            best[:] = at
    return best, top


@njit(cache=True)
def _mark(away: Ints, slot: Ints, number: int, vm: int, gone: bool) -> int:
    """Put a VM on the list of those that are away, or take it off; how long the list is then."""
    if gone and slot[vm] < 0:
        away[number], slot[vm] = vm, number
        return number + 1
    if not gone and slot[vm] >= 0:
        last = away[number - 1]
        away[slot[vm]], slot[last] = last, slot[vm]
        slot[vm] = -1
        return number - 1
    return number
