"""Demand from a user's own tables: what is read, and what is refused with its file, row and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headway.components import build
from headway.domains.inventory.demand.file import File
from headway.errors import ConfigError, DataError, UnknownNameError

WIDE = """date,bread,rolls
2024-01-01,5,0
2024-01-02,6.5,1
2024-01-03,7,2
"""
LONG = """day,product,sold,promoted
2024-01-01,bread,5,0
2024-01-01,rolls,0,1
2024-01-02,bread,6.5,1
2024-01-02,rolls,1,0
2024-01-03,bread,7,0
2024-01-03,rolls,2,0
"""
CALENDAR = """date,holiday,rain
2023-12-31,0,4
2024-01-01,1,2
2024-01-02,0,4
2024-01-03,0,9
2024-01-04,0,1
"""
LONG_OPTIONS = {"item": "product", "date": "day", "demand": "sold"}


def write(folder: Path, text: str | bytes, name: str = "demand.csv") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_wide_and_long_are_the_same_demand(tmp_path):
    """Sorted by date or by item, with quotes, blank lines, a mark of byte order and Windows line ends."""
    wide = File(path=write(tmp_path, WIDE)).history()
    np.testing.assert_array_equal(wide.demand, [[5, 0], [6.5, 1], [7, 2]])
    assert list(wide.items) == ["bread", "rolls"]
    head, *rows = LONG.splitlines()
    by_item = "\n".join([head, *sorted(rows, key=lambda row: row.split(",")[1])])
    odd = b"\xef\xbb\xbf" + WIDE.replace("\n", "\r\n\r\n").replace("bread", '"bread"').encode()
    for other in (
        File(path=write(tmp_path, LONG, "long.csv"), **LONG_OPTIONS).history(),
        File(path=write(tmp_path, by_item, "items.csv"), **LONG_OPTIONS).history(),
        File(path=write(tmp_path, odd, "odd.csv")).history(),
        File(path=write(tmp_path, WIDE.replace(",", ";"), "semicolons.csv"), delimiter=";").history(),
    ):
        for name in ("dates", "items", "demand"):
            np.testing.assert_array_equal(getattr(other, name), getattr(wide, name))


def test_covariates_of_table_calendar_and_season(tmp_path):
    """The table's own by item, the calendar's by date, weekday and year; 0/1 stay, others are in deviations."""
    history = File(
        path=write(tmp_path, LONG),
        calendar=write(tmp_path, CALENDAR.replace("date", "day"), "calendar.csv"),
        covariates=("promoted",),
        **LONG_OPTIONS,
    ).history()
    assert history.names[:4] == ("promoted", "holiday", "rain", "monday")
    assert history.covariates.dtype == np.float32
    np.testing.assert_array_equal(history.covariates[..., 0], [[0, 1], [1, 0], [0, 0]])
    np.testing.assert_array_equal(history.covariates[:, 1, 1], [1, 0, 0])
    # The first 60 % of the calendar's five rows hold 4, 2, 4: mean 10/3, deviation sqrt(8)/3.
    expected = (np.array([2, 4, 9]) - 10 / 3) / (np.sqrt(8) / 3)
    np.testing.assert_allclose(history.covariates[:, 0, 2], expected, rtol=1e-6)
    weekdays = history.covariates[:, 0, 3:10]
    np.testing.assert_array_equal(weekdays.argmax(axis=1), [0, 1, 2])  # 1 January 2024 was a Monday
    np.testing.assert_array_equal(weekdays.sum(axis=1), 1)
    assert any("forecast" in caveat for caveat in history.caveats)


def test_weekly_data_has_no_weekday(tmp_path):
    """Periods of seven days, and columns that are no items."""
    text = "date,note,a\n2024-01-01,x,1\n2024-01-08,y,2\n"
    history = File(path=write(tmp_path, text), every=7, ignore=("note",)).history()
    assert history.names == ("year_sin", "year_cos")
    assert history.every == 7
    bare = File(path=write(tmp_path, text), every=7, ignore=("note",), seasons=False).history()
    assert bare.covariates.shape == (2, 1, 0)


@pytest.mark.parametrize(
    ("before", "after", "place", "rule"),
    [
        ("6.5,1", "-6.5,1", "row 3, column bread", "0 or more"),
        ("6.5,1", ",1", "row 3, column bread", "not an empty cell"),
        ("6.5,1", "nan,1", "row 3, column bread", "finite"),
        ("7,2", "7,inf", "row 4, column rolls", "finite"),
        ("6.5,1", "many,1", "row 3, column bread", "'many'"),
        ("6.5,1", '"6,5",1', "row 3, column bread", "'6,5'"),
        ("2024-01-02", "2024-01-04", "row 3, column date", "a gap in the dates"),
        ("2024-01-02", "2024-01-01", "row 3, column date", "not sorted and unique"),
        ("2024-01-02", "2023-12-31", "row 3, column date", "not sorted and unique"),
        ("2024-01-02", "02.01.2024", "row 3, column date", "YYYY-MM-DD"),
        ("2024-01-02", "2024-01", "row 3, column date", "YYYY-MM-DD"),
        ("2024-01-02", "2024-02-30", "row 3, column date", "YYYY-MM-DD"),
        ("6.5,1", "6.5", "row 3", "another number of cells"),
        ("6.5,1", "6.5,1,1", "row 3", "another number of cells"),
        ("rolls", "bread", "row 1", "appears twice"),
        ("date", "day", "row 1", "unknown column 'date'"),
        (WIDE, "date,bread\n", "demand.csv", "empty"),
        (WIDE, "date\n2024-01-01\n", "row 1", "no column is left"),
    ],
)
def test_a_wide_table_is_refused_with_its_place(tmp_path, before, after, place, rule):
    file = write(tmp_path, WIDE.replace(before, after, 1))
    with pytest.raises((DataError, UnknownNameError)) as caught:
        File(path=file).history()
    assert str(file) in str(caught.value)
    assert place in str(caught.value)
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "place", "rule"),
    [
        ("2024-01-02,rolls,1", "2024-01-02,rolls,-1", "row 5, column sold", "0 or more"),
        ("2024-01-02,rolls", "2024-01-01,rolls", "row 5, column day", "dates of rolls are not sorted and unique"),
        ("2024-01-02,rolls,1,0\n", "", "row 6, column day", "a gap in the dates of rolls"),
        ("2024-01-03,rolls,2,0\n", "", "long.csv", "items differ in their dates"),
        ("rolls,1", ",1", "row 5, column product", "the name of an item"),
        ("6.5,1", "6.5,", "row 4, column promoted", "not an empty cell"),
    ],
)
def test_a_long_table_is_refused_with_its_place(tmp_path, before, after, place, rule):
    file = write(tmp_path, LONG.replace(before, after, 1), "long.csv")
    with pytest.raises(DataError) as caught:
        File(path=file, covariates=("promoted",), **LONG_OPTIONS).history()
    assert str(file) in str(caught.value)
    assert place in str(caught.value)
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        (CALENDAR.replace("2024-01-02,0,4\n", ""), "calendar.csv", "no row of 2024-01-02"),
        (CALENDAR.replace("2024-01-02", "2024-01-01"), "row 4, column date", "later than the one above"),
        (CALENDAR.replace("2,0,4", "2,0,wet"), "row 4, column rain", "'wet'"),
        (CALENDAR.replace("holiday", "feast"), "row 1", "unknown column 'holiday'"),
    ],
)
def test_a_calendar_is_refused_with_its_place(tmp_path, text, place, rule):
    calendar = write(tmp_path, text, "calendar.csv")
    provider = File(path=write(tmp_path, WIDE), calendar=calendar, calendar_columns=("holiday", "rain"))
    with pytest.raises((DataError, UnknownNameError)) as caught:
        provider.history()
    assert str(calendar) in str(caught.value)
    assert place in str(caught.value)
    assert rule in str(caught.value)


def test_files_that_are_no_tables(tmp_path):
    """Another encoding, a folder, a name that is not there, a damaged archive."""
    latin = write(tmp_path, WIDE.replace("2024-01-02", "Mär").encode("latin-1"), "latin.csv")
    with pytest.raises(DataError, match=r"row 3[\s\S]*0xe4[\s\S]*UTF-8"):
        File(path=latin).history()
    damaged = write(tmp_path, b"\x1f\x8bno archive", "demand.csv.gz")
    for path in (tmp_path, tmp_path / "none.csv", damaged):
        with pytest.raises(DataError, match="cannot be read"):
            File(path=path).history()


def test_options_are_checked(tmp_path):
    """A misspelt option names the nearest; columns of no calendar make no sense."""
    file = write(tmp_path, WIDE)
    with pytest.raises(UnknownNameError, match="delimiter"):
        build(File, {"path": file, "delimeter": ";"}, where="problem.demand_options")
    with pytest.raises(ConfigError, match="calendar"):
        File(path=file, calendar_columns=("rain",))
    with pytest.raises(UnknownNameError, match="unknown column 'noet'"):
        File(path=file, ignore=("noet",)).history()
