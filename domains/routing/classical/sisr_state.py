"""What a ruin-and-recreate search walks over: routes as linked lists in records (numba).

Records, since a kernel that hands dozens of arrays from function to function spends its time on that.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.routing.classical.task import Floats, Ints, Task

# A customer's place. Neighbour 0: the depot; route 0: nobody visits it. ``leg``: distance from the node before it.
STOP = [("following", "u4"), ("preceding", "u4"), ("route", "u4"), ("pooled", "u4"), ("leg", "f8")]
# The stretches of its route from the depot to it, and from it to the depot; see `sisr_schedule`.
STRETCH = [("leave", "f8"), ("late", "f8"), ("carried", "i8"), ("peak", "i8"), ("given", "i8"), ("crest", "i8"),
           ("hauled", "u1"), ("lined", "u1")]  # fmt: skip
# What the instance says of a node. ``loss``: what it costs the search to leave it out; ``credit``: in how many
# iterations that made the current solution better it was inserted anew.
SITE = [("demand", "i8"), ("change", "i8"), ("earliest", "f8"), ("latest", "f8"), ("service", "f8"), ("loss", "f8"),
        ("credit", "f8"), ("mate", "u4"), ("sends", "u1"), ("line", "u1"), ("haul", "u1"), ("must", "u1")]  # fmt: skip
# A route; ``mark``: iteration in which it was last touched, ``slot``: its place among the active ones.
TOUR = [("first", "u4"), ("last", "u4"), ("size", "u4"), ("slot", "u4"), ("base", "u4"), ("mark", "u4"),
        ("load", "i8"), ("length", "f8"), ("closing", "f8")]  # fmt: skip
# A depot's vehicles.
HOME = [("base", "u4"), ("used", "u4"), ("fleet", "u4")]
# Numbers of the whole search: rules, list lengths, customers left out (``missing``: those who must be visited), costs,
# length of the best tour, iterations taken and iterations that gave a new best.
RUN = [("random", "u8"), ("customers", "i8"), ("capacity", "i8"), ("limit", "f8"), ("rich", "u1"), ("pairs", "u1"),
       ("optional", "u1"), ("active", "i8"), ("free", "i8"), ("touched", "i8"), ("logged", "i8"), ("pooled", "i8"),
       ("absent", "i8"), ("missing", "i8"), ("step", "i8"), ("current", "f8"), ("best", "f8"),
       ("length", "i8"), ("taken", "i8"), ("better", "i8")]  # fmt: skip

ACTIVE, FREE, TOUCHED, LOG, POOL = range(5)  # rows of `State.lists`

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX1, MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


Index: TypeAlias = Any  # a node or route as a kernel holds it: unsigned, which spares a test for negative ones


Records: TypeAlias = Any  # an array of records: mypy does not know their fields


class State(NamedTuple):
    """A search and its task."""

    run: Records  # [1] RUN
    stop: Records  # [n + 1] STOP
    stretch: Records  # [n + 1] STRETCH
    site: Records  # [N] SITE
    tour: Records  # [R + 1] TOUR; routes are numbered from 1
    home: Records  # [D] HOME
    lists: NDArray[np.uint32]  # [5, n + 2 R + 2] routes in use, others, touched ones, these as they were; customers
    best: Ints  # [n + R + 1] the best giant tour; each route begins with its depot -d
    near: NDArray[np.int32]  # [n + 1, K]
    distance: Floats  # [N, N]
    back: Floats  # [N, N]
    duration: Floats  # [N, N]


def state_of(task: Task, seed: int) -> State:
    """Nobody is visited yet."""
    n, nodes = task.customers, len(task.demand)
    routes = min(int(task.fleet.sum()), 2 * n) + 1
    site = np.zeros(nodes, np.dtype(SITE, align=True))
    for name in ("demand", "change", "earliest", "latest", "service", "mate", "sends", "line", "haul"):
        site[name] = getattr(task, name)
    must = np.isinf(task.prize)
    must[0], must[n + 1 :] = False, False
    site["must"] = must
    site["loss"] = np.where(must, 2.0 * float(task.distance.max()) + 1e-9, task.prize)
    site["loss"][task.home] = 0.0
    home = np.zeros(len(task.home), np.dtype(HOME, align=True))
    home["base"], home["fleet"] = task.home, task.fleet
    run = np.zeros(1, np.dtype(RUN, align=True))
    for name in ("customers", "capacity", "limit", "rich", "pairs", "optional"):
        run[name] = getattr(task, name)
    run["random"], run["free"], run["absent"], run["missing"] = seed, routes - 1, n, must.sum()
    run["current"], run["best"] = site["loss"][: n + 1].sum(), np.inf
    lists = np.zeros((5, n + 2 * routes + 2), np.uint32)
    lists[FREE, : routes - 1] = np.arange(routes - 1, 0, -1)
    return State(
        run=run,
        stop=np.zeros(n + 1, np.dtype(STOP, align=True)),
        stretch=np.zeros(n + 1 if task.rich else 1, np.dtype(STRETCH, align=True)),
        site=site,
        tour=np.zeros(routes, np.dtype(TOUR, align=True)),
        home=home,
        lists=lists,
        best=np.zeros(n + routes + 1, np.int64),
        near=task.near,
        distance=task.distance,
        back=task.back,
        duration=task.duration,
    )


def best_of(state: State) -> Ints:
    """int64 [L]: the best giant tour."""
    tour: Ints = state.best[: int(state.run["length"][0])].copy()
    return tour


@njit(cache=True, forceinline=True)
def draw(s: State) -> float:
    """The next number in [0, 1) (SplitMix64, Steele, Lea and Flood 2014)."""
    run = s.run[0]
    run.random += GOLDEN
    z = run.random
    z = (z ^ (z >> np.uint64(30))) * MIX1
    z = (z ^ (z >> np.uint64(27))) * MIX2
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53
