"""A history in time: the periods between two dates, and the prefix that a view tells of."""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np

from headway.domains.inventory.demand.history import History
from headway.domains.inventory.demand.windows import Span
from headway.domains.inventory.stock.instance import StockPath
from headway.errors import ConfigError


def between(history: History, default: Span, start: str | None, end: str | None) -> Span:
    """The periods from date ``start`` to date ``end``, both included; the ends of ``default`` where they are None.

    Raises
    ------
    ConfigError
        A date is not written YYYY-MM-DD.
    """
    first = default.first if start is None else int(np.searchsorted(history.dates, _parsed(start, "start"), "left"))
    last = default.last if end is None else int(np.searchsorted(history.dates, _parsed(end, "end"), "right")) - 1
    return Span(first, last)


def prefix(history: History, view: StockPath) -> History:
    """What ``view`` (a batch of one) tells of demand, as a history of its own."""
    known = slice(0, view.demand.shape[1])
    return dataclasses.replace(
        history,
        dates=view.dates[0, known],
        items=view.items[0],
        demand=view.demand[0],
        covariates=view.covariates[0, known],
    )


def _parsed(text: str, where: str) -> np.datetime64:
    try:
        return np.datetime64(datetime.date.fromisoformat(text), "D")
    except (TypeError, ValueError) as error:
        raise ConfigError("a date cannot be read", where=where, got=repr(text), expected="YYYY-MM-DD") from error
