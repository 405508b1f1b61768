"""Tables that users hand over, CSV or Parquet: a bad cell is quoted with its file, row and column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

FIRST_ROW = 2  # row 1 is the header
EMPTY = ("", "nan", "na", "null", "none")


def read_table(path: Path) -> pd.DataFrame:
    """The table; cells of a CSV are text, so that a bad one can be quoted as it stands. Raises DataError."""
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
        raw = pd.read_csv(path, header=None, dtype=str, skip_blank_lines=False, keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' and pyarrow's own errors are ValueErrors
        raise DataError("the table cannot be read", where=path, got=error, expected="a CSV or Parquet file") from error
    header = [str(name).strip() for name in raw.iloc[0]]
    if len(set(header)) < len(header):
        raise DataError("a column appears twice", where=f"{path}, row 1", got=header, expected="unique names")
    return raw.iloc[1:].set_axis(header, axis=1).reset_index(drop=True)


def column_of(path: Path, frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column by name. Raises UnknownNameError."""
    if name not in frame.columns:
        raise UnknownNameError("column", name, map(str, frame.columns), where=f"{path}, row 1")
    return frame[name]


def dates_of(path: Path, column: pd.Series[Any]) -> NDArray[np.datetime64]:
    """datetime64[D], none of them in the future. Raises DataError."""
    return times_of(path, column).astype("datetime64[D]")


def times_of(path: Path, column: pd.Series[Any]) -> NDArray[np.datetime64]:
    """datetime64[s]; a date without a time is its midnight. Raises DataError."""
    import pandas as pd

    if isinstance(column.dtype, pd.DatetimeTZDtype) or (column.dtype.kind != "M" and _zoned(column)):
        hint = "convert them to the exchange's local time and leave the offset out"
        raise DataError("times have a time zone", where=f"{path}, column {column.name}", expected="none", hint=hint)
    times = pd.to_datetime(column, errors="coerce", format=None if column.dtype.kind == "M" else "ISO8601")
    refuse(path, column, times.isna().to_numpy(), "a date, YYYY-MM-DD")
    values: NDArray[np.datetime64] = times.to_numpy().astype("datetime64[s]")
    tomorrow = np.datetime64("today", "D") + 1  # somewhere it has begun
    refuse(path, column, values >= tomorrow + 1, f"a date before {tomorrow + 1}", what="a date lies in the future")
    return values


def numbers_of(path: Path, column: pd.Series[Any]) -> NDArray[np.float64]:
    """float64; an empty cell is NaN. Raises DataError where a cell is something else than a number."""
    import pandas as pd

    if column.dtype.kind in "fiu":
        return column.to_numpy(np.float64)
    numbers: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    text = column.fillna("").astype(str).str.strip().str.lower()
    refuse(path, column, np.isnan(numbers) & ~text.isin(EMPTY).to_numpy(), "a number")
    return numbers


def refuse(
    path: Path, column: pd.Series[Any], bad: NDArray[np.bool_], expected: str, *,
    what: str = "a cell cannot be read", hint: str | None = None,
) -> None:  # fmt: skip
    """Raise DataError with the place and the content of the first ``bad`` cell [rows]."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        where = f"{path}, row {row + FIRST_ROW}, column {column.name}"
        raise DataError(what, where=where, got=repr(column.iloc[row]), expected=expected, hint=hint)


def _zoned(column: pd.Series[Any]) -> bool:
    """Whether any cell ends like a time with an offset."""
    return bool(column.astype(str).str.contains(r":\d\d(?:\.\d+)?\s*(?:Z|[+-]\d\d:?\d\d)$", regex=True).any())
