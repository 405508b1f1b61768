"""Instances are cut from a market: random windows for training and tests, the whole path for backtests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.market.market import Market
from headway.errors import InstanceError


class Span(NamedTuple):
    """Indices of the first and the last day that may be scored."""

    first: int
    last: int


def windows(market: Market, span: Span, n: int, rng: np.random.Generator, *, lookback: int, scored: int) -> PricePath:
    """``n`` windows of ``lookback`` known and ``scored`` later days, all scored days inside ``span``.

    Starts are uniform over the span; prefixes may reach back before it, never beyond the data.

    Raises
    ------
    InstanceError
        The span holds fewer days than a window.
    """
    days = span.last - span.first + 1
    if days < scored:
        dates = f"{market.dates[span.first]} to {market.dates[span.last]}" if days > 0 else "no days"
        raise InstanceError(
            "a window does not fit into its split",
            where=market.source,
            got=f"{days} days ({dates})",
            expected=f"at least {scored} days (window x every)",
            hint="shorten window, or move train_until and validation_until",
        )
    decision = span.first - 1 + rng.integers(days - scored + 1, size=n)
    rows = decision[:, None] + np.arange(1 - lookback, scored + 1)
    return market.cut(rows, np.full(n, lookback - 1))


def whole(market: Market, span: Span, every: int, lag: int, lookback: int) -> PricePath:
    """All days up to the end of ``span`` as one row, scored from its beginning.

    Where the last decision would come too late to earn a day, scoring starts up to ``lag`` days
    later, so that the path ends with a whole period.

    Raises
    ------
    InstanceError
        The span is too short for one decision that earns a day, or begins less than ``lookback``
        days after the history does.
    """
    if span.first < lookback:
        raise InstanceError(
            "too little is known at the first decision",
            where=market.source,
            got=f"{span.first} days before {market.dates[span.first]}",
            expected=f"lookback={lookback} days or more",
            hint="begin later, or shorten lookback",
        )
    scored = span.last - span.first + 1
    scored -= scored % every if scored % every <= lag else 0
    if scored < 1:
        raise InstanceError(
            "too few days for one decision",
            where=market.source,
            got=f"{max(span.last - span.first + 1, 0)} days to score",
            expected=f"more than execution_lag={lag}",
        )
    end = span.last + 1
    return market.cut(np.arange(end)[None], np.array([end - 1 - scored]))
