"""What a policy sees of a search, and what its decision does to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.routing.classical.sisr_knobs import Knobs
from headway.domains.routing.classical.sisr_state import State
from headway.domains.routing.classical.task import Floats, Ints, Task

HEAT, REMOVALS, LENGTH, ORDER = 4.0, 2.5, 2.0, 4.0  # most by which a decision multiplies or divides
FOCUS = 1.5  # of seeds: weight exp(FOCUS) per standard deviation at most
DRAWS = 4  # seeds per customer


class Watch(NamedTuple):
    """What has been noted of a search at the end of a block."""

    share: float  # of the effort (or budget) spent
    effort: float  # iterations with ten removals, of the whole search and per customer
    first: float  # cost at the beginning
    best: float
    current: float
    before: float  # best cost a block earlier
    taken: float  # share of the block's iterations that were taken
    better: float  # share of them that gave a new best
    stale: float  # share of the effort since the last new best
    decision: Floats  # [ACTIONS] the last one


def seen(task: Task, watch: Watch) -> Floats:
    """float64 [`SEEN`]: the search's progress, and what kind of task this is; free of units and sizes."""
    n, first = task.customers, max(watch.first, 1e-12)  # rounded distances may all be 0
    weight = task.demand[1 : n + 1] + np.maximum(task.change[1 : n + 1], 0)
    load = float(weight.sum()) / task.capacity
    far = task.back[0, 1 : n + 1]
    return np.array([
        watch.share, np.log10(1.0 + watch.effort) - 3.0, np.log10(n) - 2.0,
        np.clip(100.0 * (first - watch.best) / first, 0.0, 50.0) / 10.0,
        np.log10(1e-6 + max(0.0, (watch.current - watch.best) / first)) / 3.0 + 1.0,
        np.log10(1e-6 + max(0.0, (watch.before - watch.best) / first)) / 3.0 + 1.0,
        np.log10(1e-4 + watch.taken) / 2.0 + 1.0, np.log10(1e-6 + watch.better) / 3.0 + 1.0, watch.stale,
        np.log10(n / max(load, 1.0)) - 1.0, np.ceil(load) / max(load, 1e-9) - 1.0,
        float(weight.std() / max(weight.mean(), 1e-9)), float(far.mean() / max(task.back[1:, 1:].mean(), 1e-9)) - 1.0,
        *watch.decision,
    ])  # fmt: skip


def steered(task: Task, knobs: Knobs, decision: Floats, s: State) -> tuple[Knobs, float]:
    """Knobs for the next block, and the factor of its temperatures. The decision 0 leaves SISR as it is.

    Parameters
    ----------
    decision : float64 [`ACTIONS`] in [-1, 1]. Logarithms of factors, as shares of the largest ones: of the temperature,
        of the customers removed, of the longest string, of how often the order of insertion is random; then how much
        more often seeds are customers that made the solution better of late, and customers whose visit is a detour
    """
    heat, removals, length, order, credit, detour = np.clip(decision, -1.0, 1.0).tolist()
    weight = FOCUS * (credit * standard(np.log1p(s.site["credit"][1 : task.customers + 1])) + detour * detours(task, s))
    new = knobs._replace(
        average=knobs.average * REMOVALS**removals,
        longest=knobs.longest * LENGTH**length,
        orders=tilted(knobs.orders, ORDER**order),
        seeds=drawn(weight) if credit or detour else knobs.seeds,
    )
    return new, HEAT**heat


def tilted(orders: Floats, factor: float) -> Floats:
    """Cumulative probabilities of orders, the first of which is so many times as likely beside the others."""
    parts = np.diff(np.concatenate([[0.0], orders[:-1], [1.0]]))
    parts[0] *= factor
    out = np.cumsum(parts / parts.sum())
    out[-1] = 2.0
    return out


def detours(task: Task, s: State) -> Floats:
    """float64 [n]: how much farther vehicles drive for each customer, standardised; 0 where it is not visited."""
    n = task.customers
    stop, tour = s.stop, s.tour
    base = tour["base"][stop["route"]].astype(np.int64)
    before = np.where(stop["preceding"] > 0, stop["preceding"], base)
    after = np.where(stop["following"] > 0, stop["following"], base)
    node = np.arange(n + 1)
    more = task.distance[before, node] + task.distance[node, after] - task.distance[before, after]
    return standard(np.where(stop["route"][1:] > 0, more[1:], 0.0))


def standard(values: Floats) -> Floats:
    """Values less their mean, in standard deviations, cut at 2."""
    return np.clip((values - values.mean()) / (values.std() + 1e-12), -2.0, 2.0)


def drawn(weight: Floats) -> Ints:
    """int64 [`DRAWS` n]: customers, each as often as exp(weight) [n] asks for (systematic sampling)."""
    share = np.exp(weight - weight.max())
    total = np.cumsum(share / share.sum())
    points = (np.arange(DRAWS * len(weight)) + 0.5) / (DRAWS * len(weight))
    return np.minimum(np.searchsorted(total, points), len(weight) - 1) + 1
