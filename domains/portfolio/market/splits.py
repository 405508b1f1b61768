"""Splits are by time: which days each of them is scored on."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.market.generator import Span
from headway.errors import ConfigError
from headway.seeds import SPLITS, Split

if TYPE_CHECKING:
    from headway.domains.portfolio.market.market import Market
    from headway.domains.portfolio.market.problem import MarketProblem

Dates = NDArray[np.datetime64]

TRAIN_SHARE, VALIDATION_SHARE = 0.6, 0.2  # of the scored days, where no dates are given


def spans(problem: MarketProblem[Any]) -> Mapping[Split, Span]:
    """Scored days of each split, first to last; a span without days has ``last < first``.

    A day is scored in one split only; a window's lookback prefix may reach into earlier ones. Tuning
    draws from the validation days, and so does a test inside a refit, which has no later days.
    A simulated market has one span.

    Raises
    ------
    ConfigError
        The split dates are out of order.
    """
    if problem.simulator:  # instances are drawn, not cut: the one long path is there for tests
        return dict.fromkeys(SPLITS, Span(problem.lookback, len(problem.market.dates) - 1))
    dates = problem.market.dates
    named = problem.market.splits or (None, None, None)
    start, train, validation = begin(problem), problem.train_until or named[1], problem.validation_until or named[2]
    first = max(problem.lookback, 0 if start is None else day_index(dates, start, "left"))
    scored, last = len(dates) - first, len(dates) - 1
    train_end = day_index(dates, train, "right") - 1 if train else first + int(TRAIN_SHARE * scored) - 1
    kept = TRAIN_SHARE + VALIDATION_SHARE
    validation_end = day_index(dates, validation, "right") - 1 if validation else first + int(kept * scored) - 1
    if not train_end <= validation_end:
        raise ConfigError(
            "the splits are out of order",
            where="problem.train_until",
            got=f"train until {train}, validation until {validation}",
            expected="begin < train_until < validation_until",
        )
    held_out = Span(train_end + 1, validation_end)
    test = Span(validation_end + 1, last) if validation_end < last else held_out
    return {"train": Span(first, train_end), "validation": held_out, "test": test, "tuning": held_out}


def begin(problem: MarketProblem[Any]) -> datetime.date | None:
    """The first date that may be scored: the configured one, else the one the data names."""
    return problem.begin or (problem.market.splits or (None,))[0]


def held_out_from(problem: MarketProblem[Any], known: Market) -> datetime.date:
    """The last training date of a refit: the fifth of the days after it validates, at least one window."""
    days = max((len(known.dates) - problem.lookback) // 5, problem.window * problem.every)
    date: datetime.date = known.dates[max(len(known.dates) - 1 - days, 0)].item()
    return date


def day_index(dates: Dates, date: datetime.date, side: Literal["left", "right"]) -> int:
    """Number of days before ``date`` (left), or up to and including it (right)."""
    return int(np.searchsorted(dates, np.datetime64(date, "D"), side=side))


def parse_date(text: str, where: str) -> datetime.date:
    """A date written YYYY-MM-DD. Raises ConfigError."""
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ConfigError("a date cannot be read", where=where, got=repr(text), expected="YYYY-MM-DD") from error
