"""Histories: the bundled ones as they are, splits by date, and the windows cut from them."""

from __future__ import annotations

import csv
import dataclasses
import datetime

import numpy as np
import pytest

from headway.domains.inventory.demand.bundled import FOLDER, Bakery, Restaurant
from headway.domains.inventory.demand.history import History
from headway.domains.inventory.demand.windows import LEAST_SCALE, spans, whole, windows
from headway.errors import ConfigError, DataError, InstanceError, UnknownNameError


def small(periods: int = 100, items: int = 3) -> History:
    """Demand that tells period and item apart."""
    dates = np.datetime64("2024-01-01") + np.arange(periods)
    demand = 10.0 * np.arange(periods)[:, None] + np.arange(items)
    covariates = np.stack([demand, -demand], axis=2).astype(np.float32)
    return History(dates, np.array(["a", "b", "c"][:items]), demand, covariates, ("x", "y"))


def test_bakery_is_what_its_file_says():
    """105 series of 972 days; a cell read with the csv module; public holidays close all shops on Christmas Day."""
    history = Bakery().history()
    assert history.demand.shape == (972, 105)
    assert history.covariates.shape == (972, 105, len(history.names))
    with (FOLDER / "bakery_daily_demand.csv").open() as file:
        rows = list(csv.DictReader(file))
    item = list(history.items).index("s20_p110")
    np.testing.assert_array_equal(history.demand[:, item], [float(row["s20_p110"]) for row in rows])
    christmas = list(history.dates).index(np.datetime64("2016-12-25"))
    assert history.demand[christmas].sum() == 0
    assert history.covariates[christmas, 0, history.names.index("is_holiday")] == 1


def test_bakery_weekdays_come_from_the_dates():
    """The source's weekday column runs a day behind; Saturdays sell most and 2016-01-02 was one."""
    history = Bakery().history()
    saturday = history.covariates[:, 0, history.names.index("saturday")] == 1
    assert saturday[0]
    assert history.demand[saturday].mean() > 1.3 * history.demand[~saturday].mean()


def test_bakery_can_be_narrowed():
    """By shop and product; a name that is not there is refused with the nearest."""
    history = Bakery(shops=("s2", "s70"), products=("p109",)).history()
    assert list(history.items) == ["s2_p109", "s70_p109"]
    with pytest.raises(UnknownNameError, match="s71"):
        Bakery(shops=("s711",)).history()


def test_restaurant():
    """7 ingredients on 612 days; on days that it is closed, nothing is used."""
    history = Restaurant().history()
    assert history.demand.shape == (612, 7)
    closed = history.covariates[:, 0, history.names.index("is_closed")] == 1
    assert closed.sum() == 5
    assert history.demand[closed].sum() == 0
    assert any("forecast" in caveat for caveat in history.caveats)


def test_splits_are_by_date():
    """60, 20 and 20 % of the periods; or by date, both ends included; without later periods the held-out ones test."""
    history = small()
    split = spans(history, 10)
    assert {name: tuple(span) for name, span in split.items()} == {
        "train": (10, 59),
        "validation": (60, 79),
        "test": (80, 99),
        "tuning": (60, 79),
    }
    dated = spans(history, 10, datetime.date(2024, 1, 31), datetime.date(2024, 2, 10))
    assert tuple(dated["train"]) == (10, 30)
    assert tuple(dated["validation"]) == (31, 40)
    assert tuple(dated["test"]) == (41, 99)
    last = spans(history, 10, datetime.date(2024, 1, 31), datetime.date(2025, 1, 1))
    assert last["test"] == last["validation"]
    with pytest.raises(ConfigError, match="out of order"):
        spans(history, 10, datetime.date(2024, 3, 1), datetime.date(2024, 2, 1))


def test_windows_lie_in_their_span():
    """One item each; decided periods cover the span and nothing else, whatever is known before it."""
    history = small()
    cut = windows(history, spans(history, 10)["validation"], 400, np.random.default_rng(0), length=5, lookback=10)
    assert cut.demand.shape == (400, 15, 1)
    assert cut.covariates.shape == (400, 15, 1, 2)
    period, item = np.divmod(cut.demand[..., 0], 10)
    np.testing.assert_array_equal(np.diff(period, axis=1), 1)
    assert (cut.start == 10).all()
    decided = period[:, 10:]
    assert (decided.min(), decided.max()) == (60, 79)
    assert set(item[:, 0]) == {0, 1, 2}
    np.testing.assert_array_equal(cut.items[:, 0], np.array(["a", "b", "c"])[item[:, 0].astype(int)])
    np.testing.assert_array_equal(cut.dates, np.datetime64("2024-01-01") + period.astype(int))
    np.testing.assert_array_equal(cut.covariates[..., 0], cut.demand)
    np.testing.assert_allclose(cut.scale[:, 0], cut.demand[:, :10, 0].mean(axis=1))


def test_the_whole_history_is_one_row():
    """Everything up to the span's end, decided from its beginning; the scale is that of the days just before."""
    history = small()
    row = whole(history, spans(history, 10)["test"], lookback=10)
    np.testing.assert_array_equal(row.demand[0], history.demand)
    assert row.start.tolist() == [80]
    np.testing.assert_allclose(row.scale[0], history.demand[70:80].mean(axis=0))
    earlier = whole(history, spans(history, 10)["validation"], lookback=10)
    assert earlier.demand.shape == (1, 80, 3)


def test_an_item_that_sells_nothing_has_a_unit_of_measure():
    history = small()
    quiet = dataclasses.replace(history, demand=0 * history.demand)
    assert (whole(quiet, spans(quiet, 10)["test"], lookback=10).scale == LEAST_SCALE).all()


def test_scale_and_prefix_do_not_see_the_future():
    """Other demand from the first decided period on changes neither."""
    history = small()
    span = spans(history, 10)["test"]
    changed = history.demand.copy()
    changed[span.first :] = 7
    one, other = (whole(h, span, 10) for h in (history, dataclasses.replace(history, demand=changed)))
    np.testing.assert_array_equal(one.scale, other.scale)


def test_too_few_periods():
    """A window longer than its split; a decision before enough is known."""
    history = small()
    with pytest.raises(InstanceError, match="does not fit"):
        windows(history, spans(history, 10)["test"], 1, np.random.default_rng(0), length=21, lookback=10)
    with pytest.raises(InstanceError, match="too few periods"):
        whole(history, spans(history, 10)["test"], lookback=81)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("demand", -1.0, "2024-01-03, b"),
        ("demand", np.nan, "2024-01-03, b"),
        ("covariates", np.nan, "finite covariates"),
        ("dates", np.datetime64("2024-01-02"), "not sorted and unique"),
        ("dates", np.datetime64("2024-01-04"), "a gap in the dates"),
    ],
)
def test_impossible_histories_are_refused(field, value, message):
    history = small()
    array = getattr(history, field).copy()
    array[(2,) if field == "dates" else (2, 1)] = value
    with pytest.raises(DataError, match=message):
        dataclasses.replace(history, **{field: array})


def test_prefix_and_selection():
    """The first periods, and some items, with everything that belongs to them."""
    part = small().until(4).only([2, 0])
    assert part.demand.tolist() == [[2, 0], [12, 10], [22, 20], [32, 30]]
    assert list(part.items) == ["c", "a"]
    assert part.covariates.shape == (4, 2, 2)
    with pytest.raises(DataError, match="appears twice"):
        small().only([0, 0])
