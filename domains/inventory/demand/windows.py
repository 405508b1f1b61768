"""Which periods of a history each split may decide, and the windows that instances are cut from it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.demand.history import Floats, History, Singles
from headway.errors import ConfigError, InstanceError
from headway.seeds import Split

TRAIN_SHARE, VALIDATION_SHARE = 0.6, 0.2  # of all periods, where no dates are given
LEAST_SCALE = 1.0  # units per period: an item that has sold nothing lately still has a unit of measure


class Span(NamedTuple):
    """Indices of the first and the last period that may be decided; none where ``last < first``."""

    first: int
    last: int


class Window(NamedTuple):
    """Plain arrays, the fields of a `StockPath` that come from the history.

    dates : datetime64[D] [B, T]
    items : str [B, I]
    demand : float64 [B, T, I]
    covariates : float32 [B, T, I, K]
    scale : float64 [B, I], mean demand of the ``lookback`` periods before the first decision, at least one unit
    start : int64 [B], the first decided period
    """

    dates: NDArray[np.datetime64]
    items: NDArray[np.str_]
    demand: Floats
    covariates: Singles
    scale: Floats
    start: NDArray[np.int64]


def spans(
    history: History,
    lookback: int,
    train_until: datetime.date | None = None,
    validation_until: datetime.date | None = None,
) -> Mapping[Split, Span]:
    """Decided periods of each split: the first 60 %, the next 20 % and the rest, or as the dates say.

    A period is decided in one split only; the known periods before a window may lie in earlier ones. Tuning
    uses the validation periods, and so does a test where no later ones are left (a refit's prefix).

    Raises
    ------
    ConfigError
        The dates are out of order.
    """
    periods = len(history)
    train = _upto(history, train_until, TRAIN_SHARE)
    validation = _upto(history, validation_until, TRAIN_SHARE + VALIDATION_SHARE)
    if train > validation:
        got = f"train until {train_until}, validation until {validation_until}"
        expected = "train_until < validation_until"
        raise ConfigError("the splits are out of order", where="problem.train_until", got=got, expected=expected)
    held_out = Span(max(train, lookback), validation - 1)
    test = Span(max(validation, lookback), periods - 1) if validation < periods else held_out
    return {"train": Span(lookback, train - 1), "validation": held_out, "test": test, "tuning": held_out}


def windows(history: History, span: Span, n: int, rng: np.random.Generator, length: int, lookback: int) -> Window:
    """``n`` random windows of one item each: ``lookback`` known periods, then ``length`` decided ones within ``span``.

    Items and first periods are uniform, so B = n, T = lookback + length, I = 1 and start = lookback.

    Raises
    ------
    InstanceError
        The span holds fewer periods than a window.
    """
    free = span.last - span.first + 2 - length
    if free < 1:
        got = f"{max(span.last - span.first + 1, 0)} periods of {history.source}"
        hint = "shorten the horizon, or move train_until and validation_until"
        raise InstanceError("a window does not fit into its split", where="span", got=got, expected=length, hint=hint)
    item = rng.integers(len(history.items), size=n)
    first = span.first + rng.integers(free, size=n)
    rows, column = first[:, None] + np.arange(-lookback, length), item[:, None]
    return _window(
        history.dates[rows],
        history.items[column],
        history.demand[rows, column][..., None],
        history.covariates[rows, column][:, :, None],
        lookback,
        lookback,
    )


def whole(history: History, span: Span, lookback: int) -> Window:
    """All periods up to the end of ``span`` and all items as one row, decided from the span's beginning: B = 1.

    Raises
    ------
    InstanceError
        The span is empty, or begins less than ``lookback`` periods after the history.
    """
    if span.last < span.first or span.first < lookback:
        got = f"{len(history)} periods of {history.source}, to be decided from {span.first} to {span.last}"
        expected = f"at least one period, with lookback={lookback} before it"
        hint = "give more periods, decide later, or lower problem.lookback"
        raise InstanceError("too few periods", where="span", got=got, expected=expected, hint=hint)
    known = slice(0, span.last + 1)
    return _window(
        history.dates[None, known],
        history.items[None],
        history.demand[None, known],
        history.covariates[None, known],
        span.first,
        lookback,
    )


def _window(
    dates: NDArray[np.datetime64],
    items: NDArray[np.str_],
    demand: Floats,
    covariates: Singles,
    start: int,
    lookback: int,
) -> Window:
    scale = np.ones(items.shape)
    if lookback:
        scale = usual(demand[:, start - lookback : start])
    return Window(dates, items, demand, covariates, scale, np.full(len(items), start, np.int64))


def usual(demand: Floats) -> Floats:
    """The usual demand [B, I] of a period: the mean of those in [B, T, I], at least one unit."""
    mean: Floats = np.maximum(demand.mean(axis=1), LEAST_SCALE)
    return mean


def _upto(history: History, date: datetime.date | None, share: float) -> int:
    """How many periods begin by ``date``; without one, this share of them."""
    if date is None:
        return round(share * len(history))
    return int(np.searchsorted(history.dates, np.datetime64(date, "D"), side="right"))
