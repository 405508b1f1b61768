"""When a backtest takes place: the labels of its periods, as `Problem.clock` tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance
from headway.clock import shown
from headway.pipelines.comparison.timeline import Track
from headway.pipelines.comparison.walkforward import first_period
from headway.problem import Problem


def scored(problem: Problem[Any, Any], history: Instance, tracks: Mapping[str, Track]) -> NDArray[Any]:
    """[T]: when the scored periods took place, the last ones of the history; numbers where it does not say."""
    series = [s for track in tracks.values() for e in track.evaluations if e is not None for s in e.series.values()]
    length, clock = series[0].shape[1] if series else 0, problem.clock(history)
    return clock[len(clock) - length :] if len(clock) >= length else np.arange(length)


def labels(clock: NDArray[Any]) -> list[Any]:
    """Moments as figures have them: dates as texts, hours since the start, or numbers of periods."""
    if clock.dtype.kind == "m":
        return [round(float(moment), 4) for moment in clock / np.timedelta64(1, "h")]
    return [shown(moment) for moment in clock] if clock.dtype.kind == "M" else clock.tolist()


def span(problem: Problem[Any, Any], history: Instance) -> str:
    """From the first decision to the last period, in words."""
    clock = problem.clock(history)
    end = f" to {shown(clock[-1])}" if len(clock) else ""
    return f"history from {at(problem, history, first_period(problem.environment(), history))}{end}"


def at(problem: Problem[Any, Any], history: Instance, period: int) -> str:
    """When the decision of ``period`` is taken: its date or time, or how many periods are known by then."""
    return shown(moment(problem, history, period))


def start(problem: Problem[Any, Any], history: Instance) -> Any:
    """When the first decision is taken, to be compared with others."""
    return moment(problem, history, first_period(problem.environment(), history))


def moment(problem: Problem[Any, Any], history: Instance, period: int) -> Any:
    """As `at`, as numpy has it."""
    clock = problem.clock(history)
    return clock[min(period, len(clock) - 1)] if len(clock) else period
