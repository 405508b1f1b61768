"""The kernel of trace-driven clusters: VMs come and go as recorded, until the cluster is as full as asked for."""

from __future__ import annotations

import numba as nb
import numpy as np

from headway.domains.vm_rescheduling.workload.fill import RANDOM, Floats, Ints, Stream, pick, take


@nb.njit(cache=True)
def replay(
    rng: Stream,
    cpu: Ints,
    memory: Ints,
    sizes: Ints,
    kind: Ints,
    time: Floats,
    departure: Floats,
    rule: int,
    chance: float,
    begin: float,
    goal: float,
) -> Ints:
    """Arrivals in order, each after the departures before it, until ``goal`` cores are in use at ``begin`` or later.

    An arrival without room is lost. If more cores are in use by then, any of the VMs go, one by one. Parameters as
    those of `fill.fill`; ``kind`` int64 [A] (row of ``sizes``), ``time`` and ``departure`` float64 [A] of each arrival.

    Returns the node of each arrival, int64 [A]; -1 for those that are not there at the end.
    """
    place = np.full(len(kind), -1)
    leaving = np.argsort(departure)
    used, gone = 0, 0
    for i in range(len(kind)):
        while gone < len(leaving) and departure[leaving[gone]] <= time[i]:
            vm = leaving[gone]
            gone += 1
            if place[vm] >= 0:
                used += take(cpu, memory, place[vm], sizes[kind[vm]], -1)
                place[vm] = -1
        if time[i] >= begin and used >= goal:
            break
        place[i] = pick(rng, cpu, memory, sizes[kind[i]], RANDOM if rng.random() < chance else rule)
        if place[i] >= 0:
            used += take(cpu, memory, place[i], sizes[kind[i]], 1)
            if departure[i] <= time[i]:  # it goes at once: it would never be found among those that leave later
                used += take(cpu, memory, place[i], sizes[kind[i]], -1)
                place[i] = -1
    there = np.flatnonzero(place >= 0)
    rng.shuffle(there)
    for vm in there:
        if used <= goal:
            break
        used += take(cpu, memory, place[vm], sizes[kind[vm]], -1)
        place[vm] = -1
    return place
