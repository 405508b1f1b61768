"""Weights as files, the picture, and the network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from headway.domains.portfolio.allocation.reference import equal_weight
from headway.domains.portfolio.allocation.solution import read_csv
from headway.errors import SolutionError


@pytest.fixture
def held(small):
    """A path of three decisions, and weights with a row that orders nothing."""
    path = small.instances("validation", 1)
    solution = equal_weight(small.rules, path)
    weights = solution.weights.copy()
    weights[0, 1] = 0.0
    weights[0, 2] = np.random.default_rng(0).dirichlet(np.ones(21))
    return path, type(solution)(solution.dates, solution.assets, weights)


def test_csv_round_trip_is_exact(small, held, tmp_path):
    """What is written is read back bit for bit, empty rows included."""
    path, solution = held
    file = small.write_solution(path, solution, tmp_path / "weights.csv")
    back = small.read_solution(path, file)
    np.testing.assert_array_equal(back.weights, solution.weights)
    np.testing.assert_array_equal(back.dates, solution.dates)
    assert small.evaluate(path, back).objective == small.evaluate(path, solution).objective


def test_pandas_reads_the_csv(small, held, tmp_path):
    """A date index and one column per asset; no order is an empty row."""
    path, solution = held
    frame = pd.read_csv(small.write_solution(path, solution, tmp_path / "w.csv"), index_col="date", parse_dates=True)
    assert list(frame.columns) == [*path.assets[0], "cash"]
    assert frame.iloc[1].isna().all()
    np.testing.assert_allclose(frame.iloc[0, :-1], 0.05)
    np.testing.assert_array_equal(frame.index.to_numpy().astype("datetime64[D]"), solution.dates[0])


def test_columns_may_come_in_any_order(small, held, tmp_path):
    """A spreadsheet's order does not matter, names do."""
    path, solution = held
    file = small.write_solution(path, solution, tmp_path / "w.csv")
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    frame[sorted(frame.columns, reverse=True)].to_csv(file, index=False)
    np.testing.assert_array_equal(read_csv(path, file).weights, solution.weights)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda text: text.replace("AAPL", "APPL"), ["other columns", "line 1", "APPL"]),
        (lambda text: text.replace("0.05", "x", 1), ["line 2, column AAPL", "'x'"]),
        (lambda text: text.replace("0.05,", "", 1), ["line 2", "number of cells"]),
        (lambda text: text.replace("\n20", "\nx20", 1), ["line 2", "YYYY-MM-DD"]),
        (lambda text: "", ["other columns"]),
    ],
)
def test_bad_files_are_refused(small, held, tmp_path, change, parts):
    """The message names file, row and column."""
    path, solution = held
    file = small.write_solution(path, solution, tmp_path / "weights.csv")
    file.write_text(change(file.read_text()))
    with pytest.raises(SolutionError) as caught:
        small.read_solution(path, file)
    for part in ["weights.csv", *parts]:
        assert part in str(caught.value)


def test_missing_dates_are_refused_by_the_scorer(small, held, tmp_path):
    """A file with a row too few reads, and does not score."""
    path, solution = held
    file = small.write_solution(path, solution, tmp_path / "weights.csv")
    file.write_text("\n".join(file.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(SolutionError, match="do not fit"):
        small.evaluate(path, small.read_solution(path, file))


def test_the_picture_has_wealth_drawdown_and_weights(small, held):
    """Three panels: a log wealth axis with 1/N beside, drawdown from 0 down, weights that stack to 100 %."""
    path, solution = held
    wealth, drawdown, weights = small.render(path, solution).axes
    assert wealth.get_yscale() == "log"
    assert len(wealth.lines) == 2
    np.testing.assert_allclose(
        wealth.lines[1].get_ydata(), small.evaluate(path, solution).series["wealth"][0], rtol=1e-12
    )
    assert all(line.get_ydata().max() <= 0 for line in drawdown.lines)
    top = max(collection.get_paths()[0].vertices[:, 1].max() for collection in weights.collections)
    assert top == pytest.approx(100)


def test_shorts_hang_below_the_axis(small, held):
    """130/30: longs stack up to 130 %, shorts down to -30 %."""
    path, solution = held
    weights = solution.weights.copy()
    weights[0, :] = [*[0.13] * 10, *[-0.03] * 10, 0.0]
    *_, stack = small.render(path, type(solution)(solution.dates, solution.assets, weights)).axes
    heights = np.concatenate([c.get_paths()[0].vertices[:, 1] for c in stack.collections])
    assert (heights.max(), heights.min()) == pytest.approx((130, -30))


def test_the_network_starts_at_equal_weight_for_any_number_of_assets(small):
    """497 parameters in the actor; zero scores before training; the same network scores 5 or 20 assets."""
    import torch

    env = small.environment()
    network = small.network("asset_mlp").build(*env.spaces(env.prepare(small.instances("train", 1))))
    actor = [*network.trunk.parameters(), *network.score.parameters()]
    assert sum(p.numel() for p in actor) == 497
    for assets in (5, 20):
        observation = {"assets": torch.randn(3, assets, 12), "weights": torch.zeros(3, assets + 1)}
        hidden = network.encode(observation)
        assert network.actor(hidden).shape == (3, assets)
        assert (network.actor(hidden) == 0).all()
        assert network.critic(hidden).shape == (3, 1)


def test_the_network_treats_assets_alike(small):
    """Assets in another order get their scores in that order, and the same value."""
    import torch

    env = small.environment()
    network = small.network("asset_mlp", hidden=(8,)).build(*env.spaces(env.prepare(small.instances("train", 1))))
    torch.nn.init.normal_(network.score.weight)
    order = torch.randperm(20)
    features = torch.randn(2, 20, 12)
    one, other = (network.encode({"assets": f}) for f in (features, features[:, order]))
    torch.testing.assert_close(network.actor(other), network.actor(one)[:, order])
    torch.testing.assert_close(network.critic(other), network.critic(one))
