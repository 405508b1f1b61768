"""The linear program of goods that flow through a supply network, over periods and scenarios of demand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.inventory.optimisation.matrix import Matrix
from headway.domains.inventory.optimisation.network import Booleans, Floats, Ints, Network, Position
from headway.domains.inventory.optimisation.program import Program

ALONE = np.ones(1)  # the probability of the only scenario


class Columns(NamedTuple):
    """Where the variables are, for S scenarios of T periods, K nodes that sell, and J slices of what is short.

    ship : [S, T, E], along each link; scenarios share the columns of the periods they decide together
    left : [S, T, N], on hand at the end of a period
    short : [S, T, K, J], lost in a period, or owed at its end
    """

    ship: Ints
    left: Ints
    short: Ints


class Flow:
    """Shipments of least cost for known demand: a relaxation of what every feasible solution does.

    At a node, left[t] = keep left[t-1] + arrivals[t] - shipped[t] - demand[t] + short[t] (- short[t-1] where what
    is short is owed). All variables are at least 0, nothing is lost beyond a period's demand, and no more is shipped
    than was on hand. The relaxation may refuse to sell, and knows neither lots nor fixed costs (but spreads a fixed
    cost over the capacity where that is finite, which is no more than what is paid).

    Parameters
    ----------
    network : the network; its stock is not used
    weight : float64 [T], what the costs of each period count
    sells : bool [N], nodes where demand is or may be
    likely, common : probability of each scenario [S]; they share the shipments of the first ``common`` periods
    slopes : float64 [N, J], cost per unit in each slice of what is short, increasing; by default one, the penalty
    """

    def __init__(
        self,
        network: Network,
        weight: Floats,
        sells: Booleans,
        likely: Floats = ALONE,
        common: int = 0,
        slopes: Floats | None = None,
    ) -> None:
        self.network, self.weight, self.likely = network, weight, likely
        self.sellers = np.flatnonzero(sells)
        self.owed = ~network.lost[self.sellers]
        self.slopes = (network.penalty[:, None] if slopes is None else slopes)[self.sellers]
        self.columns, self._size = self._numbered(common)
        self._matrix = Matrix()
        self._add_balance()
        self._passing = self._add_on_hand()
        self._queueing = self._add_queues()
        self._cost = self._costs()

    def program(self, start: Position, demand: Floats, width: Floats | None = None) -> Program:
        """The program for goods that are there, and what else `bounds` takes."""
        low, high, upper = self.bounds(start, demand, width)
        return Program(self._cost, upper, low, high, *self._matrix.entries())

    def bounds(self, start: Position, demand: Floats, width: Floats | None = None) -> tuple[Floats, Floats, Floats]:
        """low [m], high [m], upper [n] of the program: all that changes with goods and demand.

        demand : float64 [S, T, N]; width : float64 [T, N, J - 1], of all slices of what is short but the last
        """
        scenarios, periods, nodes = demand.shape
        coming = np.zeros((periods, nodes))
        coming[1 : 1 + len(start.arriving)] = start.arriving[: periods - 1]
        coming[0] = start.stock
        sold, owed = demand[:, :, self.sellers], np.zeros((periods, nodes))
        owed[0] = np.maximum(-start.stock, 0.0)
        goods = (coming - demand).ravel()
        on_hand = np.tile((coming + owed)[:, self._passing].ravel(), scenarios)
        queue = (sold + owed[:, self.sellers])[:, :, self._queueing].ravel()
        limits = np.concatenate([on_hand, queue])
        upper = np.full(self._size, np.inf)
        upper[self.columns.ship] = self.network.capacity
        upper[self.columns.short[..., -1]] = np.where(self.owed, np.inf, sold)
        if width is not None:
            upper[self.columns.short[..., :-1]] = width[:, self.sellers]
        return np.concatenate([goods, np.full_like(limits, -np.inf)]), np.concatenate([goods, limits]), upper

    # -- the matrix -----------------------------------------------------------------------------
    def _numbered(self, common: int) -> tuple[Columns, int]:
        """The columns, and how many there are."""
        scenarios, periods = len(self.likely), len(self.weight)
        common, links = min(common, periods), len(self.network.head)
        shape = {"ship": (periods - common, links), "left": (periods, self.network.size)}
        shape |= {"short": (periods, *self.slopes.shape)}
        each, shared = [int(np.prod(sizes)) for sizes in shape.values()], common * links
        own = shared + np.arange(scenarios * sum(each)).reshape(scenarios, -1)
        parts = np.split(own, np.cumsum(each)[:-1], axis=1)
        ship, left, short = (p.reshape(scenarios, *sizes) for p, sizes in zip(parts, shape.values(), strict=True))
        together = np.tile(np.arange(shared).reshape(common, links), (scenarios, 1, 1))
        return Columns(np.concatenate([together, ship], axis=1), left, short), shared + own.size

    def _add_balance(self) -> None:
        """Goods at each node and period: arrivals and what was left come in, the rest goes out."""
        every = np.arange(self.network.size)
        row = self._rows(every)
        sold, short = row[:, :, self.sellers, None], self.columns.short
        self._matrix.add(row, self.columns.left, 1.0)
        self._matrix.add(row[:, 1:], self.columns.left[:, :-1], -self.network.keep)
        self._matrix.add(sold, short, -1.0)
        self._matrix.add(sold[:, 1:, self.owed], short[:, :-1, self.owed], 1.0)
        self._add_shipped(row, every, 1.0)
        self._add_arrivals(row, every, -1.0)

    def _add_on_hand(self) -> Ints:
        """Where goods arrive in the period they are sent, they are not there yet to be passed on. Gives these nodes."""
        at_once = np.isin(np.arange(self.network.size), self.network.head[self.network.lead_time == 0])
        nodes = np.flatnonzero(at_once & self._sends())
        row = self._rows(nodes)
        self._add_shipped(row, nodes, 1.0)
        self._add_arrivals(row, nodes, -1.0, later=True)
        self._matrix.add(row[:, 1:], self.columns.left[:, :-1, nodes], -self.network.keep[nodes])
        return nodes

    def _add_queues(self) -> Ints:
        """Where a node sells and sends, what it owes grows by the demand at most: sales are not negative.

        Gives these sellers.
        """
        sellers = np.flatnonzero(self.owed & self._sends()[self.sellers])
        row, owed = self._rows(sellers)[..., None], self.columns.short[:, :, sellers]
        self._matrix.add(row, owed, 1.0)
        self._matrix.add(row[:, 1:], owed[:, :-1], -1.0)
        return sellers

    def _sends(self) -> Booleans:
        return np.isin(np.arange(self.network.size), self.network.tail)

    def _add_shipped(self, row: Ints, nodes: Ints, value: float) -> None:
        place, links = self._ends(self.network.tail, nodes)
        self._matrix.add(row[..., place], self.columns.ship[..., links], value)

    def _add_arrivals(self, row: Ints, nodes: Ints, value: float, later: bool = False) -> None:
        place, links = self._ends(self.network.head, nodes)
        lead_time = self.network.lead_time[links]
        after = np.arange(row.shape[1])[:, None] + lead_time
        inside = (after < row.shape[1]) & (lead_time >= later)
        arrives = row[:, np.where(inside, after, 0), place]
        self._matrix.add(arrives[:, inside], self.columns.ship[:, :, links][:, inside], value)

    def _ends(self, ends: Ints, nodes: Ints) -> tuple[Ints, Ints]:
        """For links whose end is among ``nodes``: which of these it is, and the link's number."""
        place = np.full(self.network.size + 1, -1)  # the last entry is where an outside supplier's -1 leads
        place[nodes] = np.arange(len(nodes))
        links = np.flatnonzero(place[ends] >= 0)
        return place[ends[links]], links

    def _rows(self, nodes: Ints) -> Ints:
        return self._matrix.more(len(self.likely), len(self.weight), len(nodes))

    def _costs(self) -> Floats:
        net, likely = self.network, self.likely[:, None, None]
        passed = np.concatenate([[0.0], self.weight.cumsum()])
        period = np.arange(len(self.weight))[:, None]
        under_way = passed[np.minimum(period + net.lead_time, len(self.weight))] - passed[period]
        bounded = np.isfinite(net.capacity) & (net.capacity > 0)
        spread = np.where(bounded, net.fixed / np.where(bounded, net.capacity, 1.0), 0.0)
        weight, cost = self.weight[:, None], np.zeros(self._size)
        np.add.at(cost, self.columns.ship, likely * (weight * (net.unit_cost + spread) + net.transit * under_way))
        cost[self.columns.left] = likely * weight * net.holding
        cost[self.columns.short] = likely[..., None] * weight[..., None] * self.slopes
        return cost
