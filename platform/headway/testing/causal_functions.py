"""Functions of tables: what they make of the days up to now must not depend on later rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.errors import ConfigError, LeakageError
from headway.testing.causal_tables import told

if TYPE_CHECKING:
    import pandas as pd

PREFIX = 1e-9  # relative above 1, absolute below
_NOISE = 0.5  # standard deviation of the log of what future numbers are multiplied by

Change = Callable[[Any, NDArray[np.bool_], np.random.Generator], Any]


def require_causal_function(
    function: Callable[[Any], Any], data: Any, *, lag: int, known_at: str, cuts: int | Sequence[Any], seed: int,
    change: Change | None,
) -> None:  # fmt: skip
    """See `assert_causal`. Raises LeakageError, or ConfigError where there is no table to cut."""
    tables = dict(data) if isinstance(data, Mapping) else {"": data}
    if not all(hasattr(table, "shape") and len(table) > 1 for table in tables.values()):
        raise ConfigError("no data to cut", where="assert_causal", got=type(data), expected="a table or dict of tables")
    clocks = {name: _clock(table, known_at) for name, table in tables.items()}
    days = np.unique(next(iter(clocks.values())))
    name = getattr(function, "__name__", type(function).__name__)

    def run(rows: Mapping[str, Any], place: str) -> pd.DataFrame:
        given = {key: table.copy() for key, table in rows.items()}
        try:
            return _as_frame(function(given if isinstance(data, Mapping) else given[""]), days)
        except Exception as error:
            hint = "if it needs so many days, name later ones in `cuts`"
            raise ConfigError(f"{name} raises", where=place, got=repr(error), expected="a result", hint=hint) from error

    expected = run(tables, "all data")
    for draw, day in enumerate(_days(days, cuts)):
        later = {key: clock > day for key, clock in clocks.items()}
        rng = np.random.default_rng([seed, draw])
        replaced = {key: (change or _changed)(table, later[key], rng) for key, table in tables.items()}
        known = int(np.searchsorted(expected.index.to_numpy(), day, side="right"))
        cause = f"{name}, only what is known after {told(day)} was"
        _require_same(run(replaced, place := f"{cause} replaced"), expected.iloc[: known + lag], place, 0.0)
        cut = {key: table[~later[key]] for key, table in tables.items()}
        _require_same(run(cut, place := f"{cause} cut off"), expected.iloc[:known], place, PREFIX)


def _clock(table: Any, known_at: str) -> NDArray[Any]:
    """When each row is known."""
    if not hasattr(table, "index"):
        return np.arange(len(table))
    timed = hasattr(table, "columns") and known_at in table.columns
    times: NDArray[Any] = (table[known_at] if timed else table.index).to_numpy()
    return times


def _days(days: NDArray[Any], cuts: int | Sequence[Any]) -> NDArray[Any]:
    """The days to cut after: the last one is none, since nothing follows."""
    if not isinstance(cuts, int):
        return np.asarray(cuts, days.dtype)
    places = np.linspace(0, len(days) - 2, min(cuts, len(days) - 1)).round().astype(np.intp)
    return days[np.unique(places)]


def _changed(table: Any, later: NDArray[np.bool_], rng: np.random.Generator) -> Any:
    """The table whose ``later`` rows hold others of them, numbers times exp(noise); signs and kinds are kept."""
    table = table.copy()
    rows = np.flatnonzero(later)
    if not hasattr(table, "iloc"):
        table[rows] = _noisy(table[rng.permutation(rows)], rng)
        return table
    columns = [table] if not hasattr(table, "columns") else [table[name] for name in table.columns]
    for place, column in enumerate(columns):
        if column.dtype.kind == "M":  # times say when a row is known: they stay
            continue
        values = column.array[rng.permutation(rows)]
        fresh = column.copy()
        fresh.iloc[rows] = _noisy(np.asarray(values), rng) if column.dtype.kind == "f" else values
        if hasattr(table, "columns"):
            table.isetitem(place, fresh)
        else:
            table = fresh
    return table


def _noisy(values: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    if values.dtype.kind != "f":
        return values
    noisy: NDArray[Any] = values * np.exp(rng.normal(0, _NOISE, values.shape))
    return noisy


def _as_frame(result: Any, days: NDArray[Any]) -> pd.DataFrame:
    """A result as a table of days: what has no index of its own begins on the first day."""
    import pandas as pd

    if isinstance(result, pd.DataFrame):
        return result
    if isinstance(result, pd.Series):
        return result.to_frame("value" if result.name is None else result.name)
    array = np.asarray(result)
    if not array.ndim or len(array) > len(days):
        raise ConfigError("a result has no days", where="assert_causal", got=array.shape, expected="a row for each day")
    flat = array.reshape(len(array), -1)
    return pd.DataFrame(flat, index=days[: len(array)])


def _require_same(got: pd.DataFrame, expected: pd.DataFrame, place: str, tolerance: float) -> None:
    """Raise LeakageError at the first day and column that differ."""
    what = "the past depends on the future"
    if list(got.columns) != list(expected.columns):
        raise LeakageError(what, where=place, got=_short(got.columns), expected=f"columns {_short(expected.columns)}")
    found = got.reindex(expected.index) if not got.index.equals(expected.index) else got
    missing = ~expected.index.isin(got.index)
    if missing.any():
        raise LeakageError(
            what, where=place, got=f"no row for {told(expected.index[missing][0])}", expected="all days up to it"
        )
    for name in expected.columns:
        ours, theirs = found[name].to_numpy(), expected[name].to_numpy()
        same = _same(ours, theirs, tolerance)
        if not same.all():
            row = int(np.flatnonzero(~same)[0])
            apart = abs(ours[row] - theirs[row]) if ours.dtype.kind == theirs.dtype.kind == "f" else np.nan
            amount = f", {apart:.3g} apart" if np.isfinite(apart) else ""
            where = f"{place}; day {told(expected.index[row])}, column {name}"
            raise LeakageError(what, where=where, got=f"{ours[row]}{amount}", expected=theirs[row])


def _same(ours: NDArray[Any], theirs: NDArray[Any], tolerance: float) -> NDArray[np.bool_]:
    if theirs.dtype.kind == "f" and ours.dtype.kind == "f" and tolerance:
        near: NDArray[np.bool_] = np.isclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)
        return near
    same: NDArray[np.bool_] = (ours == theirs) | ((ours != ours) & (theirs != theirs))
    return same


def _short(names: Any) -> str:
    return ", ".join(map(str, list(names)[:10]))
