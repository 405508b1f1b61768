"""The scorer: what orders earned on a path, and which rules they break. It repairs nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.metrics import metrics
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR, OBSERVED, TOLERANCE, Rules
from headway.domains.portfolio.allocation.ledger import Ledger, replay
from headway.domains.portfolio.allocation.solution import Weights
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]


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
    daily = DAYS_PER_YEAR * _logs(ledger.net)
    bankruptcy: Floats = np.where(alive, 0.0, np.maximum(1.0, -wealth.min(axis=1)))
    return Evaluation(
        objective=np.where(alive, daily.mean(axis=1), np.nan),
        violations=_violations(rules, path, solution.weights, ledger.held) | {"bankruptcy": bankruptcy},
        metrics=metrics(ledger.gross, ledger.net, path.cash[:, path.first + 1 :], ledger.moved, ledger.paid)
        | {"exposure": ledger.exposure.mean(axis=1), "active_share": ledger.active.mean(axis=1)},
        series={
            "objective": daily,
            "wealth": wealth,
            "drawdown": 1 - wealth / np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0),
        }
        | _details(path, ledger),
    )


def _details(path: PricePath, ledger: Ledger) -> dict[str, Floats]:
    """What a tear sheet shows of each day [B, days]: log growth before costs, one-way turnover and costs on the days
    of fills, exposure and active share at closes, what cash earned.
    """
    turnover, cost = np.zeros(ledger.net.shape), np.zeros(ledger.net.shape)
    np.add.at(turnover.T, ledger.traded, 0.5 * ledger.moved.T)
    np.add.at(cost.T, ledger.traded, ledger.paid.T)
    return {
        "gross": _logs(ledger.gross),
        "turnover": turnover,
        "cost": cost,
        "exposure": ledger.exposure,
        "active_share": ledger.active,
        "cash": path.cash[:, path.first + 1 :],
    }


def _logs(factors: Floats) -> Floats:
    """Logarithms, NaN where there is none."""
    return np.log(np.where(factors > 0, factors, np.nan))


def _violations(rules: Rules, path: PricePath, weights: Floats, held: Floats) -> dict[str, Floats]:
    """Largest breach per row of each rule on orders, zero within the tolerance."""
    finite = np.isfinite(weights)
    ordered = (weights != 0).any(axis=2)
    weights = np.where(finite, weights, 0.0)
    risky, size = weights[:, :, :-1], np.abs(weights[:, :, :-1])
    # A limit on turnover may keep an order from restoring a limit that drift has broken: what is held excuses it.
    limited = np.isfinite(rules.turnover)
    owned = np.abs(held[:, :, :-1]) if limited else np.zeros(size.shape)
    amounts = {
        "budget": np.where(ordered, np.abs(weights.sum(axis=2) - 1), 0.0),
        "long_only": -risky.min(axis=2) if rules.long_only else np.zeros(ordered.shape),
        "leverage": size.sum(axis=2) - np.maximum(rules.leverage, owned.sum(axis=2)),
        "cap": (size - np.maximum(rules.cap, owned)).max(axis=2),
    }
    for group in rules.groups:
        member = np.isin(path.assets, group.assets)[:, None]
        amounts[f"group_{group.name}"] = (size * member).sum(axis=2) - np.maximum(
            group.cap, (owned * member).sum(axis=2)
        )
    if limited:
        way = np.abs(risky - held[:, :, :-1]).sum(axis=2)
        amounts["turnover"] = np.where(ordered, way - rules.turnover, 0.0)
    if rules.names is not None:
        amounts["names"] = (size > TOLERANCE).sum(axis=2) - float(rules.names)
    largest = {name: amount.max(axis=1) for name, amount in amounts.items()}
    slack = OBSERVED if limited else TOLERANCE
    kept = {name: np.where(amount > slack, amount, 0.0) for name, amount in largest.items()}
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
