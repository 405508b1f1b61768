"""Orders as a list in a CSV file."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.stock.orders import Orders, read_csv, write_csv
from headway.errors import SolutionError


@pytest.fixture
def path(stock_path):
    return stock_path(np.ones((4, 2)), start=1, dates=np.arange("2024-02-27", "2024-03-02", dtype="M8[D]"))


def test_orders_are_written_one_a_line_and_read_back(path, tmp_path):
    orders = Orders(np.array([[[1.5, 0.0], [0.0, 0.1 + 0.2], [-2.0, 0.0]]]))
    file = write_csv(path, orders, tmp_path / "orders.csv")
    lines = file.read_text().splitlines()
    assert lines == [
        "date,item,quantity",
        "2024-02-28,item 1,1.5",
        "2024-02-29,item 2,0.30000000000000004",
        "2024-03-01,item 1,-2.0",
    ]
    assert np.array_equal(read_csv(path, file).quantity, orders.quantity)


def test_without_a_calendar_periods_are_numbered(stock_path, tmp_path):
    path = stock_path([1.0, 1.0, 1.0], start=1)
    file = write_csv(path, Orders(np.array([[[0.0], [3.0]]])), tmp_path / "orders.csv")
    assert file.read_text().splitlines() == ["period,item,quantity", "2,item 1,3.0"]


def test_lines_and_columns_may_come_in_any_sequence(path, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("quantity,date,item\n2, 2024-03-01, item 2\n1,2024-02-28,item 1\n")
    assert read_csv(path, file).quantity[0].tolist() == [[1, 0], [0, 0], [0, 2]]


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        ("date,item,amount\n", "line 1", "other columns"),
        ("date,item,quantity\n2024-02-28,item 1\n", "line 2", "number of cells"),
        ("date,item,quantity\n2024-02-28,item 1,1\n2024-02-27,item 1,1\n", "line 3", "unknown date"),
        ("date,item,quantity\n2024-02-28,item 3,1\n", "line 2", "unknown item"),
        ("date,item,quantity\n2024-02-28,item 1,many\n", "line 2", "no number"),
        ("date,item,quantity\n2024-02-28,item 1,1\n\n", "line 3", "number of cells"),
        ("date,item,quantity\n2024-02-28,item 1,1\n2024-02-28,item 1,2\n", "line 3", "twice"),
    ],
)
def test_a_bad_line_is_named(path, tmp_path, lines, where, what):
    file = tmp_path / "orders.csv"
    file.write_text(lines)
    with pytest.raises(SolutionError, match=what) as error:
        read_csv(path, file)
    assert f"orders.csv, {where}" in str(error.value)


def test_quantities_of_another_type_are_refused():
    with pytest.raises(SolutionError, match="another type"):
        Orders(np.ones((1, 3), np.float64))
