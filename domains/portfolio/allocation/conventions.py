"""What a reader of any figure must know: the data's caveats and the conventions behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.domains.portfolio.market.cash import LAST_MONTH

if TYPE_CHECKING:
    from headway.domains.portfolio.allocation.problem import Allocation
    from headway.domains.portfolio.market.problem import MarketProblem


def caveats(problem: Allocation) -> tuple[str, ...]:
    """The market's own caveats, then the conventions of this configuration, one sentence each."""
    return (*problem.market.caveats, execution(problem), _costs(problem), cash(problem), sharpe())


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
    return (
        f"Costs: {problem.cost_bps:g} bps of the wealth moved into or out of each asset, the first purchase included."
    )


def cash(problem: MarketProblem[Any]) -> str:
    """What cash earns."""
    if problem.cash == "nothing" or not problem.market.dated:
        return "Cash earns nothing, and borrowing costs nothing."
    return (
        f"Cash earns the one-month US Treasury bill rate until {LAST_MONTH}, where the bundled series ends, and "
        f"{problem.cash_after:.2%} a year after it; borrowing costs the same rate."
    )


def sharpe() -> str:
    """Which Sharpe ratios are meant."""
    return "Sharpe ratios are of daily net returns x sqrt(252), no rate subtracted; excess_sharpe is over cash."
