"""Whole routes filled anew: how an iteration is taken back, and how a search begins (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.routing.classical.sisr_moves import opened
from headway.domains.routing.classical.sisr_schedule import refresh
from headway.domains.routing.classical.sisr_state import ACTIVE, LOG, POOL, TOUCHED, State


@njit(cache=True, error_model="numpy", forceinline=True)
def undo(s: State) -> None:
    """Take this iteration back: who was in the pool leaves, touched routes are filled as they were."""
    run, log = s.run[0], s.lists[LOG]
    for k in range(run.pooled):
        v = s.lists[POOL, k]
        left_out(s, v)
        if run.pairs and s.site[v].mate:
            left_out(s, s.site[v].mate)
    at = 0
    for k in range(run.touched):
        size = log[at]
        refill(s, s.lists[TOUCHED, k], log[at + 1 : at + 1 + size])
        at += size + 1


@njit(cache=True, error_model="numpy", forceinline=True)
def left_out(s: State, v: int) -> None:
    """Nobody visits a customer, whatever links there are."""
    if s.stop[v].route:
        s.stop[v].route = 0
        s.run[0].absent += 1
        s.run[0].missing += s.site[v].must


@njit(cache=True, error_model="numpy", forceinline=True)
def refill(s: State, r: int, customers: NDArray[Any]) -> None:
    """Make a route visit these customers, whatever it was before; they are in no other route."""
    run, tour = s.run[0], s.tour[r]
    load, length, a = 0, 0.0, np.uint32(0)
    tour.first = 0
    for k in range(len(customers)):
        v = np.uint32(customers[k])
        stop, site = s.stop[v], s.site[v]
        stop.leg = s.distance[a if a else tour.base, v]
        if a:
            s.stop[a].following = v
        else:
            tour.first = v
        if stop.route == 0:
            run.absent -= 1
            run.missing -= site.must
        stop.preceding, stop.route = a, r
        load += site.demand
        length += stop.leg
        a = v
    tour.closing = 0.0
    if a:
        s.stop[a].following = 0
        tour.closing = s.distance[a, tour.base]
    tour.last, tour.size, tour.load, tour.length = a, len(customers), load, length + tour.closing
    if run.rich:
        refresh(s, r)


@njit(cache=True, error_model="numpy")
def adopt(s: State, visits: NDArray[Any]) -> None:
    """Begin from a giant tour [L]; nobody is visited before."""
    run = s.run[0]
    begin = 0
    for at in range(len(visits) + 1):
        if at == len(visits) or visits[at] <= 0:
            if at > begin:
                d = -visits[begin - 1] if begin else 0
                refill(s, opened(s, d), visits[begin:at])
            begin = at + 1
    run.current = total(s)


@njit(cache=True, error_model="numpy")
def total(s: State) -> float:
    """Distance of all routes, and what is lost by leaving customers out."""
    cost = 0.0
    for k in range(s.run[0].active):
        cost += s.tour[s.lists[ACTIVE, k]].length
    for v in range(1, s.run[0].customers + 1):
        if s.stop[v].route == 0:
            cost += s.site[v].loss
    return cost
