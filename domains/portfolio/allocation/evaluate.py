"""The scorer: replays orders day by day and measures what was earned. It repairs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.metrics import metrics
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR, TOLERANCE, Rules
from headway.domains.portfolio.allocation.solution import Weights
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]


class Ledger(NamedTuple):
    """The replay: growth factors of each day before and after costs [B, days], and per decision
    what moved between all holdings, cash included, and what was paid [B, D] (shares of wealth).
    """

    gross: Floats
    net: Floats
    moved: Floats
    paid: Floats


def evaluate(rules: Rules, path: PricePath, solution: Weights) -> Evaluation:
    """Annualised net log growth of the orders on the path, with constraints checked on every order.

    Raises
    ------
    SolutionError
        The solution is for another batch, other assets or other dates than the path's decisions.
    """
    _check_fit(rules, path, solution)
    ledger = replay(rules, path, solution.weights)
    alive = (ledger.net > 0).all(axis=1)
    wealth: Floats = ledger.net.cumprod(axis=1)
    daily = DAYS_PER_YEAR * np.log(np.where(ledger.net > 0, ledger.net, np.nan))
    bankruptcy: Floats = np.where(alive, 0.0, np.maximum(1.0, -wealth.min(axis=1)))
    return Evaluation(
        objective=np.where(alive, daily.mean(axis=1), np.nan),
        violations=_violations(rules, solution.weights) | {"bankruptcy": bankruptcy},
        metrics=metrics(ledger.gross, ledger.net, path.cash[:, path.first + 1 :], ledger.moved, ledger.paid),
        series={
            "objective": daily,
            "wealth": wealth,
            "drawdown": 1 - wealth / np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0),
        },
    )


def replay(rules: Rules, path: PricePath, targets: Floats) -> Ledger:
    """Walk the scored days in order; all wealth is cash at the close of the first decision."""
    relatives = 1 + np.concatenate([path.returns, path.cash[:, :, None]], axis=2)[:, path.first + 1 :]
    batch, days = relatives.shape[:2]
    weights = np.zeros(relatives[:, 0].shape)
    weights[:, -1] = 1.0
    gross, fees = np.ones((batch, days)), np.ones((batch, days))
    moved, paid = np.zeros(targets.shape[:2]), np.zeros(targets.shape[:2])
    for close in range(days + 1):
        if close:
            value = weights * relatives[:, close - 1]
            gross[:, close - 1] = value.sum(axis=1)
            weights = value / np.where(gross[:, close - 1] > 0, gross[:, close - 1], 1.0)[:, None]
        order, late = divmod(close - rules.lag, rules.every)
        if late == 0 and 0 <= order < targets.shape[1]:
            target = targets[:, order]
            target = np.where((target == 0).all(axis=1, keepdims=True), weights, target)
            change = np.abs(target - weights)
            moved[:, order] = change.sum(axis=1)
            paid[:, order] = rules.cost * change[:, :-1].sum(axis=1)
            # A trade at the very first close is booked on the first scored day.
            fees[:, max(close - 1, 0)] *= 1 - paid[:, order]
            weights = target
    return Ledger(gross, gross * fees, moved, paid)


def _violations(rules: Rules, weights: Floats) -> dict[str, Floats]:
    """Largest breach per row of each rule on orders, zero within the tolerance."""
    finite = np.isfinite(weights)
    ordered = (weights != 0).any(axis=2)
    weights = np.where(finite, weights, 0.0)
    risky = weights[:, :, :-1]
    amounts = {
        "budget": np.where(ordered, np.abs(weights.sum(axis=2) - 1), 0.0),
        "long_only": -risky.min(axis=2) if rules.long_only else np.zeros(ordered.shape),
        "leverage": np.abs(risky).sum(axis=2) - rules.leverage,
        "cap": np.abs(risky).max(axis=2) - rules.cap,
    }
    largest = {name: amount.max(axis=1) for name, amount in amounts.items()}
    kept = {name: np.where(amount > TOLERANCE, amount, 0.0) for name, amount in largest.items()}
    return kept | {"finite": (~finite).sum(axis=(1, 2)).astype(np.float64)}


def _check_fit(rules: Rules, path: PricePath, solution: Weights) -> None:
    solution.validate()  # slices and changed copies have not been
    days = path.decisions(rules.every, rules.lag)
    expected = {"rows": len(path), "assets": path.returns.shape[2], "decisions": len(days)}
    got = {"rows": len(solution), "assets": solution.assets.shape[1], "decisions": solution.dates.shape[1]}
    if got != expected:
        raise SolutionError("the weights do not fit the path", where="Weights", got=got, expected=expected)
    for name, mine, theirs in (
        ("dates", solution.dates, path.dates[:, days]),
        ("assets", solution.assets, path.assets),
    ):
        differ = np.argwhere(mine != theirs)
        if len(differ):
            row, column = (int(i) for i in differ[0])
            raise SolutionError(
                f"the weights are for other {name}",
                where=f"Weights.{name}[{row}, {column}]",
                got=mine[row, column],
                expected=theirs[row, column],
            )
