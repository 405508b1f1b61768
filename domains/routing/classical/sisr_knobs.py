"""What a ruin-and-recreate search may choose anew at any time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.routing.classical.task import Floats, Ints, Task


class Knobs(NamedTuple):
    """Sizes of a ruin, and orders and places of a recreation."""

    average: float  # customers removed
    longest: float  # string
    blinks: float  # probability that a place is overlooked
    keys: Floats  # [O, n + 1] orders of insertion, the least first; the first order is random
    orders: Floats  # [O] cumulative probabilities of the orders
    seeds: Ints  # [S] customers to ruin around, each as likely as it is often here


def mean_distance(task: Task) -> float:
    """Of two nodes: the scale of temperatures."""
    n = task.customers + 1
    return float(task.back[1:n, 1:n].mean()) + 1e-12


def knobs_of(task: Task) -> Knobs:
    """The paper's: orders random, by demand, far first, close first (4 : 4 : 2 : 1); where there are windows also the
    narrowest, the first to open and the last to close first (2 : 2 : 2).
    """
    n = task.customers + 1
    far = task.distance[task.home, :n].min(0)
    weight = task.demand[:n] + np.maximum(task.change[:n], 0)
    keys: list[Floats] = [np.zeros(n), -weight.astype(float), -far, far]
    shares = [4.0, 4.0, 2.0, 1.0]
    if np.isfinite(task.latest[1:n]).any():
        keys += [task.latest[:n] - task.earliest[:n], task.earliest[:n], -task.latest[:n]]
        shares += [2.0, 2.0, 2.0]
    orders = np.cumsum(shares) / sum(shares)
    orders[-1] = 2.0
    return Knobs(10.0, 10.0, 0.01, np.stack(keys), orders, np.arange(1, n))
