"""The two layouts of a table of prices: one column an asset ("wide"), or one row a date and asset ("long")."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.market.market import PriceTable
from headway.domains.portfolio.market.tables import FIRST_ROW, column_of, dates_of, numbers_of, read_table, refuse
from headway.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def read_wide(path: Path, date: str, suffix: str | None) -> tuple[PriceTable, Floats | None]:
    """Prices [T + 1, N], and volumes like them from the columns whose names end in ``suffix``. Raises DataError."""
    frame = read_table(path)
    dates = dates_of(path, column_of(path, frame, date))
    columns = [str(name) for name in frame.columns if name != date]
    names = [name for name in columns if suffix is None or not name.endswith(suffix)]
    prices = _values(path, frame, names)
    rows = np.broadcast_to(np.arange(len(dates))[:, None] + FIRST_ROW, prices.shape)
    volume = None if suffix is None else _volumes(path, frame, [name + suffix for name in names], prices)
    return PriceTable(dates, tuple(names), prices, rows), volume


def read_long(path: Path, date: str, asset: str, price: str, volume: str | None) -> tuple[PriceTable, Floats | None]:
    """Prices [T + 1, N], NaN where a pair of date and asset has no row, and volumes like them. Raises DataError."""
    import pandas as pd

    frame = read_table(path)
    key = pd.DataFrame({"date": dates_of(path, column_of(path, frame, date)), "asset": column_of(path, frame, asset)})
    twice = np.flatnonzero(key.duplicated())
    if len(twice):
        raise DataError(
            "an asset has two prices on one date",
            where=f"{path}, row {twice[0] + FIRST_ROW}",
            got=f"{key['asset'].iloc[twice[0]]} on {key['date'].iloc[twice[0]].date()}",
            expected="one row per date and asset",
        )
    key["price"], key["row"] = _values(path, frame, [price])[:, 0], np.arange(len(key)) + FIRST_ROW
    if volume is not None:
        key["volume"] = _volumes(path, frame, [volume], key[["price"]].to_numpy())[:, 0]
    wide = key.pivot(index="date", columns="asset")  # sorts the dates
    names = tuple(str(name) for name in wide["price"].columns)
    rows = wide["row"].fillna(0).to_numpy(np.intp)
    table = PriceTable(wide.index.to_numpy().astype("datetime64[D]"), names, wide["price"].to_numpy(np.float64), rows)
    return table, None if volume is None else wide["volume"].to_numpy(np.float64)


def _values(path: Path, frame: pd.DataFrame, names: list[str]) -> Floats:
    """float64 [rows, columns]."""
    columns = [numbers_of(path, column_of(path, frame, name)) for name in names]
    return np.array(columns, np.float64).reshape(len(names), -1).T


def _volumes(path: Path, frame: pd.DataFrame, names: list[str], prices: Floats) -> Floats:
    """The same of volumes: a finite number >= 0 wherever there is a price. Raises DataError."""
    values = _values(path, frame, names)
    for name, volume, price in zip(names, values.T, prices.T, strict=True):
        wrong = np.isfinite(price) & ~(np.isfinite(volume) & (volume >= 0))
        refuse(path, frame[name], wrong, "a finite number >= 0 where there is a price", what="a volume is impossible")
    return values
