"""Times and loads along a route, kept from both ends so that an insertion is checked at once (numba).

A stretch of a route has pickups ``carried`` at its end, deliveries ``given`` along it (on board from the start), and a
peak of the load. The peak of two stretches is max(peak1 + given2, carried1 + peak2) (concatenation, as in Vidal,
Crainic, Gendreau and Prins 2014). Times: when a vehicle can leave, and when it must arrive (Savelsbergh 1992).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from headway.domains.routing.classical.sisr_state import State


@njit(cache=True, error_model="numpy")
def refresh(s: State, r: int) -> None:
    """Work out the stretches of a route again. Where the rest of a route cannot be driven, it is due at -inf."""
    tour, site, stretch, stop = s.tour[r], s.site, s.stretch, s.stop
    time, carried, peak, hauled, u = site[tour.base].earliest, 0, 0, 0, tour.base
    v = tour.first
    while v:
        here, part = site[v], stretch[v]
        time = max(here.earliest, time + s.duration[u, v]) + here.service
        peak = max(peak + here.demand, carried + here.change)
        carried += here.change
        hauled |= here.haul
        part.leave, part.carried, part.peak, part.hauled = time, carried, peak, hauled
        u, v = v, stop[v].following
    late, given, crest, lined, w = site[tour.base].latest, 0, 0, 0, tour.base
    v = tour.last
    while v:
        here, part = site[v], stretch[v]
        late = min(here.latest, late - s.duration[v, w] - here.service)
        if late < here.earliest or (here.haul and lined):
            late = -np.inf
        crest = max(here.demand + given, here.change + crest)
        given += here.demand
        lined |= here.line
        part.late, part.given, part.crest, part.lined = late, given, crest, lined
        w, v = v, stop[v].preceding


@njit(cache=True, error_model="numpy")
def fits(s: State, r: int, a: int, b: int, c: int) -> bool:
    """Whether customer ``c`` can be visited between neighbours ``a`` and ``b`` (0: the depot) of a route."""
    base, here = s.tour[r].base, s.site[c]
    time, carried, peak, hauled = s.site[base].earliest, 0, 0, 0
    if a:
        before = s.stretch[a]
        time, carried, peak, hauled = before.leave, before.carried, before.peak, before.hauled
    time = max(here.earliest, time + s.duration[a if a else base, c])
    if time > here.latest or (here.line and hauled):
        return False
    peak = max(peak + here.demand, carried + here.change)
    return ends(s, base, c, b, time + here.service, carried + here.change, peak, here.haul)


@njit(cache=True, error_model="numpy")
def ends(s: State, base: int, c: int, b: int, time: float, carried: int, peak: int, hauled: int) -> bool:
    """Whether a route that leaves ``c`` at this time, with this load so far, can go on from ``b`` (0: the depot)."""
    late, given, crest, lined = s.site[base].latest, 0, 0, 0
    if b:
        after = s.stretch[b]
        late, given, crest, lined = after.late, after.given, after.crest, after.lined
    if time + s.duration[c, b if b else base] > late or (hauled and lined):
        return False
    return max(peak + given, carried + crest) <= s.run[0].capacity


@njit(cache=True, error_model="numpy")
def serves(s: State, base: int, c: int) -> bool:
    """Whether a vehicle of its own from this depot can visit ``c``."""
    here = s.site[c]
    time = max(here.earliest, s.site[base].earliest + s.duration[base, c])
    peak = max(here.demand, here.change)
    return time <= here.latest and ends(s, base, c, 0, time + here.service, here.change, peak, here.haul)


@njit(cache=True, error_model="numpy", forceinline=True)
def sound(s: State, r: int) -> bool:
    """Whether a route keeps every rule but that of what is delivered; its stretches are up to date.

    Searches ask after removals too: distances and times need not be metric, rounded ones are not.
    """
    run, tour = s.run[0], s.tour[r]
    if tour.length > run.limit:
        return False
    if not run.rich or tour.first == 0:
        return True
    time = s.site[tour.base].earliest + s.duration[tour.base, tour.first]
    late = s.stretch[tour.first].late
    return max(time, s.site[tour.first].earliest) <= late and s.stretch[tour.first].crest <= run.capacity
