"""Tables of what was used on each day: none of it may have become known later."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from headway.errors import ConfigError, LeakageError

if TYPE_CHECKING:
    import pandas as pd


def require_causal_table(table: pd.DataFrame, known: pd.DataFrame | None, known_at: str) -> None:
    """Rows of ``table`` are used on the days of its index. Raises LeakageError at the first that is not known by then.

    known : None: the column ``known_at`` of the table itself says since when each row is known. Otherwise a
        point-in-time table with the columns ``known_at``, asset and value; the columns of ``table`` are assets, and
        each of its values must have been known, in some row of that asset, by its day
    """
    if known is None:
        _require_known(table, known_at)
        return
    for name in ("asset", "value", known_at):
        if name not in known.columns:
            raise ConfigError("a column is missing", where="data", got=list(known.columns), expected=name)
    since = known.groupby(["asset", "value"])[known_at].min()
    for asset in table.columns:
        used = table[asset].dropna()
        first = since.xs(asset).reindex(used.to_numpy()) if asset in since.index.get_level_values("asset") else None
        _require_before(used, None if first is None else first.to_numpy(), asset)


def _require_known(table: pd.DataFrame, known_at: str) -> None:
    if known_at not in table.columns:
        raise ConfigError(
            "nothing says since when a row is known",
            where="assert_causal",
            got=list(table.columns),
            expected=f"a column {known_at}, or a point-in-time table as data",
        )
    late = np.flatnonzero(table[known_at].to_numpy() > table.index.to_numpy())
    if len(late):
        row = late[0]
        day, since = table.index[row], table[known_at].iloc[row]
        raise LeakageError(
            "a row is used before it is known",
            where=f"day {told(day)}, row {row}, columns {', '.join(str(c) for c in table.columns if c != known_at)}",
            got=f"known since {told(since)}, {since - day} later",
            expected=f"{known_at} <= day ({len(late)} of {len(table)} rows are not)",
        )


def _require_before(used: pd.Series[Any], since: Any, asset: Hashable) -> None:
    """The values used of one asset against the time each was first known."""
    days = used.index.to_numpy()
    late = np.ones(len(used), bool) if since is None else ~(since <= days)  # NaT: nobody ever knew it
    if late.any():
        row = int(np.flatnonzero(late)[0])
        first = "never" if since is None or since[row] != since[row] else f"since {told(since[row])} only"
        raise LeakageError(
            "a value is used before it is known",
            where=f"day {told(used.index[row])}, column {asset}",
            got=f"{used.iloc[row]}, known {first}",
            expected="a value that was known by that day",
            hint=None if first == "never" else "a revised value? use the one that was available then",
        )


def told(day: Any) -> str:
    """A day as it is written in messages."""
    return str(day.astype("datetime64[D]") if isinstance(day, np.datetime64) else day).removesuffix(" 00:00:00")
