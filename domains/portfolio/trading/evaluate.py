"""The scorer: replays orders day by day and keeps the books. It repairs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.metrics import metrics
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR, Rules
from headway.domains.portfolio.market.instance import GONE, TRADED, PricePath
from headway.domains.portfolio.trading.solution import Lots
from headway.domains.portfolio.trading.terms import SLACK, Terms
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]

OWED = 1e-6  # of the capital: cash that is below zero by no more is rounding


@dataclass
class Book:
    """One account on one path: cash in currency, lots of each asset [N], and what the last order did."""

    terms: Terms
    cash: float
    lots: Floats
    moved: float = 0.0
    paid: float = 0.0

    def order(self, wanted: NDArray[np.int64], prices: Floats, trades: NDArray[np.bool_]) -> None:
        """Sales first, then purchases, each in the order of the assets and as far as holdings and cash go."""
        before = self.cash
        self.moved = self.paid = 0.0
        for asset in np.flatnonzero(trades & (wanted < 0)).tolist():
            lots = min(float(-wanted[asset]), self.lots[asset])
            self._trade(asset, -lots, prices[asset])
        for asset in np.flatnonzero(trades & (wanted > 0)).tolist():
            unit = prices[asset] * self.terms.lot * (1 + self.terms.spread / 2)
            within = self.cash / (unit * (1 + self.terms.commission)), (self.cash - self.terms.minimum) / unit
            lots = min(float(wanted[asset]), max(np.floor(min(within) + SLACK), 0.0))
            self._trade(asset, lots, prices[asset])
        self.moved += abs(self.cash - before)

    def _trade(self, asset: int, lots: float, price: float) -> None:
        middle = abs(lots) * self.terms.lot * price
        spread = middle * self.terms.spread / 2
        value = middle + spread if lots > 0 else middle - spread
        fee = max(self.terms.commission * value, self.terms.minimum)
        if lots == 0 or (lots < 0 and value <= fee):  # a sale that its commission would eat up is not made
            return
        self.cash -= value + fee if lots > 0 else fee - value
        self.lots[asset] += lots
        self.moved += middle
        self.paid += spread + fee


def evaluate(rules: Rules, terms: Terms, path: PricePath, solution: Lots) -> Evaluation:
    """Annualised net log growth of the account on the path, and what a tear sheet shows of each day.

    Raises
    ------
    SolutionError
        The solution is for another batch, other assets or other dates than the path's decisions.
    """
    _check_fit(rules, path, solution)
    replays = [_replay(rules, terms, path[row], solution.lots[row]) for row in range(len(path))]
    wealth, held, lowest, shortest, moved, paid = (np.array(part) for part in zip(*replays, strict=True))
    net, total = wealth[:, 1:] / wealth[:, :-1], wealth[:, 1:] / terms.capital
    cash = path.cash[:, path.first + 1 :]
    fills = np.maximum(path.decisions(rules.every, rules.lag) + rules.lag - path.first - 1, 0)
    gross = net.copy()
    np.multiply.at(gross.T, fills, 1 / (1 - paid.T))
    daily = DAYS_PER_YEAR * np.log(net)
    details = {
        "gross": np.log(gross),
        "turnover": _booked(0.5 * moved, fills, net.shape),
        "cost": _booked(paid, fills, net.shape),
        "exposure": held.sum(axis=2),
        "active_share": _active(path, held),
        "cash": cash,
    }
    return Evaluation(
        objective=daily.mean(axis=1),
        violations={
            "cash": np.where(lowest < -OWED * terms.capital, -lowest, 0.0),
            "short": np.maximum(-shortest, 0.0),
        },
        metrics=metrics(gross, net, cash, moved, paid)
        | {name: details[name].mean(axis=1) for name in ("exposure", "active_share")},
        series={
            "objective": daily,
            "wealth": total,
            "drawdown": 1 - total / np.maximum(np.maximum.accumulate(total, axis=1), 1.0),
        }
        | details,
    )


def _booked(amounts: Floats, days: NDArray[np.intp], shape: tuple[int, ...]) -> Floats:
    """What each fill [B, D] came to, on its scored day: [B, days]."""
    booked = np.zeros(shape)
    np.add.at(booked.T, days, amounts.T)
    return booked


def _active(path: PricePath, held: Floats) -> Floats:
    """Half of sum |share - 1/N| at each scored close, cash included; N is the number of listed assets."""
    listed = path.status[:, path.first + 1 :] != GONE
    even = listed / np.maximum(listed.sum(axis=2, keepdims=True), 1)
    active: Floats = 0.5 * (np.abs(held - even).sum(axis=2) + np.abs(1 - held.sum(axis=2)))
    return active


class Replayed(NamedTuple):
    """One account: ``wealth`` at each close from the first decision on [days + 1], shares of it ``held`` at each scored
    close [days, N], the least cash and lots ever held, and per decision what moved and what was paid [D], as shares of
    wealth.
    """

    wealth: Floats
    held: Floats
    lowest: float
    shortest: float
    moved: Floats
    paid: Floats


def _replay(rules: Rules, terms: Terms, path: PricePath, lots: NDArray[np.int64]) -> Replayed:
    prices, status = path.prices()[0], path.status[0]
    book = Book(terms, terms.capital, np.zeros(prices.shape[1]))
    orders = {int(day) + rules.lag: k for k, day in enumerate(path.decisions(rules.every, rules.lag))}
    moved, paid, wealth = np.zeros(len(lots)), np.zeros(len(lots)), np.zeros(path.scored + 1)
    held = np.zeros((path.scored + 1, prices.shape[1]))
    lowest, shortest = np.inf, np.inf
    for day in range(path.first, path.length):
        if day > path.first:
            book.cash *= 1 + path.cash[0, day]
            for asset in np.flatnonzero((status[day] == GONE) & (book.lots != 0)):
                book.cash += book.lots[asset] * terms.lot * prices[day, asset]
                book.lots[asset] = 0.0
        if day in orders:
            worth = book.cash + float(book.lots @ prices[day]) * terms.lot
            book.order(lots[orders[day]], prices[day], status[day] == TRADED)
            moved[orders[day]], paid[orders[day]] = book.moved / worth, book.paid / worth
            lowest, shortest = min(lowest, book.cash), min(shortest, book.lots.min())
        close = day - path.first
        wealth[close] = book.cash + float(book.lots @ prices[day]) * terms.lot
        held[close] = book.lots * prices[day] * terms.lot / wealth[close]
    wealth[0] = terms.capital  # a trade at the very first close is booked on the first scored day
    return Replayed(wealth, held[1:], lowest, shortest, moved, paid)


def _check_fit(rules: Rules, path: PricePath, solution: Lots) -> None:
    solution.validate()  # slices and changed copies have not been
    days = path.decisions(rules.every, rules.lag)
    for name, mine, theirs in (
        ("dates", solution.dates, path.dates[:, days]),
        ("assets", solution.assets, path.assets),
    ):
        if mine.shape != theirs.shape or (mine != theirs).any():
            raise SolutionError(
                f"the orders are for other {name}",
                where=f"Lots.{name}",
                got=f"{mine.shape}: {mine.ravel()[:3]}...",
                expected=f"{theirs.shape}: {theirs.ravel()[:3]}...",
            )
