"""What a reader of any figure must know: the data's caveats and the conventions behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.domains.portfolio.market.cash import LAST_MONTH

if TYPE_CHECKING:
    from headway.domains.portfolio.allocation.problem import Allocation


def caveats(problem: Allocation) -> tuple[str, ...]:
    """The market's own caveats, then the conventions of this configuration, one sentence each."""
    return (*problem.market.caveats, _execution(problem), _costs(problem), _cash(problem), _sharpe())


def _execution(problem: Allocation) -> str:
    if problem.execution_lag == 0:
        return "SAME CLOSE: decisions are traded at the very close they have seen, which nobody can do for sure."
    lag = "1 day" if problem.execution_lag == 1 else f"{problem.execution_lag} days"
    return (
        f"Decisions every {problem.every} trading days, traded at the close {lag} after "
        "the last close they have seen; between trades weights drift with prices."
    )


def _costs(problem: Allocation) -> str:
    return (
        f"Costs: {problem.cost_bps:g} bps of the wealth moved into or out of each asset, the first purchase included."
    )


def _cash(problem: Allocation) -> str:
    if problem.cash == "nothing" or not problem.market.dated:
        return "Cash earns nothing, and borrowing costs nothing."
    return (
        f"Cash earns the one-month US Treasury bill rate until {LAST_MONTH}, where the bundled series ends, and "
        f"{problem.cash_after:.2%} a year after it; borrowing costs the same rate."
    )


def _sharpe() -> str:
    return "Sharpe ratios are of daily net returns x sqrt(252), no rate subtracted; excess_sharpe is over cash."
