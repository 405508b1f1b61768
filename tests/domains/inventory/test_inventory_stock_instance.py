"""Demand paths: what is accepted, what is refused and with which words, what a view tells."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.stock.instance import StockPath
from headway.errors import InstanceError


@pytest.mark.parametrize(
    ("field", "value", "where", "expected"),
    [
        ("demand", -1.0, r"demand\[0, 2, 1\]", ">= 0"),
        ("demand", np.nan, r"demand\[0, 2, 1\]", ">= 0"),
        ("holding", -0.1, r"holding\[0, 1\]", ">= 0"),
        ("keep", 1.1, r"keep\[0, 1\]", r"\[0, 1\]"),
        ("scale", 0.0, r"scale\[0, 1\]", "> 0"),
        ("lead_time", -1, r"lead_time\[0, 1\]", "whole periods"),
        ("start", 4, r"start\[0\]", "start <"),
        ("warmup", 4, r"warmup\[0\]", "warmup <"),
    ],
)
def test_impossible_values_are_refused_with_their_place(stock_path, field, value, where, expected):
    arrays = stock_path(np.ones((4, 2))).arrays()
    bad = arrays[field].copy()
    bad[(0, 2, 1)[: bad.ndim] if field == "demand" else (0, 1)[: bad.ndim]] = value
    with pytest.raises(InstanceError, match=where) as error:
        StockPath(**arrays | {field: bad})
    assert expected.replace("\\", "") in str(error.value)


def test_a_lead_time_of_the_wrong_type_is_refused(stock_path):
    arrays = stock_path(np.ones(4)).arrays()
    with pytest.raises(InstanceError, match="lead_time") as error:
        StockPath(**arrays | {"lead_time": np.array([[1.5]])})
    assert "signed integer" in str(error.value)


def test_fields_that_do_not_fit_are_refused(stock_path):
    arrays = stock_path(np.ones((4, 2))).arrays()
    with pytest.raises(InstanceError, match="penalty") as error:
        StockPath(**arrays | {"penalty": np.ones((1, 3))})
    assert "I=2" in str(error.value)


def test_names_and_dates_are_checked(stock_path):
    arrays = stock_path(np.ones((3, 2)), dates=["2024-01-01", "2024-01-02", "2024-01-03"]).arrays()
    with pytest.raises(InstanceError, match="items"):
        StockPath(**arrays | {"items": np.array([["bread", "bread"]])})
    for wrong in (["2024-01-01", "2024-01-01", "2024-01-03"], ["2024-01-01", "NaT", "2024-01-03"]):
        with pytest.raises(InstanceError, match="dates"):
            StockPath(**arrays | {"dates": np.array([wrong], "datetime64[D]")})


def test_rows_of_a_batch_begin_together(stock_path):
    whole = StockPath.concat([stock_path(np.ones(4), start=1), stock_path(np.ones(4), start=1)])
    assert whole.horizon == 3
    with pytest.raises(InstanceError, match="one start"):
        StockPath.concat([stock_path(np.ones(4), start=1), stock_path(np.ones(4), start=2)])


def test_a_view_knows_demand_before_and_the_calendar_up_to_now(stock_path):
    covariates = np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1)
    path = stock_path(
        [1.0, 2.0, 3.0, 4.0], dates=np.arange("2024-01-01", "2024-01-05", dtype="M8[D]"), covariates=covariates
    )
    view = path.until(2)
    assert view.demand[0, :, 0].tolist() == [1, 2]
    assert view.dates[0].astype(str).tolist() == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert view.covariates[0, :, 0, 0].tolist() == [0, 1, 2]
