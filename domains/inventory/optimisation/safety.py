"""Uncertain demand as a linear program sees it: levels that it may reach, and the expected cost of missing them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from headway.domains.inventory.optimisation.network import Booleans, Floats, Network, Position
from headway.domains.inventory.optimisation.outlook import Outlook

FACTORS = np.arange(-2.0, 3.01, 0.25)  # standard deviations from the mean at which the levels lie
MIDDLES = np.array([NormalDist().cdf(middle) for middle in (FACTORS[1:] + FACTORS[:-1]) / 2])
WEIGHTS = np.diff(MIDDLES, prepend=0.0, append=1.0)  # probabilities that the levels stand for
_SURE = 1e-4  # ratios stay this far from 0 and 1


class Stage(NamedTuple):
    """A node on a customer's way back to the supplier; goods ordered there now can serve him after ``reach`` periods.

    ratios : critical ratios between which the optimal echelon level lies
    deviation : what the customer has to bear of the deviation of a period's demand at the stage
    """

    reach: int
    ratios: tuple[float, float]
    deviation: float


class Slices(NamedTuple):
    """The highest level as a demand path [T, N], and down to each next level what may be short [T, N, J - 1]."""

    demand: Floats
    width: Floats


def made_up_for(network: Network, levels: Floats, position: Position) -> Floats:
    """Of `fan`'s levels [J, T, N], what orders from a position on have to make up for; short goods are then owed.

    Demand that is lost before an order placed now can arrive is lost whatever is done: along each level it is taken
    off. At a single point the plan is then Myopic-1 (Zipkin 2008) with levels for paths.
    """
    lasting, soonest = network.keep == 1, quickest(network)
    hidden = network.lost & lasting & np.isfinite(soonest)
    demand = np.where(lasting, np.diff(levels, axis=1, prepend=0.0), levels)
    there = np.maximum(position.stock, 0.0)
    for t in range(min(int(soonest[hidden].max(initial=0)), levels.shape[1], len(position.arriving))):
        sold = np.minimum(demand[:, t], there)
        demand[:, t] = np.where(hidden & (t < soonest), sold, demand[:, t])
        there = there - sold + position.arriving[t]
    return np.maximum.accumulate(np.where(lasting, demand.cumsum(axis=1), demand), axis=0)


def slices(network: Network, levels: Floats) -> Slices:
    """The levels as `Flow` takes them."""
    highest = np.where(network.keep == 1, np.diff(levels[-1], axis=0, prepend=0.0), levels[-1])
    return Slices(highest, np.moveaxis(np.diff(levels, axis=0)[::-1], 0, -1))


def owing(network: Network) -> Network:
    """The network with durable goods that are short owed instead of lost."""
    return network._replace(lost=network.lost & (network.keep < 1))


def quickest(network: Network) -> Floats:
    """Lead time [N] of the quickest link to each node; infinite where there is none."""
    reach = np.full(network.size, np.inf)
    np.minimum.at(reach, network.head, network.lead_time)
    return reach


def slopes(network: Network) -> Floats:
    """Expected cost [N, J] of one unit less in each slice, from the highest level down: convex, hence a linear program.

    Between two levels that demand keeps below with probability F, a unit less saves h F and costs b (1 - F).
    """
    below = np.append(MIDDLES[::-1], 0.0)
    return np.asarray(network.penalty[:, None] * (1 - below) - network.holding[:, None] * below)


def fan(network: Network, outlook: Outlook, shift: float = 0.0) -> Floats:
    """Levels [J, T, N] of the demand up to each period at J standard deviations from its mean, 0 where nobody buys.

    Up to the period that an order of the node itself can reach they are quantiles of its own demand. Farther ahead
    goods are ordered at a stage that supplies several, who share the deviation of their joint demand; and levels are
    raised, so that with as much missing everywhere the plan orders up to Shang and Song's (2003) levels,
    "Newsvendor bounds and heuristic for optimal policies in serial supply chains". Those lie between the quantiles
    at (b + H') / (b + H) with H the holding cost at the customer, and with H at the stage (H': at its supplier);
    the plan by itself would take the first. Goods that do not last are planned period by period. All levels are moved
    by ``shift`` standard deviations, while their costs remain.
    """
    lasting, below, factors = network.keep == 1, _below(network), FACTORS + shift
    each = np.stack([outlook.safety(factors, periods + 1) for periods in range(len(outlook.expected))], axis=1)
    levels = np.where(lasting, outlook.expected.cumsum(axis=0) + each, outlook.expected + each[:, :1])
    for node in map(int, np.flatnonzero(outlook.sells & lasting)):
        _share(levels[:, :, node], factors, outlook.expected[:, node], _way_back(network, outlook, node, below))
    levels = _rounded(network, np.maximum(levels, 0.0))
    return np.where(lasting, np.maximum.accumulate(levels, axis=1), levels)


def _share(levels: Floats, factors: Floats, expected: Floats, stages: Sequence[Stage]) -> None:
    """Overwrite a node's levels [J, T] beyond its own reach with those of the stages behind it."""
    periods = np.arange(1, levels.shape[1] + 1)
    for before, stage in pairwise(stages):
        lower, upper = (NormalDist().inv_cdf(ratio) for ratio in stage.ratios)
        beyond = periods > before.reach + 1
        spread = stage.deviation * np.sqrt(periods[beyond])
        levels[:, beyond] = expected.cumsum()[beyond] + (factors[:, None] + (upper - lower) / 2) * spread


def _rounded(network: Network, levels: Floats) -> Floats:
    """Whole numbers where lots are whole: the plan then comes out whole, too."""
    lot = np.array([network.lot[network.head == node].max(initial=0.0) for node in range(network.size)])
    unit = np.minimum(lot, 1.0)
    return np.where(unit > 0, np.round(levels / np.where(unit > 0, unit, 1.0)) * unit, levels)


def _way_back(network: Network, outlook: Outlook, customer: int, below: Booleans) -> list[Stage]:
    """The quickest way from a customer back to the outside, nearest stage first."""
    stages: list[Stage] = []
    node, reach, penalty = customer, 0, network.penalty[customer]
    while node >= 0 and (network.head == node).any():
        links = np.flatnonzero(network.head == node)
        link = links[network.lead_time[links].argmin()]
        reach += int(network.lead_time[link])
        supplier = int(network.tail[link])
        above = penalty + (network.holding[supplier] if supplier >= 0 else 0.0)
        held = (penalty + network.holding[at] for at in (customer, node))
        first, second = (float(np.clip(above / cost if cost > 0 else 0.5, _SURE, 1 - _SURE)) for cost in held)
        stages.append(Stage(reach, (first, second), _borne(outlook, customer, below[node])))
        node = supplier
    return stages


def _borne(outlook: Outlook, customer: int, below: Booleans) -> float:
    """The part of the joint deviation of the customers ``below`` [N] a stage that one of them bears."""
    each = outlook.deviation
    return float(outlook.joint(below) * each[customer] / each[below].sum()) if each[customer] else 0.0


def _below(network: Network) -> Booleans:
    """bool [N, N]: whether goods get from the first node to the second."""
    inner = network.tail >= 0
    direct = np.eye(network.size, dtype=bool)
    direct[network.tail[inner], network.head[inner]] = True
    reached = direct
    for _ in range(network.size):
        reached = reached @ direct
    return reached
