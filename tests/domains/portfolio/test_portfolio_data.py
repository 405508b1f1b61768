"""Providers: the bundled data as skfolio gives it, and what is refused of a user's own."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.cash import treasury_bills
from headway.domains.portfolio.market.files import File
from headway.domains.portfolio.market.providers import SP500, Factors
from headway.errors import ConfigError, DataError, InstanceError, UnknownNameError

GOOD = """date,AAA,BBB
2020-01-02,10,20.0
2020-01-03,11,19.0
2020-01-06,12.1,19.0
"""


def write(folder: Path, text: str, name: str = "prices.csv") -> Path:
    file = folder / name
    file.write_text(text)
    return file


@pytest.mark.parametrize(("provider", "loader"), [(SP500, "load_sp500_dataset"), (Factors, "load_factors_dataset")])
def test_bundled_prices_are_skfolios(provider, loader):
    """What is read without importing skfolio equals what skfolio's own loader gives."""
    import skfolio.datasets

    frame = getattr(skfolio.datasets, loader)()
    market = provider().market()
    np.testing.assert_array_equal(market.dates, frame.index[1:].to_numpy().astype("datetime64[D]"))
    assert market.assets == tuple(frame.columns)
    np.testing.assert_allclose(market.returns, frame.pct_change().to_numpy()[1:], rtol=0, atol=1e-14)


def test_bills_by_hand():
    """0.18 % in November 2018 over 21 days a month, the declared rate after it."""
    dates = np.array(["2018-11-15", "2018-12-03"], "datetime64[D]")
    rates = treasury_bills(dates, after=0.02)
    np.testing.assert_allclose((1 + rates) ** [21, 252], [1.0018, 1.02], rtol=1e-12)


def test_wide_long_and_parquet_agree(tmp_path):
    """The same prices in three forms are the same market."""
    wide = File(path=write(tmp_path, GOOD)).market()
    np.testing.assert_allclose(wide.returns, [[0.1, -0.05], [0.1, 0.0]], atol=1e-14)
    np.testing.assert_array_equal(wide.dates, np.array(["2020-01-03", "2020-01-06"], "datetime64[D]"))
    frame = pd.read_csv(tmp_path / "prices.csv", parse_dates=["date"])
    long = frame.melt("date", var_name="ticker", value_name="close")
    long.sample(frac=1, random_state=0).to_csv(tmp_path / "long.csv", index=False)
    frame.set_index("date").to_parquet(tmp_path / "prices.parquet")
    for other in (
        File(path=tmp_path / "long.csv", asset="ticker").market(),
        File(path=tmp_path / "prices.parquet").market(),
    ):
        assert other.assets == wide.assets
        np.testing.assert_array_equal(other.dates, wide.dates)
        np.testing.assert_array_equal(other.returns, wide.returns)


@pytest.mark.parametrize(
    ("text", "options", "parts"),
    [
        (GOOD.replace("19.0\n2020-01-06", "n.a.\n2020-01-06"), {}, ["row 3", "column BBB", "'n.a.'", "a number"]),
        (GOOD.replace("2020-01-06", "2020-13-06"), {}, ["row 4", "column date", "'2020-13-06'"]),
        (GOOD.replace("2020-01-06", "2020-01-03"), {}, ["row 4", "not sorted", "2020-01-03 after 2020-01-03"]),
        (GOOD.replace("2020-01-06", "2019-01-06"), {}, ["row 4", "2019-01-06 after 2020-01-03"]),
        (GOOD.replace("12.1", "-12.1"), {}, ["row 4, 2020-01-06", "column AAA", "-12.1", "above zero"]),
        (GOOD.replace("12.1", "inf"), {}, ["row 4", "column AAA", "inf"]),
        (GOOD.replace("12.1", ""), {}, ["row 4", "column AAA", "nan"]),
        (GOOD.replace("12.1", "22.1"), {}, ["row 4", "column AAA", "1.009", "+-0.8", "largest_move"]),
        ("date,AAA,BBB\n2020-01-02,1,\n2020-01-03,1,\n", {}, ["no prices at all", "['BBB']"]),
        (GOOD.replace("BBB", "AAA"), {}, ["appears twice", "row 1"]),
        (GOOD.replace("date,", "day,"), {}, ["unknown column 'date'", "row 1"]),
        ("date,AAA\n2020-01-02,1\n", {}, ["too little data", "1 dates x 1 assets"]),
        ("", {}, ["cannot be read"]),
        ("date,a,close\n2020-01-02,X,1\n2020-01-02,X,2\n", {"asset": "a"}, ["two prices", "row 3", "X on 2020-01-02"]),
        ("date,a,close\n2020-01-02,X,1\n2020-01-03,Y,2\n", {"asset": "a"}, ["2020-01-02, column Y", "nan"]),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(tmp_path, text, options, parts):
    """The message names file, row, column, what was found and what was expected."""
    file = write(tmp_path, text)
    with pytest.raises((DataError, UnknownNameError)) as caught:
        File(path=file, **options).market()
    for part in [str(file), *parts]:
        assert part in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    """So is one that is no Parquet."""
    with pytest.raises(DataError, match="cannot be read"):
        File(path=tmp_path / "none.csv").market()
    with pytest.raises(DataError, match="cannot be read"):
        File(path=write(tmp_path, "text", "x.parquet")).market()


def test_declared_moves_are_allowed(tmp_path):
    """A larger limit lets a doubling pass."""
    market = File(path=write(tmp_path, GOOD.replace("12.1", "22.1")), largest_move=2.0).market()
    assert market.returns[1, 0] == pytest.approx(22.1 / 11 - 1)


def test_a_users_file_is_an_instance(tmp_path):
    """`load` scores the whole file after the lookback, under the problem's own rules."""
    days = pd.bdate_range("2020-01-01", periods=80)
    prices = 100 * np.exp(np.random.default_rng(0).normal(0, 0.01, (80, 2)).cumsum(axis=0))
    frame = pd.DataFrame(prices, days, ["X", "Y"])
    frame.to_csv(tmp_path / "prices.csv", index_label="date")
    path = Allocation(lookback=20).load(tmp_path / "prices.csv")
    assert list(path.assets[0]) == ["X", "Y"]
    assert path.first == 19
    assert path.scored == 79 - 20
    problem = Allocation(
        data="file", data_options={"path": str(tmp_path / "prices.csv")}, lookback=20, window=1, every=5
    )
    assert len(problem.instances("test", 2)) == 2


def test_unknown_names_are_refused():
    """A provider or an option that does not exist, with the nearest that does."""
    with pytest.raises(UnknownNameError, match="sp500"):
        _ = Allocation(data="sp50").market
    with pytest.raises(UnknownNameError, match=r"problem\.data_options"):
        _ = Allocation(data_options={"paths": "x"}).market


def test_splits_are_by_time():
    """Every scored day of a window lies in its split; defaults are 1996-2012, 2013-2015 and 2016-2022."""
    problem = Allocation(window=6)
    years = {"train": (1996, 2012), "validation": (2013, 2015), "test": (2016, 2022), "tuning": (2013, 2015)}
    for split, (first, last) in years.items():
        path = problem.instances(split, 64)
        scored = path.dates[:, path.first + 1 :].astype("datetime64[Y]").astype(int) + 1970
        assert scored.min() >= first
        assert scored.max() <= last
        assert path.scored == 6 * 21
        assert path.first == 503


def test_the_whole_split_is_reached():
    """With windows as long as the split there is one, and one day longer there is none."""
    span = Allocation().spans["validation"]
    days = span.last - span.first + 1
    only = Allocation(every=days, window=1).instances("validation", 2)
    assert (only.dates[:, -1] == np.datetime64("2015-12-31")).all()
    with pytest.raises(InstanceError, match="does not fit into its split"):
        Allocation(every=days + 1, window=1).instances("validation", 2)


def test_history_is_scored_between_dates():
    """Days before the start are prefix; the default is the test split."""
    problem = Allocation()
    path = problem.history("2010-01-01", "2010-12-31")
    assert path.dates[0, path.first + 1] == np.datetime64("2010-01-04")
    assert path.dates[0, -1] == np.datetime64("2010-12-31")
    assert path.dates[0, 0] == np.datetime64("1990-01-03")
    default = problem.history()
    assert default.dates[0, default.first + 1] == np.datetime64("2016-01-04")
    with pytest.raises(ConfigError, match="YYYY-MM-DD"):
        problem.history("2010")
    with pytest.raises(InstanceError, match="too little is known"):
        problem.history("1990-06-01")


def test_a_path_that_ends_too_early_starts_later():
    """One day after the last decision would be traded at the last close: the start moves by a day."""
    full = Allocation().history("2010-01-01", "2010-12-31")
    assert full.scored == 252 == 12 * 21
    path = Allocation().history("2010-01-01", "2011-01-03")
    assert path.scored == 252
    assert path.dates[0, path.first + 1] == np.datetime64("2010-01-05")
    assert Allocation().history("2010-01-01", "2011-01-04").scored == 254


def test_a_refit_sees_the_view_only():
    """All splits of `until` lie in the view, whatever was configured."""
    problem = Allocation(window=6, train_until=datetime.date(2012, 12, 31))
    history = problem.history()
    view = problem.view(history, history.first)
    refit = problem.until(view)
    latest = {split: refit.instances(split, 32).dates.max() for split in ("train", "validation", "test", "tuning")}
    assert max(latest.values()) <= view.dates[0, -1]
    assert latest["train"] < refit.instances("validation", 32).dates[:, 504:].min()
    assert refit.rules == problem.rules


def test_same_close_must_be_said_twice():
    """Lag 0 needs its flag, and the caveats shout it; a lag beyond the period makes no sense."""
    with pytest.raises(ConfigError, match="same_close"):
        Allocation(execution_lag=0)
    assert any("SAME CLOSE" in sentence for sentence in Allocation(execution_lag=0, same_close=True).caveats)
    with pytest.raises(ConfigError, match="every"):
        Allocation(execution_lag=6, every=5)


@pytest.mark.parametrize(("lag", "words"), [(1, "at the close 1 day after"), (2, "at the close 2 days after")])
def test_caveats_say_when_trades_are_filled(lag, words):
    """Counted in days after the last close that a decision has seen."""
    assert words in " ".join(Allocation(execution_lag=lag).caveats)


def test_caveats_name_survivorship_costs_and_cash():
    """What a report has to print."""
    text = " ".join(Allocation(cash_after=0.01).caveats)
    for part in ("Survivorship", "Rounding", "10 bps", "2018-11", "1.00% a year", "sqrt(252)"):
        assert part in text
