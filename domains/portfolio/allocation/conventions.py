"""What a reader of any figure must know: the data's caveats and the conventions behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.portfolio.market.cash import LAST_MONTH
from headway.domains.portfolio.market.instance import TRADED

if TYPE_CHECKING:
    from headway.domains.portfolio.allocation.problem import Allocation
    from headway.domains.portfolio.market.problem import MarketProblem


def caveats(problem: Allocation) -> tuple[str, ...]:
    """The market's own caveats, then the conventions of this configuration, one sentence each."""
    told = (
        execution(problem),
        _costs(problem),
        _impact(problem),
        _fees(problem),
        _listing(problem),
        cash(problem, problem.margin_bps),
        _training(problem),
        sharpe(),
    )
    return (*problem.market.caveats, *(sentence for sentence in told if sentence))


def execution(problem: MarketProblem[Any]) -> str:
    """When decisions are traded."""
    if problem.execution_lag == 0:
        return "SAME CLOSE: decisions are traded at the very close they have seen, which nobody can do for sure."
    lag = "1 day" if problem.execution_lag == 1 else f"{problem.execution_lag} days"
    return (
        f"Decisions every {problem.every} trading days, traded at the close {lag} after "
        "the last close they have seen; between trades weights drift with prices."
    )


def _costs(problem: Allocation) -> str:
    spread = f" and half of a spread of {problem.spread_bps:g} bps" if problem.spread_bps else ""
    return (
        f"Costs: {problem.cost_bps:g} bps{spread} of the wealth moved into or out of each asset, "
        "the first purchase included."
    )


def _impact(problem: Allocation) -> str:
    volume = problem.market.rest.get("volume")
    if not problem.impact:
        return ""
    if volume is None or not np.isfinite(volume).any():
        return "NO IMPACT: the data has no volumes, so the size of a trade moves no price whatever impact is set to."
    return (
        f"Impact: {problem.impact:g} x daily deviation x sqrt(money / daily volume) of each trade, for a start with "
        f"{problem.capital:,.0f} in currency; it is paid once, and prices do not remember it."
    )


def _fees(problem: Allocation) -> str:
    if problem.long_only and problem.leverage <= 1:
        return ""
    if not problem.borrow_bps and not problem.margin_bps:
        return "Neither shorts nor loans pay a fee: both are cheaper here than anywhere else."
    return (
        f"Shorts pay {problem.borrow_bps:g} bps a year, loans {problem.margin_bps:g} bps a year above the cash rate; "
        "any amount can be borrowed."
    )


def _listing(problem: Allocation) -> str:
    status = problem.market.rest.get("status")
    if status is None or not (status != TRADED).any():
        return ""
    return (
        "Some assets do not trade on all days: orders for a suspended one are not filled, and one that leaves is paid "
        "out at its last price; what a delisting cost beyond that price is in the figures only if it is in the data."
    )


def _training(problem: Allocation) -> str:
    made = {"bootstrap": "real days in another order", "perturb": "real days with another drift and volatility"}
    if problem.randomise is None:
        return ""
    return f"Training windows are {made.get(problem.randomise, problem.randomise)}; all others are real."


def cash(problem: MarketProblem[Any], margin_bps: float = 0.0) -> str:
    """What cash earns, and a loan costs where it is ``margin_bps`` above that."""
    if problem.cash == "nothing" or not problem.market.dated:
        return f"Cash earns nothing, and borrowing costs {f'{margin_bps:g} bps a year' if margin_bps else 'nothing'}."
    above = f"{margin_bps:g} bps a year more" if margin_bps else "the same rate"
    return (
        f"Cash earns the one-month US Treasury bill rate until {LAST_MONTH}, where the bundled series ends, and "
        f"{problem.cash_after:.2%} a year after it; borrowing costs {above}."
    )


def sharpe() -> str:
    """Which Sharpe ratios are meant."""
    return "Sharpe ratios are of daily net returns x sqrt(252), no rate subtracted; excess_sharpe is over cash."
