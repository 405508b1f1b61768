"""What a reader of any figure must know: the data's caveats and the conventions behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.domains.portfolio.allocation.conventions import cash, execution, sharpe

if TYPE_CHECKING:
    from headway.domains.portfolio.trading.problem import Trading


def caveats(problem: Trading) -> tuple[str, ...]:
    """The market's own caveats, then the conventions of this configuration, one sentence each."""
    return (*problem.market.caveats, execution(problem), _fills(problem), _costs(problem), cash(problem), sharpe())


def _fills(problem: Trading) -> str:
    return (
        f"Orders are whole lots of {problem.lot} shares at prices adjusted for splits and dividends, so their number "
        "is not the day's; sales are filled first, then purchases in the order of the assets as far as cash goes."
    )


def _costs(problem: Trading) -> str:
    return (
        f"Costs: {problem.commission_bps:g} bps of each trade, at least {problem.commission_minimum:g}, and half of a "
        f"spread of {problem.spread_bps:g} bps."
    )
