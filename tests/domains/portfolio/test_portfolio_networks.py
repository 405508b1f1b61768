"""The networks: zero scores at first, any number of assets, no asset's place matters, equal sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.learned.recurrent import LSTMWindow, XLSTMWindow, matched, size
from headway.domains.portfolio.learned.xlstm import MLSTM, SLSTM
from headway.errors import CapabilityError

PROBLEM = Allocation(data="factors", window=3, lookback=130)
NAMES = ("asset_mlp", "eiie", "lstm_window", "xlstm_window", "vision", "transformer")
WINDOW = 20


def built(name, env_name="trade", **options):
    env = PROBLEM.environment(env_name, window=WINDOW)
    torch.manual_seed(0)
    return PROBLEM.network(name, **options).build(*env.spaces(env.prepare(PROBLEM.instances("train", 1))))


def observation(batch=3, assets=5):
    rng = np.random.default_rng(0)
    return {
        "assets": torch.tensor(rng.normal(size=(batch, assets, 12)), dtype=torch.float32),
        "weights": torch.tensor(rng.dirichlet(np.ones(assets + 1), batch), dtype=torch.float32),
        "traded": torch.ones((batch, assets), dtype=torch.int8),
        "window": torch.tensor(rng.normal(0, 0.02, (batch, assets, WINDOW)), dtype=torch.float32),
    }


def woken(network):
    """With a head that is not zero."""
    torch.nn.init.normal_(network.score.weight)
    return network


@pytest.mark.parametrize("name", NAMES)
def test_scores_start_at_zero_for_any_number_of_assets(name):
    """What training starts from is the base; the same network scores 5 assets and 9."""
    network = built(name)
    for assets in (5, 9):
        seen = observation(assets=assets)
        hidden = network.encode(seen)
        np.testing.assert_array_equal(network.actor(hidden).detach(), np.zeros((3, assets)))
        assert network.critic(hidden).shape == (3, 1)
        assert woken(built(name))(seen).std() > 0


@pytest.mark.parametrize("name", NAMES)
def test_numbered_actions_have_logits(name):
    """In `choose`, the same networks give a logit for each tilt."""
    assert built(name, "choose")(observation(assets=9)).shape == (3, 6)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "vision"])
def test_the_order_of_assets_means_nothing(name):
    """Permuted assets have permuted scores (a picture's columns have neighbours, so not those of `vision`)."""
    network, seen, order = woken(built(name)), observation(), [3, 0, 4, 1, 2]
    moved = {key: value[:, order] for key, value in seen.items() if key != "weights"}
    moved["weights"] = seen["weights"][:, [*order, 5]]
    with torch.no_grad():
        np.testing.assert_allclose(network(moved), network(seen)[:, order], atol=1e-5)


def test_attention_ignores_what_does_not_trade():
    """Scores of the others do not depend on it; where nothing trades, they are numbers all the same."""
    network, seen = woken(built("transformer")), observation()
    seen["traded"][:, 2] = 0
    other = {**seen, "assets": seen["assets"].clone()}
    other["assets"][:, 2] += 5
    rest = [0, 1, 3, 4]
    with torch.no_grad():
        np.testing.assert_allclose(network(other)[:, rest], network(seen)[:, rest], atol=1e-6)
        seen["traded"][:] = 0
        assert torch.isfinite(network(seen)).all()


def test_windows_are_asked_for():
    """A network that looks at prices says what is missing."""
    env = PROBLEM.environment()
    spaces = env.spaces(env.prepare(PROBLEM.instances("train", 1)))
    with pytest.raises(CapabilityError, match=r"env\.window"):
        PROBLEM.network("eiie").build(*spaces)


@pytest.mark.parametrize("parameters", [500, 2000, 8000])
def test_equal_parameter_counts(parameters):
    """LSTM and xLSTM of about as many parameters: no other width comes nearer."""
    for recipe in (LSTMWindow(), XLSTMWindow(), XLSTMWindow(blocks="s")):
        width = matched(recipe.encoder, parameters)
        apart = [abs(size(recipe.encoder(w)) - parameters) for w in (width - 1, width, width + 1)]
        assert apart[1] <= min(apart[0], apart[2])


def test_mlstm_is_its_recurrence():
    """The parallel form equals equations 19 to 27 step by step (C, n and the stabiliser m)."""
    torch.manual_seed(0)
    cell = MLSTM(4).double()
    torch.nn.init.normal_(cell.gates.weight)
    sequence = torch.randn(2, 7, 4, dtype=torch.float64)
    memory, norm, stable = torch.zeros(2, 4, 4).double(), torch.zeros(2, 4).double(), torch.full((2, 1), -torch.inf)
    for step in range(7):
        query, key, value, show = cell.projections(sequence[:, step]).chunk(4, dim=-1)
        enter, keep = cell.gates(sequence[:, step]).unbind(-1)
        kept = torch.nn.functional.logsigmoid(keep)[:, None] + stable
        after = torch.maximum(kept, enter[:, None])
        key = key / 2.0
        memory = (kept - after).exp()[..., None] * memory + (enter[:, None] - after).exp()[..., None] * (
            value[:, :, None] * key[:, None, :]
        )
        norm = (kept - after).exp() * norm + (enter[:, None] - after).exp() * key
        below = torch.maximum((norm * query).sum(1, keepdim=True).abs(), (-after).exp())
        hidden = show.sigmoid() * (memory @ query[..., None])[..., 0] / below
        stable = after
        torch.testing.assert_close(cell(sequence)[:, step], hidden)


def test_slstm_is_its_equations_without_the_stabiliser():
    """Equations 8 to 14 with plain exponentials: the stabiliser changes no output."""
    torch.manual_seed(0)
    cell = SLSTM(3).double()
    sequence = torch.randn(2, 6, 3, dtype=torch.float64)
    hidden = memory = norm = torch.zeros(2, 3, dtype=torch.float64)
    for step in range(6):
        update, write, keep, show = (cell.inputs(sequence[:, step]) + cell.recurrent(hidden)).chunk(4, dim=-1)
        memory = keep.sigmoid() * memory + write.exp() * update.tanh()
        norm = keep.sigmoid() * norm + write.exp()
        hidden = show.sigmoid() * memory / norm
        torch.testing.assert_close(cell(sequence)[:, step], hidden)
