"""The linear program of goods that flow through a supply network, over periods and scenarios of demand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.inventory.optimisation.network import Booleans, Floats, Ints, Network, Position
from headway.domains.inventory.optimisation.program import Program


class Columns(NamedTuple):
    """Where the variables are, for S scenarios of T periods and K nodes that sell.

    ship : [S, T, E], along each link; scenarios share the columns of the periods they decide together
    left : [S, T, N], on hand at the end of a period
    short : [S, T, K], lost in a period, or owed at its end
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
    scenarios, common : number of scenarios S, equally likely, that share the shipments of the first ``common`` periods
    """

    def __init__(self, network: Network, weight: Floats, sells: Booleans, scenarios: int = 1, common: int = 0) -> None:
        self.network, self.weight, self.sellers = network, weight, np.flatnonzero(sells)
        self.owed = ~network.lost[self.sellers]
        self.columns, self._size = _columns(network, (scenarios, len(weight), len(self.sellers)), common)
        self._balance = np.arange(self.columns.left.size).reshape(self.columns.left.shape)
        senders = np.bincount(network.tail[network.tail >= 0], minlength=network.size) > 0
        at_once = np.bincount(network.head[network.lead_time == 0], minlength=network.size) > 0
        self._passing = np.flatnonzero(senders & at_once)
        self._queueing = np.flatnonzero(self.owed & senders[self.sellers])
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self._add_balance()
        self._add_on_hand()
        self._add_queues()
        self._cost = self._costs()

    def program(self, start: Position, demand: Floats) -> Program:
        """The program for goods that are there and demand [S, T, N]."""
        row, column, value = (np.concatenate(parts) for parts in zip(*self._entries, strict=True))
        low, high, upper = self.bounds(start, demand)
        return Program(self._cost, upper, low, high, row, column, value)

    def bounds(self, start: Position, demand: Floats) -> tuple[Floats, Floats, Floats]:
        """low [m], high [m], upper [n] of the program: all that changes with goods and demand."""
        scenarios, periods, _ = demand.shape
        arriving = np.zeros(demand.shape[1:])
        arriving[1 : 1 + len(start.arriving)] = start.arriving[: periods - 1]
        arriving[0] = start.stock
        sold = demand[:, :, self.sellers]
        first = np.arange(periods)[:, None] == 0
        on_hand = np.where(first, np.maximum(arriving, 0.0), arriving)[:, self._passing]
        queue = sold + np.where(first, np.maximum(-start.stock[self.sellers], 0.0), 0.0)
        goods = (arriving - demand).ravel()
        limits = np.concatenate([np.tile(on_hand.ravel(), scenarios), queue[:, :, self._queueing].ravel()])
        upper = np.full(self._size, np.inf)
        upper[self.columns.ship] = self.network.capacity
        upper[self.columns.short] = np.where(self.owed, np.inf, sold)
        return np.concatenate([goods, np.full_like(limits, -np.inf)]), np.concatenate([goods, limits]), upper

    # -- the matrix -----------------------------------------------------------------------------
    def _add_balance(self) -> None:
        """Goods at each node and period: arrivals and what was left come in, the rest goes out."""
        net, row, sold = self.network, self._balance, self._balance[:, :, self.sellers]
        self._add(row, self.columns.left, 1.0)
        self._add(row[:, 1:], self.columns.left[:, :-1], -net.keep)
        self._add(sold, self.columns.short, -1.0)
        self._add(sold[:, 1:][..., self.owed], self.columns.short[:, :-1][..., self.owed], 1.0)
        self._add_shipped(row, np.arange(net.size), 1.0)
        self._add_arrivals(row, np.arange(net.size), -1.0)

    def _add_on_hand(self) -> None:
        """Where goods arrive in the period they are sent, they are not there to be passed on yet."""
        row = self._more_rows(self._passing)
        self._add_shipped(row, self._passing, 1.0)
        self._add_arrivals(row, self._passing, -1.0, later=True)
        self._add(row[:, 1:], self.columns.left[:, :-1][..., self._passing], -self.network.keep[self._passing])

    def _add_queues(self) -> None:
        """Where a node sells and sends, what it owes grows by no more than the demand: sales are not negative."""
        row, owed = self._more_rows(self._queueing), self.columns.short[..., self._queueing]
        self._add(row, owed, 1.0)
        self._add(row[:, 1:], owed[:, :-1], -1.0)

    def _add_shipped(self, row: Ints, nodes: Ints, value: float) -> None:
        place, links = self._ends(self.network.tail, nodes)
        self._add(row[..., place], self.columns.ship[..., links], value)

    def _add_arrivals(self, row: Ints, nodes: Ints, value: float, later: bool = False) -> None:
        place, links = self._ends(self.network.head, nodes)
        after = np.arange(row.shape[1])[:, None] + self.network.lead_time[links]
        inside = (after < row.shape[1]) & ((self.network.lead_time[links] > 0) | (not later))
        sent = self.columns.ship[:, :, links]
        self._add(row[:, np.where(inside, after, 0), place][:, inside], sent[:, inside], value)

    def _ends(self, ends: Ints, nodes: Ints) -> tuple[Ints, Ints]:
        """For links whose end is among ``nodes``: which of these it is, and the link's number."""
        place = np.full(self.network.size + 1, -1)  # the last entry is where an outside supplier's -1 leads
        place[nodes] = np.arange(len(nodes))
        links = np.flatnonzero(place[ends] >= 0)
        return place[ends[links]], links

    def _more_rows(self, nodes: Ints) -> Ints:
        """Numbers of new rows, [S, T, len(nodes)]."""
        used = max(int(row.max(initial=-1)) for row, _, _ in self._entries) + 1
        shape = (*self._balance.shape[:2], len(nodes))
        return used + np.arange(np.prod(shape)).reshape(shape)

    def _add(self, row: Ints, column: Ints, value: Floats | float) -> None:
        self._entries.append((row.ravel(), column.ravel(), np.broadcast_to(value, row.shape).ravel()))

    def _costs(self) -> Floats:
        net, scenarios = self.network, len(self.columns.left)
        under_way = np.cumsum(np.concatenate([[0.0], self.weight]))
        period = np.arange(len(self.weight))[:, None]
        moving = under_way[np.minimum(period + net.lead_time, len(self.weight))] - under_way[period]
        spread = np.where(
            np.isfinite(net.capacity) & (net.capacity > 0), net.fixed / np.maximum(net.capacity, 1e-300), 0.0
        )
        cost = np.zeros(self._size)
        np.add.at(
            cost,
            self.columns.ship,
            (self.weight[:, None] * (net.unit_cost + spread) + net.transit * moving) / scenarios,
        )
        cost[self.columns.left] = self.weight[:, None] * net.holding / scenarios
        cost[self.columns.short] = self.weight[:, None] * net.penalty[self.sellers] / scenarios
        return cost


def _columns(network: Network, shape: tuple[int, int, int], common: int) -> tuple[Columns, int]:
    """The columns for (scenarios, periods, sellers), and how many there are."""
    scenarios, periods, sellers = shape
    nodes, links = network.size, len(network.tail)
    sizes = [periods * links, periods * nodes, periods * sellers]
    number = np.arange(scenarios * sum(sizes)).reshape(scenarios, -1)
    ship, left, short = np.split(number, np.cumsum(sizes)[:-1], axis=1)
    ship = ship.reshape(scenarios, periods, links).copy()
    ship[:, :common] = ship[0, :common]
    used = np.concatenate([part.ravel() for part in (ship, left, short)])
    compact = np.zeros(number.size, np.int64)
    kept = np.unique(used)
    compact[kept] = np.arange(len(kept))
    left, short = left.reshape(scenarios, periods, nodes), short.reshape(scenarios, periods, sellers)
    return Columns(compact[ship], compact[left], compact[short]), len(kept)
