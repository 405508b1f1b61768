"""Instances of laws and histories, their splits, refits and files."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.stock.problem import Backlog, LostSales
from headway.errors import CapabilityError, ConfigError, DataError, InstanceError
from headway.rollouts import rollout


@pytest.fixture(scope="module")
def restaurant():
    return LostSales(demand="restaurant", keep=0, lead_time=0, lags=7, horizon=30)


def test_a_law_gives_whole_numbers_in_lots_of_one():
    path = LostSales(items=2, horizon=50).instances("test", 3)
    assert path.demand.shape == (3, 50, 2)
    assert (path.demand % 1 == 0).all()
    assert (path.lot == 1).all()
    assert (path.scale == 5).all()
    assert (path.warmup == 10).all()
    assert (LostSales(demand="gamma").instances("test", 1).lot == 0).all()


def test_training_counts_every_period():
    assert (LostSales(warmup=7, horizon=9).instances("train", 2).warmup == 0).all()
    assert (LostSales(warmup=7, horizon=9).instances("validation", 2).warmup == 7).all()


def test_past_demands_need_known_periods():
    path = LostSales(lags=3, horizon=10).instances("train", 1)
    assert (path.first, path.length) == (3, 13)
    with pytest.raises(ConfigError, match="past demands"):
        LostSales(lags=3, lookback=2)
    with pytest.raises(ConfigError, match="no period is counted"):
        LostSales(horizon=10, warmup=10)


def test_lost_or_owed():
    assert LostSales().instances("train", 1).lost.all()
    assert not Backlog().instances("train", 1).lost.any()


def test_a_history_gives_windows_of_single_items_within_their_split(restaurant):
    spans = restaurant.spans
    for split in ("train", "validation", "test"):
        path = restaurant.instances(split, 8)
        assert path.demand.shape[1:] == (56 + 30, 1)
        first, last = (restaurant.series.dates[day] for day in spans[split])
        assert (path.dates[:, path.first] >= first).all()
        assert (path.dates[:, -1] <= last).all()
    assert spans["train"].last < spans["validation"].first <= spans["validation"].last < spans["test"].first


def test_the_history_is_one_row_of_all_items(restaurant):
    path = restaurant.history()
    assert path.demand.shape == (1, len(restaurant.series), 7)
    assert path.first == restaurant.spans["test"].first
    early = restaurant.history("2014-06-01", "2014-06-30")
    assert (str(early.dates[0, early.first]), str(early.dates[0, -1])) == ("2014-06-01", "2014-06-30")
    with pytest.raises(ConfigError, match="date cannot be read"):
        restaurant.history("June")
    with pytest.raises(InstanceError):
        restaurant.history("2013-10-05")
    with pytest.raises(CapabilityError, match="its demand is drawn"):
        LostSales().history()


def test_a_refit_sees_the_prefix_alone(restaurant):
    view = restaurant.view(restaurant.history(), 400)
    refit = restaurant.until(view)
    assert len(refit.series) == 400
    for split in ("train", "validation", "tuning", "test"):
        assert (refit.instances(split, 8).dates <= view.dates[0, 399]).all()
    assert refit.spans["train"].last < refit.spans["validation"].first
    short = restaurant.until(restaurant.view(restaurant.history(), 70))
    assert short.decided == 7
    assert len(short.instances("tuning", 2)) == 2
    assert LostSales().until(view) is not None


def test_a_rolling_window_is_all_that_is_known(restaurant):
    """The last 100 periods, and the usual demand of those of them that count; windows are as short as they must be."""
    known = restaurant.view(restaurant.history(), 400)
    view = restaurant.recent(known, 100)
    np.testing.assert_array_equal(view.demand, known.demand[:, 300:])
    np.testing.assert_array_equal(view.dates, known.dates[:, 300:])
    np.testing.assert_allclose(view.scale, known.demand[:, 400 - restaurant.known_before :].mean(axis=1))
    assert [str(restaurant.clock(view)[k]) for k in (0, -1)] == [str(known.dates[0, k]) for k in (300, 399)]
    refit = restaurant.until(view)
    assert len(refit.series) == 100
    assert (refit.instances("train", 8).dates >= known.dates[0, 300]).all()
    assert restaurant.recent(known, 4000).digest() == restaurant.recent(known, 400).digest()


def test_a_law_has_no_history_and_a_history_no_law(restaurant):
    with pytest.raises(CapabilityError, match="no law"):
        restaurant.law
    with pytest.raises(CapabilityError, match="no exact model"):
        restaurant.model()


def test_a_users_file_is_loaded_as_one_row(tmp_path):
    file = tmp_path / "sales.csv"
    dates = np.arange("2024-01-01", "2024-04-10", dtype="M8[D]")
    file.write_text("date,bread,rolls\n" + "".join(f"{d},{i % 7},{3 + i % 2}\n" for i, d in enumerate(dates)))
    problem = LostSales(lead_time=1)
    path = problem.load(file)
    assert path.items.tolist() == [["bread", "rolls"]]
    assert (path.first, path.length) == (56, 100)
    solution = rollout(problem.environment(), problem.baseline("base_stock", level=12.0), path).solution
    written = problem.write_solution(path, solution, tmp_path / "orders.csv")
    assert written.read_text().splitlines()[1].startswith("2024-02-26,bread,")
    file.write_text(file.read_text().replace("2024-01-09,1", "2024-01-09,-1"))
    with pytest.raises(DataError) as error:
        problem.load(file)
    assert "sales.csv, row 10, column bread" in str(error.value)


def test_fill_rates_of_resampled_periods(lost_sales):
    path = lost_sales.instances("test", 1)
    verdict = lost_sales.evaluate(
        path, rollout(lost_sales.environment(), lost_sales.baseline("base_stock", level=15.0), path).solution
    )
    resampled = lost_sales.measures({name: series[:, ::2] for name, series in verdict.series.items()})
    assert 0 < resampled["fill_rate"][0] <= 1
    assert lost_sales.measures(verdict.series)["fill_rate"] == pytest.approx(verdict.metrics["fill_rate"])
