"""Other data: what was known at each close, and no more."""

from __future__ import annotations

import sys
import types

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.known import Known
from headway.domains.portfolio.market.market import Market
from headway.domains.portfolio.market.point_in_time import PointInTime
from headway.errors import CapabilityError, ConfigError, DataError, UnknownNameError

HEADER = "available_at,date,asset,name,value\n"
GOOD = (
    HEADER
    + """2020-01-03,2020-01-01,A,esg,50
2020-01-07 09:00,2020-01-05,A,esg,60
2020-01-09 17:00,2020-01-05,A,esg,61
2020-01-06,2020-01-06,B,mood,-0.5
"""
)


def market(days=10, first="2020-01-01"):
    """Two assets on consecutive days."""
    dates = np.datetime64(first) + np.arange(days)
    return Market(dates, ("A", "B"), np.zeros((days, 2)), np.zeros(days), "test")


def table(folder, content, **options):
    """A table from this text."""
    file = folder / "facts.csv"
    file.write_text(content)
    return PointInTime(path=file, **options)


def test_values_are_those_known_at_the_close(tmp_path):
    """By hand: a value from its day on, the newer date when it is out, the revision a day after 17:00."""
    joined = table(tmp_path, GOOD).join(market())
    names, signals = list(joined.rest["signal_names"]), joined.rest["signals"]
    assert names == ["esg", "mood"]
    nan = np.nan
    np.testing.assert_array_equal(signals[:, 0, 0], [nan, nan, 50, 50, 50, 50, 60, 60, 60, 61])
    np.testing.assert_array_equal(signals[:, 1, 1], [nan] * 5 + [-0.5] * 5)
    assert np.isnan(signals[:, 1, 0]).all()
    assert np.isnan(signals[:, 0, 1]).all()
    assert any("facts.csv" in sentence for sentence in joined.caveats)


def test_stale_values_are_dropped(tmp_path):
    """Two days after the described date, not after it became known."""
    signals = table(tmp_path, GOOD, stale=2).join(market()).rest["signals"]
    nan = np.nan
    np.testing.assert_array_equal(signals[:, 0, 0], [nan, nan, 50, nan, nan, nan, 60, nan, nan, nan])


def test_a_late_revision_of_an_old_date_replaces_nothing_newer(tmp_path):
    """The value of the latest date stays the last known one."""
    text = GOOD + "2020-01-08,2020-01-01,A,esg,1\n"
    np.testing.assert_array_equal(
        table(tmp_path, text).join(market()).rest["signals"], table(tmp_path, GOOD).join(market()).rest["signals"]
    )


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(-9, 9)), max_size=25),
    st.integers(1, 20) | st.none(),
)
@settings(max_examples=60, deadline=None)
def test_the_join_is_what_a_reader_of_each_day_would_do(rows, stale):
    """Against a plain loop over days; rows (available, date, value) on integers for days, dates not later."""
    rows = list({(a, min(a, d)): v for a, d, v in rows}.items())
    origin = np.datetime64("2020-01-01")
    available = (origin + np.array([a for (a, _), _ in rows], int)).astype("datetime64[s]")
    date = origin + np.array([d for (_, d), _ in rows], int)
    none = np.full(len(rows), "x", object)
    known = Known(available, date, none, none, np.array([float(v) for _, v in rows]))
    closes = (origin + np.arange(35)).astype("datetime64[s]")
    expected = []
    for day in range(35):
        seen = [(d, a, v) for (a, d), v in rows if a <= day]
        best = max(seen, default=None)
        expected.append(np.nan if best is None or (stale is not None and day - best[0] > stale) else best[2])
    np.testing.assert_array_equal(known.as_of(closes, stale), expected)


@pytest.mark.parametrize(
    ("text", "options", "parts"),
    [
        (GOOD.replace("2020-01-03,2020-01-01", "2020-01-03,2020-01-04"), {},
         ["known before its date", "row 2", "column available_at", "'2020-01-03'", "early=true"]),
        (GOOD.replace("2020-01-07 09:00", "2999-01-07"), {}, ["in the future", "row 3", "'2999-01-07'"]),
        (GOOD.replace("60", "sixty"), {}, ["row 3", "column value", "'sixty'", "a number"]),
        (GOOD.replace("60", ""), {}, ["row 3", "column value", "leave a row out"]),
        (GOOD.replace("2020-01-09 17:00", "2020-01-07 09:00"), {}, ["stands there twice", "row 4", "esg"]),
        (GOOD.replace("2020-01-09 17:00", "2020-01-09 17:00+02:00"), {}, ["time zone", "local time"]),
        (GOOD.replace("2020-01-05,A,esg,60", "soon,A,esg,60"), {}, ["row 3", "column date", "'soon'"]),
        (GOOD.replace(",A,", ",C,").replace(",B,", ",D,"), {}, ["no row is about an asset", "['C', 'D']", "A, B"]),
        (GOOD, {"asset": "ticker"}, ["unknown column 'ticker'", "row 1"]),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(tmp_path, text, options, parts):
    """With file, row, column, what was found and what was expected."""
    with pytest.raises((DataError, UnknownNameError)) as caught:
        table(tmp_path, text, **options).join(market())
    for part in ["facts.csv", *parts]:
        assert part in str(caught.value)


def test_declared_forecasts_are_allowed(tmp_path):
    """A value for a later date is known from when it was published."""
    text = HEADER + "2020-01-02,2020-02-01,A,outlook,3\n"
    signals = table(tmp_path, text, early=True).join(market()).rest["signals"]
    np.testing.assert_array_equal(signals[:, 0, 0], [np.nan] + [3.0] * 9)


def test_parquet_and_a_value_column_as_name(tmp_path):
    """Times stay times, and a table of one signal needs no name column."""
    file = tmp_path / "esg.parquet"
    day = pd.Timestamp("2020-01-02 16:00")
    pd.DataFrame({"available_at": [day], "date": [day.normalize()], "asset": ["B"], "esg": [7.0]}).to_parquet(file)
    joined = PointInTime(path=file, name=None, value="esg").join(market())
    assert list(joined.rest["signal_names"]) == ["esg"]
    np.testing.assert_array_equal(joined.rest["signals"][:, 1, 0], [np.nan] + [7.0] * 9)


def test_a_problem_sees_its_tables(tmp_path):
    """Several tables by name; the paths carry the signals, and a view no more than it may."""
    (tmp_path / "a.csv").write_text(HEADER + "2014-06-02,2014-06-01,AAPL,esg,1\n2014-07-02,2014-07-01,AAPL,esg,2\n")
    (tmp_path / "b.csv").write_text(HEADER + "2014-06-02,2014-06-01,AMD,mood,5\n")
    signals = {"scores": {"path": str(tmp_path / "a.csv")}, "news": {"path": str(tmp_path / "b.csv"), "stale": 3}}
    problem = Allocation(signals=signals)
    path = problem.history("2014-06-01", "2014-08-01")
    assert list(path.signal_names[0]) == ["esg", "mood"]
    assert path.signals.shape == (1, path.length, 20, 2)
    day = list(path.dates[0]).index(np.datetime64("2014-07-01"))
    assert problem.view(path, day).signals[0, -1, 0, 0] == 1
    assert path.signals[0, day + 1, 0, 0] == 2
    with pytest.raises(ConfigError, match="its own signals"):
        Allocation(data="synthetic", signals=signals)
    with pytest.raises(UnknownNameError, match=r"problem\.signals\.scores\.pat"):
        _ = Allocation(signals={"scores": {"pat": "x"}}).market


TEXTS = HEADER.replace("value", "body") + "2020-01-03,2020-01-03,A,news,up\n2020-01-05,2020-01-05,A,news,down\n"


def test_texts_need_an_encoder(tmp_path, monkeypatch):
    """The package is named where it is missing."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(CapabilityError, match="sentence-transformers"):
        table(tmp_path, TEXTS, text="body", cache=tmp_path / "cache").join(market())


def test_texts_become_numbers_and_are_kept(tmp_path, monkeypatch):
    """Each text on its own: a later one does not change what an earlier one is; the second time nothing is encoded."""
    asked = []

    class Encoder:
        def __init__(self, model):
            pass

        def encode(self, texts, normalize_embeddings):
            asked.append(list(texts))
            return np.array([np.random.default_rng(len(text)).normal(size=16) for text in texts])

    monkeypatch.setitem(sys.modules, "sentence_transformers", types.SimpleNamespace(SentenceTransformer=Encoder))
    options = {"text": "body", "numbers": 3, "cache": tmp_path / "cache"}
    joined = table(tmp_path, TEXTS, **options).join(market())
    assert list(joined.rest["signal_names"]) == ["news_0", "news_1", "news_2"]
    signals = joined.rest["signals"]
    assert np.isnan(signals[:2, 0]).all()
    assert (signals[2, 0] == signals[3, 0]).all()
    assert (signals[3, 0] != signals[4, 0]).all()
    first = table(tmp_path, TEXTS.rsplit("\n", 2)[0] + "\n", **options).join(market()).rest["signals"]
    np.testing.assert_allclose(first[3, 0], signals[3, 0], rtol=1e-12)
    assert asked == [["down", "up"], ["up"]]
    table(tmp_path, TEXTS, **options).join(market())
    assert len(asked) == 2
