"""Users' prices with volumes, suspensions, delistings and corporate actions, by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.files import File
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, TRADED
from headway.domains.portfolio.market.olps import OLPS
from headway.errors import DataError, UnknownNameError

SHARED = Path(__file__).parents[4] / "shared" / "data" / "portfolio" / "open"

# A trades all week; B is suspended on the 6th and 7th; C is listed on the 7th; D ends after the 6th.
GAPS = """date,A,B,C,D
2020-01-02,10,20,,40
2020-01-03,11,21,,44
2020-01-06,11,,,22
2020-01-07,11,,5,
2020-01-08,11,31.5,6,
"""
TAPE = """date,A,B
2020-01-02,100,50
2020-01-03,26,49
2020-01-06,26,48
"""
ACTIONS = "date,asset,kind,value\n2020-01-03,A,split,4\n2020-01-06,B,dividend,1.98\n"
LONG = """day,ticker,close,shares
2020-01-02,A,10,100
2020-01-02,B,20,0
2020-01-03,A,11,50
2020-01-03,B,22,10
"""


def file(folder, content, name="prices.csv", **options):
    """A provider of this text."""
    path = folder / name
    path.write_text(content)
    return File(path=path, **options)


def test_empty_cells_are_suspensions_and_listings(tmp_path):
    """Returns are 0 without a price, and the first price after a gap brings the whole move."""
    market = file(tmp_path, GAPS, gaps="suspend", delisting_return=-0.3).market()
    expected = [[0.1, 0.05, 0, 0.1], [0, 0, 0, -0.5], [0, 0, 0, -0.3], [0, 0.5, 0.2, 0]]
    np.testing.assert_allclose(market.returns, expected, atol=1e-14)
    t, s, g = TRADED, SUSPENDED, GONE
    np.testing.assert_array_equal(market.rest["status"], [[t, t, g, t], [t, s, g, t], [t, s, t, g], [t, t, t, g]])
    np.testing.assert_array_equal(market.rest["level"], [10, 20, 5, 40])
    assert any("Delisting: 1 assets" in sentence for sentence in market.caveats)
    assert any("on 2 days" in sentence for sentence in market.caveats)
    path = market.cut(np.arange(4)[None], np.array([0]))
    path.validate()
    np.testing.assert_allclose(path.prices()[0, -1, :3], [11, 31.5, 6])


def test_delistings_must_be_declared(tmp_path):
    """For all assets or by name; the place and what is usual are told."""
    with pytest.raises(DataError, match="2020-01-07, column D") as caught:
        file(tmp_path, GAPS, gaps="suspend").market()
    assert "delisting_return" in str(caught.value)
    with pytest.raises(DataError, match="column D"):
        file(tmp_path, GAPS, gaps="suspend", delisting_return={"A": 0.0}).market()
    market = file(tmp_path, GAPS, gaps="suspend", delisting_return={"D": -0.95}).market()
    assert market.returns[2, 3] == -0.95


def test_gaps_are_refused_by_default(tmp_path):
    """With the cell."""
    with pytest.raises(DataError, match="row 2, 2020-01-02, column C"):
        file(tmp_path, GAPS).market()


def test_actions_make_total_returns(tmp_path):
    """4 for 1 at 26 is a gain of 4 %; 1.98 on 48 after 49 is one of 2 %."""
    (tmp_path / "actions.csv").write_text(ACTIONS)
    market = file(tmp_path, TAPE, actions=tmp_path / "actions.csv").market()
    np.testing.assert_allclose(market.returns, [[0.04, -0.02], [0.0, 0.02]], atol=1e-14)
    assert any("actions.csv" in sentence for sentence in market.caveats)


def test_a_jump_needs_a_declared_split(tmp_path):
    """A fifth of the price, or five times as much; declared, it passes; declared but not in the prices, it does not."""
    down, up = TAPE.replace("26", "20"), TAPE.replace("26", "500")
    for text, value in ((down, 5), (up, 0.2)):
        with pytest.raises(DataError, match="row 3, 2020-01-03, column A") as caught:
            file(tmp_path, text).market()
        assert "declare the split" in str(caught.value)
        (tmp_path / "actions.csv").write_text(f"date,asset,kind,value\n2020-01-03,A,split,{value}\n")
        assert file(tmp_path, text, actions=tmp_path / "actions.csv").market().returns[0, 0] == pytest.approx(0)
    with pytest.raises(DataError, match="row 3, 2020-01-03, column A"):
        file(tmp_path, TAPE.replace("26", "101"), actions=tmp_path / "actions.csv", largest_move=0.7).market()


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (ACTIONS.replace("A,split", "Z,split"), ["unknown asset", "row 2", "column asset", "'Z'", "A, B"]),
        (ACTIONS.replace("split", "merger"), ["unknown kind", "row 2", "column kind", "'merger'", "split or dividend"]),
        (ACTIONS.replace("split,4", "split,-4"), ["impossible action", "row 2", "column value", "'-4'"]),
        (ACTIONS.replace("split,4", "split,"), ["impossible action", "row 2"]),
        (ACTIONS.replace("2020-01-03", "2020-01-04"), ["day without a price", "row 2", "'2020-01-04'"]),
        (ACTIONS + "2020-01-03,A,split,4\n", ["twice", "row 4", "split of A on 2020-01-03"]),
        (ACTIONS.replace("2020-01-03", "2999-01-03"), ["in the future", "row 2"]),
        (ACTIONS.replace("value", "ratio"), ["unknown column 'value'", "row 1"]),
    ],
)  # fmt: skip
def test_bad_actions_are_refused(tmp_path, content, parts):
    """With file, row and column."""
    (tmp_path / "actions.csv").write_text(content)
    with pytest.raises((DataError, UnknownNameError)) as caught:
        file(tmp_path, TAPE, actions=tmp_path / "actions.csv").market()
    for part in ["actions.csv", *parts]:
        assert part in str(caught.value)


def test_actions_outside_the_prices_are_left_out(tmp_path):
    """A list of actions may reach further than the prices."""
    (tmp_path / "actions.csv").write_text("date,asset,kind,value\n1999-01-04,A,split,2\n2020-01-20,B,dividend,1\n")
    market = file(tmp_path, TAPE.replace("26", "101"), actions=tmp_path / "actions.csv").market()
    np.testing.assert_allclose(market.returns[0], [0.01, -0.02])


def test_volumes_are_currency(tmp_path):
    """Shares times the price of the tape; 0 where nothing trades; wide and long agree."""
    options = {"date": "day", "asset": "ticker", "volume": "shares"}
    long = file(tmp_path, LONG, **options).market()
    np.testing.assert_array_equal(long.rest["volume"], [[550, 220]])
    money = file(tmp_path, LONG, **options, volume_unit="currency").market()
    np.testing.assert_array_equal(money.rest["volume"], [[50, 10]])
    wide = "day,A,B,A_volume,B_volume\n2020-01-02,10,20,100,0\n2020-01-03,11,22,50,10\n"
    same = file(tmp_path, wide, date="day", volume="_volume").market()
    assert same.assets == ("A", "B")
    np.testing.assert_array_equal(same.rest["volume"], long.rest["volume"])
    hole = LONG.replace("2020-01-03,B,22,10\n", "2020-01-06,A,11,5\n2020-01-06,B,22,10\n")
    gaps = file(tmp_path, hole, **options, gaps="suspend").market()
    np.testing.assert_array_equal(gaps.rest["volume"], [[550, 0], [55, 220]])


@pytest.mark.parametrize(
    ("content", "options", "parts"),
    [
        (LONG.replace("22,10", "22,"), {"volume": "shares"}, ["volume is impossible", "row 5", "column shares"]),
        (LONG.replace("22,10", "22,-1"), {"volume": "shares"}, ["row 5", "'-1'"]),
        (LONG.replace("22,10", "0,10"), {}, ["row 5", "2020-01-03", "column B", "0.0", "above zero"]),
        (LONG.replace("22,10", "221,10"), {}, ["row 5, 2020-01-03, column B", "10.05"]),
        (LONG.replace("22,10", "x,10"), {}, ["row 5, column close", "'x'"]),
        (LONG.replace("2020-01-03,B", "2999-01-03,B"), {}, ["in the future", "row 5, column day"]),
        (LONG.replace("2020-01-03,B", "2020-01-04,B"), {}, ["2020-01-03, column B", "nan"]),
        (LONG, {"volume": "turnover"}, ["unknown column 'turnover'"]),
        (LONG, {"calendar": "XNYS"}, []),
        (LONG.replace("2020-01-03", "2020-01-04"), {"calendar": "XNYS"}, ["XNYS", "2020-01-03, 2020-01-04"]),
    ],
)  # fmt: skip
def test_bad_long_tables_are_refused(tmp_path, content, options, parts):
    """Rows are those of the file, although the table is turned; calendars that differ are told apart."""
    provider = file(tmp_path, content, date="day", asset="ticker", **options)
    if not parts:
        assert len(provider.market().dates) == 1
        return
    with pytest.raises((DataError, UnknownNameError)) as caught:
        provider.market()
    for part in ["prices.csv", *parts]:
        assert part in str(caught.value)


def test_a_wide_parquet_with_gaps(tmp_path):
    """NaN in a Parquet file is an empty cell; dates need no text."""
    frame = pd.DataFrame({"A": [1.0, 1.1, 1.2], "B": [1.0, np.nan, 1.5]}, pd.bdate_range("2020-01-02", periods=3))
    frame.rename_axis("date").to_parquet(tmp_path / "prices.parquet")
    market = File(path=tmp_path / "prices.parquet", gaps="suspend").market()
    np.testing.assert_allclose(market.returns[:, 1], [0.0, 0.5])


def test_relatives_are_read(tmp_path):
    """Dates are invented and say so; cash earns nothing on them."""
    with gzip.open(tmp_path / "olps_tse.csv.gz", "wt") as stream:
        stream.write("A01,A02\n1.5,0.5\n0.9,1\n")
    market = OLPS(folder=tmp_path, name="tse").market()
    np.testing.assert_allclose(market.returns, [[0.5, -0.5], [-0.1, 0.0]])
    assert not market.dated
    assert any("invented" in sentence for sentence in market.caveats)
    problem = Allocation(data="olps", data_options={"folder": str(tmp_path), "name": "tse"})
    assert not problem.market.cash.any()
    assert any("Cash earns nothing" in sentence for sentence in problem.caveats)
    (tmp_path / "olps_djia.csv").write_text("A01\n1.5\n-1\n")
    with pytest.raises(DataError, match=r"olps_djia\.csv, row 3, column A01"):
        OLPS(folder=tmp_path, name="djia").market()
    with pytest.raises(DataError, match="cannot be read"):
        OLPS(folder=tmp_path, name="msci").market()


@pytest.mark.parametrize(
    ("name", "shape", "hold", "best", "constant"),
    [("nyse_o", (5651, 36), 14.50, 54.14, 27.08), ("djia", (507, 30), 0.76, 1.19, 0.81)],
)
def test_published_wealth_is_reproduced(name, shape, hold, best, constant):
    """Buy and hold, the best stock and uniform rebalancing without costs, as in the literature's tables."""
    if not SHARED.is_dir():
        pytest.skip(f"the OLPS relatives are not at {SHARED}")
    relatives = 1 + OLPS(folder=SHARED, name=name).market().returns
    assert relatives.shape == shape
    wealth = relatives.prod(axis=0)
    found = wealth.mean(), wealth.max(), relatives.mean(axis=1).prod()
    np.testing.assert_allclose(found, (hold, best, constant), atol=0.005)
