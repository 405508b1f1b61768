"""Ruin: strings of customers near one another leave their routes (Christiaens and Vanden Berghe 2020, section 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from headway.domains.routing.classical.sisr_moves import touch, unlink
from headway.domains.routing.classical.sisr_schedule import refresh
from headway.domains.routing.classical.sisr_state import POOL, Index, State, draw

SPLIT = 0.5  # probability that a string keeps some customers in its midst
DEEPER = 0.01  # probability that it keeps one more


@njit(cache=True, error_model="numpy", forceinline=True)
def ruin(s: State, seed: int, average: float, longest: float) -> float:
    """Remove about ``average`` customers, in strings of at most ``longest``, near a customer; the change of cost."""
    run = s.run[0]
    size = (run.customers - run.absent) / max(run.active, 1)
    most = max(1.0, min(longest, size))
    strings = int(1.0 + draw(s) * max(1.0, 4.0 * average / (1.0 + most) - 1.0))
    change = 0.0
    for k in range(s.near.shape[1]):
        c = np.uint32(s.near[seed, k])
        r = s.stop[c].route
        if r == 0:
            if run.optional:
                pool(s, c)
        elif s.tour[r].mark != run.step:
            touch(s, r)
            change += torn(s, c, r, most)
            strings -= 1
        if strings == 0:
            break
    return change


@njit(cache=True, error_model="numpy", forceinline=True)
def torn(s: State, c: int, r: int, most: float) -> float:
    """Remove a string of route ``r`` that contains ``c``, or one around customers that stay; the change of cost."""
    size: Any = np.int64(s.tour[r].size)
    length = min(int(1.0 + draw(s) * min(float(size), most)), size)
    kept = 0
    if 1 < length < size and draw(s) < SPLIT:
        kept = 1
        while length + kept < size and draw(s) < DEEPER:
            kept += 1
    v = start(s, c, length + kept)
    skip = 1 + int(draw(s) * (length - 1)) if kept else length
    change = 0.0
    for k in range(length + kept):
        after = s.stop[v].following
        if k < skip or k >= skip + kept:
            change += removed(s, v)
        while after and s.stop[after].route == 0:  # the other one of a pair
            after = s.stop[after].following
        v = after
        if v == 0:
            break
    if s.run[0].rich:
        refresh(s, r)
    return change


@njit(cache=True, error_model="numpy", forceinline=True)
def start(s: State, c: Index, length: int) -> Index:
    """First customer of a random stretch of so many that contains ``c``."""
    back, v = 0, np.uint32(c)
    while back < length - 1 and s.stop[v].preceding:
        v = s.stop[v].preceding
        back += 1
    ahead, w = 0, np.uint32(c)
    while ahead < length - 1 and s.stop[w].following:
        w = s.stop[w].following
        ahead += 1
    choices = back + ahead - length + 2
    for _ in range(int(draw(s) * choices)):
        v = s.stop[v].following
    return v


@njit(cache=True, error_model="numpy", forceinline=True)
def removed(s: State, v: int) -> float:
    """Take a customer out, and the other one of its pair; the change of cost."""
    change = unlink(s, v)
    if s.run[0].pairs and s.site[v].mate:
        mate = s.site[v].mate
        r = s.stop[mate].route
        touch(s, r)
        change += unlink(s, mate)
        refresh(s, r)
    pool(s, v)
    return change


@njit(cache=True, error_model="numpy", forceinline=True)
def pool(s: State, v: int) -> None:
    """Have a customer inserted again; the first one of a pair stands for both."""
    run = s.run[0]
    if run.pairs and s.site[v].mate and not s.site[v].sends:
        v = s.site[v].mate
    if s.stop[v].pooled != run.step:
        s.stop[v].pooled = run.step
        s.lists[POOL, run.pooled] = v
        run.pooled += 1
