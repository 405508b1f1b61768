"""Moments of a history, read and printed."""

from __future__ import annotations

import numpy as np
import pytest

from headway.clock import shown, within
from headway.errors import ConfigError

DAYS = np.arange(np.datetime64("2020-02-27"), np.datetime64("2020-04-03"))
HOURS = np.arange(0, 72 * 3600, 3600).astype("timedelta64[s]")


@pytest.mark.parametrize(
    ("first", "last", "ends"),
    [
        (None, None, ("2020-02-27", "2020-04-02")),
        ("2020-03-02", "2020-03-04", ("2020-03-02", "2020-03-04")),
        ("2020-03", "2020-03", ("2020-03-01", "2020-03-31")),
        ("2019", "2020", ("2020-02-27", "2020-04-02")),
        (None, "2020-02", ("2020-02-27", "2020-02-29")),
    ],
)
def test_dates_include_both_ends(first, last, ends):
    """A month or a year is all of its days."""
    found = DAYS[within(DAYS, first, last)]
    assert (str(found[0]), str(found[-1])) == ends


@pytest.mark.parametrize(
    ("first", "last", "hours"), [("1d", "1d 02h", [24, 25, 26]), ("90m", "2.5h", [2]), (3600, "7200", [1, 2])]
)
def test_times_since_the_start(first, last, hours):
    """In days, hours, minutes and seconds, or seconds alone."""
    assert np.arange(72)[within(HOURS, first, last)].tolist() == hours


def test_numbers_are_periods():
    """As many as there are."""
    assert within(np.arange(10), 3, "5") == slice(3, 6)
    assert within(np.arange(10), 8, 99) == slice(8, 10)
    assert within(np.arange(10), 12, 14) == slice(10, 10)
    assert within(np.arange(10), 5, 3) == slice(5, 5)


@pytest.mark.parametrize("clock", [DAYS, HOURS, np.arange(9)])
def test_what_is_printed_can_be_read(clock):
    """Each moment is found again."""
    for k in (0, 1, len(clock) - 1):
        assert within(clock, shown(clock[k]), shown(clock[k])) == slice(k, k + 1)


def test_times_are_printed_for_people():
    """Without what is zero."""
    assert [shown(np.timedelta64(s, "s")) for s in (0, 59, 3600, 90_061)] == ["0s", "59s", "1h", "1d 01h 01m 01s"]


@pytest.mark.parametrize(
    ("clock", "value", "expected"),
    [(DAYS, "Easter", "YYYY-MM-DD"), (HOURS, "noon", "1d 06h"), (np.arange(9), "x", "number")],
)
def test_what_cannot_be_read_is_refused(clock, value, expected):
    """With what was expected, and where it stands."""
    with pytest.raises(ConfigError, match="a moment cannot be read") as caught:
        within(clock, value, where="stress.crash")
    assert expected in str(caught.value)
    assert "stress.crash" in str(caught.value)
