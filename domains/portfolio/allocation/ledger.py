"""The replay of orders, close by close: what was held, what moved, what was paid, what was earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR, RISK_DAYS, VOLUME_DAYS, Rules
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, PricePath

Floats = NDArray[np.float64]

_BLOCK = 32  # closes whose exposures are worked out at once


class Ledger(NamedTuple):
    """Per scored day [B, days] and per decision [B, D].

    gross, net : growth factors of each day before and after costs
    exposure : sum of absolute risky weights at the close, after trades
    active : half of sum |weight - 1/N| at the close, cash included; N is the number of listed assets
    moved : at each fill, sum |target - drifted| over all holdings, cash included (shares of wealth)
    paid : at each fill, costs (a share of wealth)
    traded : int [D], the scored day on which each fill is booked; the first one for a fill at the first close of all
    held : weights [B, D, N + 1] at each decision
    """

    gross: Floats
    net: Floats
    exposure: Floats
    active: Floats
    moved: Floats
    paid: Floats
    traded: NDArray[np.intp]
    held: Floats


def replay(rules: Rules, path: PricePath, targets: Floats, days: NDArray[np.intp] | None = None) -> Ledger:
    """Walk the scored days in order; all wealth is cash at the close of the first decision.

    Parameters
    ----------
    targets : [B, D, N + 1], the orders; a row of zeros orders nothing
    days : [D], days at whose close they are decided; by default `PricePath.decisions`
    """
    decided = path.decisions(rules.every, rules.lag) if days is None else days
    orders = {int(day): order for order, day in enumerate(decided)}
    shape, first = (len(path), path.scored), path.first
    ledger = Ledger(
        *(np.ones(shape), np.ones(shape), np.zeros(shape), np.zeros(shape)),
        *(np.zeros(targets.shape[:2]), np.zeros(targets.shape[:2]), np.maximum(decided + rules.lag - first - 1, 0)),
        held=np.zeros(targets.shape),
    )
    book, closes = _Book(rules, path), []
    for day in range(first, path.length):
        if day > first:
            ledger.gross[:, day - first - 1] = book.grow(day)
        if rules.lag == 0 and day in orders:
            ledger.held[:, orders[day]] = book.settle()
        if (order := orders.get(day - rules.lag)) is not None:
            ledger.moved[:, order], ledger.paid[:, order] = book.fill(day, targets[:, order])
        if rules.lag > 0 and day in orders:
            ledger.held[:, orders[day]] = book.settle()
        closes.append(book.weights)
        if len(closes) == _BLOCK or day == path.length - 1:
            _exposures(ledger, path, np.stack(closes, axis=1), day)
            closes.clear()
    ledger.net[...] = ledger.gross
    np.multiply.at(ledger.net.T, ledger.traded, 1 - ledger.paid.T)
    return ledger


def _exposures(ledger: Ledger, path: PricePath, weights: Floats, day: int) -> None:
    """Write exposure and active share at the closes that end with ``day``, from weights [B, days, N + 1]."""
    days = slice(day + 1 - weights.shape[1], day + 1)
    listed = path.status[:, days] != GONE
    even = listed / np.maximum(listed.sum(axis=2, keepdims=True), 1)
    exposure = np.abs(weights[:, :, :-1]).sum(axis=2)
    apart = np.abs(weights[:, :, :-1] - even).sum(axis=2)
    cash = np.abs(1 - weights[:, :, :-1].sum(axis=2))
    skipped = max(path.first + 1 - days.start, 0)  # the first close of all is not scored
    scored = slice(days.start + skipped - path.first - 1, days.stop - path.first - 1)
    ledger.exposure[:, scored] = exposure[:, skipped:]
    ledger.active[:, scored] = 0.5 * (apart + cash)[:, skipped:]


@dataclass
class _Book:
    """Holdings as shares of wealth [B, N + 1], cash last; ``claims`` [B]: of it, what assets that are gone have left.

    Claims earn the cash rate, and are cash (or, for shorts, debt) from the next fill or decision on.
    """

    rules: Rules
    path: PricePath

    def __post_init__(self) -> None:
        path, rules = self.path, self.rules
        self.first = path.first
        self.relatives = 1 + np.concatenate([path.returns, path.cash[:, :, None]], axis=2)[:, path.first :]
        self.weights = np.zeros((len(path), path.returns.shape[2] + 1))
        self.weights[:, -1] = 1.0
        self.wealth, self.claims = np.ones(len(path)), np.zeros(len(path))
        self.leaving = (path.status == GONE).any(axis=(0, 2)).tolist()  # days on which holdings may become claims
        self.leaves = any(self.leaving)
        self.fees = np.full(self.weights.shape[1], rules.borrow / DAYS_PER_YEAR)
        self.fees[-1] = rules.margin / DAYS_PER_YEAR

    def grow(self, day: int) -> Floats:
        """Let a day pass: the growth factor [B] of wealth."""
        factors = self.relatives[:, day - self.first]
        if self.rules.charges:
            factors = factors + np.where(self.weights < 0, self.fees, 0.0)
        value = self.weights * factors
        claims = self.claims * self.relatives[:, day - self.first, -1] if self.leaves else self.claims
        growth: Floats = value.sum(axis=1) + claims
        safe = np.where(growth > 0, growth, 1.0)
        self.weights, self.wealth = value / safe[:, None], self.wealth * growth
        if self.leaves:
            self.claims = claims / safe
        if self.leaving[day]:
            gone = self.path.status[:, day] == GONE
            self.claims = self.claims + np.where(gone, self.weights[:, :-1], 0.0).sum(axis=1)
            self.weights[:, :-1][gone] = 0.0
        return growth

    def settle(self) -> Floats:
        """Claims become cash: the weights [B, N + 1] held then."""
        if self.claims.any():
            self.weights[:, -1] += self.claims
            self.claims = np.zeros(len(self.claims))
        return self.weights

    def fill(self, day: int, ordered: Floats) -> tuple[Floats, Floats]:
        """Trade to ``ordered`` [B, N + 1] as far as the market lets: what moved and what it cost, shares of wealth."""
        held = self.settle()
        target = self._possible(day, ordered, held)
        change = np.abs(target - held)
        paid = self.rules.linear * change[:, :-1].sum(axis=1) + self._impact(day, change[:, :-1])
        self.weights, self.wealth = target.copy(), self.wealth * (1 - paid)
        return change.sum(axis=1), paid

    def _possible(self, day: int, ordered: Floats, held: Floats) -> Floats:
        """What the order comes to. Nothing of an asset that is gone or suspended can be traded; where more of a
        suspended one is kept than was ordered, the other orders are cut in proportion; cash takes the rest.
        """
        idle = (ordered == 0).all(axis=1, keepdims=True)
        status = self.path.status[:, day]
        if status.any():
            stuck = status == SUSPENDED
            bought = np.where(status == GONE, 0.0, ordered[:, :-1])
            for_others = 1 - np.where(stuck, bought, 0.0).sum(axis=1)
            left = 1 - np.where(stuck, held[:, :-1], 0.0).sum(axis=1)
            cut = np.where(for_others > 0, np.clip(left / np.where(for_others > 0, for_others, 1.0), 0, 1), 1.0)
            risky = np.where(stuck, held[:, :-1], cut[:, None] * bought)
            ordered = np.concatenate([risky, 1 - risky.sum(axis=1, keepdims=True)], axis=1)
        return np.where(idle, held, ordered)

    def _impact(self, day: int, change: Floats) -> Floats:
        """Square-root impact [B] of trading ``change`` [B, N], a share of wealth."""
        if self.rules.impact == 0:
            return np.zeros(len(change))
        deviation = self.path.returns[:, max(day + 1 - RISK_DAYS, 0) : day + 1].std(axis=1)
        volume = self.path.volume[:, max(day + 1 - VOLUME_DAYS, 0) : day + 1].mean(axis=1)
        money = change * (np.maximum(self.wealth, 0) * self.rules.capital)[:, None]
        cost: Floats = self.rules.impact * deviation * change * np.sqrt(money / np.maximum(volume, 1.0))
        total: Floats = cost.sum(axis=1)
        return total
