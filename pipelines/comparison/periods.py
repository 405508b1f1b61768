"""When a backtest takes place: the labels of its periods, from the dates of its history where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from headway.batch import Instance
from headway.pipelines.comparison.timeline import Track
from headway.pipelines.comparison.walkforward import first_period
from headway.problem import Problem


def periods(history: Instance, tracks: Mapping[str, Track]) -> list[Any]:
    """Labels of the scored periods: the last dates of the history, or numbers."""
    series = [s for track in tracks.values() for e in track.evaluations if e is not None for s in e.series.values()]
    length = series[0].shape[1] if series else 0
    dates = _dates(history)
    if dates is None or len(dates) < length:
        return list(range(length))
    return [str(day) for day in dates[len(dates) - length :]]


def span(problem: Problem[Any, Any], history: Instance) -> str:
    """From the first decision to the last period, in words."""
    dates = _dates(history)
    return f"history from {start(problem, history)}" + ("" if dates is None else f" to {dates[-1]}")


def start(problem: Problem[Any, Any], history: Instance) -> Any:
    """When the first decision is taken: its date, or how many periods are known by then."""
    period, dates = first_period(problem.environment(), history), _dates(history)
    return period if dates is None else dates[min(period, len(dates) - 1)]


def _dates(history: Instance) -> np.ndarray[Any, np.dtype[np.datetime64]] | None:
    """The dates of a history's periods, where it has them."""
    found = [array[0] for array in history.arrays().values() if array.dtype.kind == "M" and array.ndim == 2]
    return found[0] if found else None
