"""`assert_causal` catches what it must, tells where and by how much, and accuses nobody else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from headway.errors import ConfigError, LeakageError
from headway.testing import assert_causal
from headway.testing.leaks import leaks, market

LEAKS = leaks()


@pytest.mark.parametrize("name", LEAKS)
def test_planted_leaks_are_caught(name):
    """With the day and what was done after it."""
    leak = LEAKS[name]
    with pytest.raises(LeakageError, match="the past depends on the future") as caught:
        assert_causal(leak.wrong, leak.data, **leak.options)
    for part in (leak.wrong.__name__, "only what is known after 20", "expected"):
        assert part in str(caught.value)


@pytest.mark.parametrize("name", LEAKS)
def test_the_honest_way_passes(name):
    """The same calculation without the leak."""
    leak = LEAKS[name]
    assert_causal(leak.honest, leak.data, **{"cuts": 30, **leak.options})


@pytest.mark.parametrize("seed", [1, 2])
def test_it_does_not_depend_on_one_market(seed):
    """Other walks: all eight are caught, and no honest way is accused."""
    for leak in leaks(seed).values():
        options = {"cuts": 10, **leak.options, "seed": seed}
        with pytest.raises(LeakageError):
            assert_causal(leak.wrong, leak.data, **options)
        assert_causal(leak.honest, leak.data, **options)


def test_the_message_says_which_day_which_column_and_by_how_much():
    """A value that reaches one day ahead, in one column, from the third day on."""
    prices = market()[0]

    def peeks(table):
        out = table.copy()
        out.loc[table.index[2:], "C"] = table["C"].shift(-1)
        return out

    with pytest.raises(LeakageError) as caught:
        assert_causal(peeks, prices)
    for part in ("peeks", "after 2020-01-06 was replaced", "day 2020-01-06, column C", "apart"):
        assert part in str(caught.value)


def test_cuts_can_be_named():
    """A leak of one day is missed by days elsewhere, and found by its own."""
    prices = market()[0]

    def once(table):
        out = table["A"].copy()
        if len(table) > 51:
            out.iloc[50] = table["A"].iloc[51]
        return out

    assert_causal(once, prices, cuts=prices.index[[10, 100, 200]])
    with pytest.raises(LeakageError, match="day 2020-03-11, column A"):
        assert_causal(once, prices, cuts=[prices.index[50]])


def test_arrays_are_taken_too():
    """Rows are days; results of any shape."""
    values = np.random.default_rng(0).normal(size=(40, 3))
    assert_causal(lambda x: np.cumsum(x, axis=0)[:, None, :], values)
    with pytest.raises(LeakageError, match="day 0, column 0"):
        assert_causal(lambda x: x - x.mean(axis=0), values)


def test_the_future_can_be_replaced_in_ones_own_way():
    """Where only some futures are possible."""
    seen = []

    def change(table, later, rng):
        seen.append(int(later.sum()))
        return table.mask(np.broadcast_to(later[:, None], table.shape), 1.0)

    flags = pd.DataFrame({"up": (np.arange(30) % 2).astype(float)})
    assert_causal(lambda table: table.cummax(), flags, cuts=[10, 20], change=change)
    assert seen == [19, 9]


def test_what_cannot_be_checked_says_so():
    """No days, no table, no such thing; a function that needs more days."""
    prices = market()[0]
    with pytest.raises(ConfigError, match="a result has no days"):
        assert_causal(lambda table: table.to_numpy().sum(), prices)
    with pytest.raises(ConfigError, match="no data to cut"):
        assert_causal(lambda table: table)
    with pytest.raises(ConfigError, match="what is this"):
        assert_causal(3)

    def needs(table):
        if len(table) < 50:
            raise ValueError("too short")
        return table

    with pytest.raises(ConfigError, match="name later ones in `cuts`"):
        assert_causal(needs, prices)
    assert_causal(needs, prices, cuts=prices.index[60:70])


def test_rows_must_be_known_on_their_day():
    """A table of what was used, with the time each row was known."""
    days = pd.bdate_range("2020-01-01", periods=4)
    table = pd.DataFrame({"esg": [1.0, 2, 3, 4], "available_at": days}, days)
    assert_causal(table)
    table.loc[days[2], "available_at"] = days[2] + pd.Timedelta(days=12)
    with pytest.raises(LeakageError) as caught:
        assert_causal(table)
    for part in ("day 2020-01-03, row 2, columns esg", "12 days", "1 of 4 rows"):
        assert part in str(caught.value)
    with pytest.raises(ConfigError, match="nothing says"):
        assert_causal(table[["esg"]])


def test_values_must_have_been_known():
    """A table of what was used against the point-in-time table: a revision too early, a value nobody published."""
    days = pd.bdate_range("2020-01-01", periods=6)
    known = pd.DataFrame({"available_at": days[[1, 4]], "asset": ["A", "A"], "value": [50.0, 61.0]})
    used = pd.DataFrame({"A": [np.nan, 50, 50, 50, 61, 61]}, days)
    assert_causal(used, known)
    with pytest.raises(LeakageError, match="day 2020-01-06, column A") as caught:
        assert_causal(used.assign(A=[np.nan, 50, 50, 61, 61, 61]), known)
    assert "61.0, known since 2020-01-07 only" in str(caught.value)
    with pytest.raises(LeakageError, match="never"):
        assert_causal(used.assign(A=[np.nan, 50, 50, 50, 7, 7]), known)
    with pytest.raises(LeakageError, match="column B"):
        assert_causal(used.rename(columns={"A": "B"}), known)
