"""How many vehicles a set of demands needs."""

from __future__ import annotations

from headway.domains.routing.family.instance import Ints


def first_fit_decreasing(demand: Ints, capacity: int) -> int:
    """How many vehicles a simple packing of these demands needs: enough for a feasible fleet."""
    free: list[int] = []
    for load in sorted(demand.tolist(), reverse=True):
        place = next((i for i, room in enumerate(free) if room >= load), None)
        if place is None:
            free.append(capacity - load)
        else:
            free[place] -= load
    return len(free)
