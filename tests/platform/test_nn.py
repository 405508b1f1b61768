"""Generic networks: shapes, one-hot categories, memory, decoding, alignment and the guard against NaN."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from headway.components import build
from headway.errors import NumericalError, UnknownNameError
from headway.nn import NETWORKS
from headway.nn.aligned import ALIGNMENT, aligned
from headway.nn.decoding import Bounds, greedy, sample, uniforms
from headway.nn.guard import check_finite
from headway.nn.layers import Flatten, tower
from headway.nn.lstm import LSTM
from headway.nn.mlp import MLP
from headway.nn.network import outputs
from headway.problem import lookup

SPACE = spaces.Dict({"a": spaces.Box(-1, 1, (2, 2), np.float32), "b": spaces.Discrete(3), "c": spaces.MultiBinary(2)})
BOX = spaces.Box(np.array([-2, 0], np.float32), np.array([2, 10], np.float32))
OBSERVATION = {
    "a": torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]),
    "b": torch.tensor([2, 0]),
    "c": torch.tensor([[1, 0], [0, 1]], dtype=torch.int8),
}


def test_flatten():
    """Parts follow the order of the space; a category becomes a one-hot vector, stored as [B] or [B, 1]."""
    expected = [[1, 2, 3, 4, 0, 0, 1, 1, 0], [5, 6, 7, 8, 1, 0, 0, 0, 1]]
    flatten = Flatten(SPACE)
    assert flatten.features == 9
    assert flatten(OBSERVATION).tolist() == expected
    assert flatten({**OBSERVATION, "b": OBSERVATION["b"][:, None]}).tolist() == expected


@pytest.mark.parametrize(("space", "n"), [(spaces.Discrete(7), 7), (BOX, 2), (spaces.Box(0, 1, (2, 3)), 6)])
def test_outputs(space, n):
    """One logit per action, one mean per number of a box."""
    assert outputs(space) == n


@pytest.mark.parametrize("recipe", [MLP(hidden=(4,)), MLP(hidden=()), LSTM(memory=3, hidden=(4,))])
def test_shapes(recipe):
    """Actor [B, A] and critic [B, 1], and nearly equal logits before training."""
    network = recipe.build(SPACE, spaces.Discrete(5))
    hidden = network.encode(OBSERVATION)
    assert network.actor(hidden).shape == (2, 5)
    assert network.critic(hidden).shape == (2, 1)
    assert network.sized
    assert network.actor(hidden).abs().max() < 0.5
    assert torch.equal(network(OBSERVATION), network.actor(hidden))


def test_tower_is_orthogonal():
    """Weights are orthogonal with gain sqrt(2) inside and the given gain at the end."""
    first, _, last = tower([4, 4, 4], "tanh", 0.01)
    assert torch.allclose(first.weight @ first.weight.T, 2 * torch.eye(4), atol=1e-5)
    assert torch.allclose(last.weight @ last.weight.T, 1e-4 * torch.eye(4), atol=1e-9)


def test_memory_matters():
    """What was seen before changes the output; an empty memory is where `encode` starts."""
    network = LSTM(memory=3, hidden=()).build(SPACE, BOX)
    first, memory = network.recall(OBSERVATION, network.empty(2))
    second, _ = network.recall(OBSERVATION, memory)
    assert torch.equal(first[0], network.encode(OBSERVATION)[0])
    assert not torch.allclose(first[0], second[0])


def test_recipes_are_registered():
    """Every generic recipe can be built by its name with the options it was given, and refuses others."""
    for name in NETWORKS:
        recipe = build(lookup("network", name, NETWORKS), {"activation": "relu"}, where="network")
        assert any(isinstance(module, nn.ReLU) for module in recipe.build(SPACE, BOX).modules())
        with pytest.raises(UnknownNameError, match="did you mean 'hidden'"):
            build(type(recipe), {"hiden": [3]}, where="network")


# -- decoding ---------------------------------------------------------------------------------------
def test_greedy_keeps_to_the_mask():
    """The best allowed action, whatever the others' logits."""
    logits = torch.tensor([[5.0, 1.0, 2.0], [5.0, 1.0, 2.0]])
    mask = torch.tensor([[False, True, True], [True, True, True]])
    assert greedy(logits, mask).tolist() == [2, 0]
    assert greedy(logits, None).tolist() == [0, 0]


def test_sample_inverts_the_distribution():
    """With probabilities 1/2, 1/4, 1/4 the boundaries lie at 0.5 and 0.75."""
    logits = torch.log(torch.tensor([[2.0, 1.0, 1.0]])).expand(6, 3)
    uniform = torch.tensor([0.0, 0.49, 0.51, 0.74, 0.76, 0.999999])
    assert sample(logits, None, uniform).tolist() == [0, 0, 1, 1, 2, 2]


@given(
    logits=st.lists(st.floats(-50, 50), min_size=4, max_size=4),
    mask=st.lists(st.booleans(), min_size=4, max_size=4).filter(any),
    uniform=st.floats(0, 1, exclude_max=True),
)
def test_sample_is_always_allowed(logits, mask, uniform):
    """No draw, however extreme, gives a forbidden action."""
    action = sample(torch.tensor([logits]), torch.tensor([mask]), torch.tensor([uniform], dtype=torch.float64))
    assert mask[int(action)]


def test_bounds():
    """-1, 0 and 1 are the ends and the middle of a box; beyond is clipped, or squashed before the end."""
    bounds = Bounds(BOX)
    output = torch.tensor([[-1.0, 0.0], [1.0, 3.0]])
    assert bounds.mean(output).tolist() == [[-2, 5], [2, 10]]
    assert bounds.squashed(output)[1, 1] == pytest.approx(5 + 5 * np.tanh(3))
    one = Bounds(spaces.Box(-1, 1, (3,), np.float32))
    exact = torch.tensor([[0.1, -0.7, 1 / 3]])
    assert torch.equal(one.unscale(exact), exact)


def test_bounds_that_are_alike_hold_for_any_number_of_entries():
    """A network of entities acts on more of them than it was trained on."""
    bounds = Bounds(spaces.Box(0, 4, (1,), np.float32))
    assert bounds.mean(torch.tensor([[-1.0, 0.0, 1.0], [0.5, -0.5, 0.0]])).tolist() == [[0, 2, 4], [3, 1, 2]]


def test_uniforms():
    """The first output of SplitMix64 seeded with 1234567 is 6457827717110365317 (its authors' test vector)."""
    first = uniforms(np.array([1234567], np.uint64), np.array([0], np.uint64))
    assert first[0] == (6457827717110365317 >> 11) * 2.0**-53
    many = uniforms(np.arange(20_000, dtype=np.uint64), np.full(20_000, 3, np.uint64))
    assert 0 <= many.min() < many.max() < 1
    assert abs(many.mean() - 0.5) < 0.01


# -- alignment, guard -------------------------------------------------------------------------------
@given(offset=st.integers(0, 15))
def test_aligned(offset):
    """Whatever memory a tensor came in, equal numbers come out on a multiple of 64 bytes."""
    raw = np.arange(64, dtype=np.float32)
    tensor = torch.from_numpy(raw)[offset : offset + 32]
    assert aligned(tensor).data_ptr() % ALIGNMENT == 0
    assert torch.equal(aligned(tensor), tensor)


def test_guard_names_the_tensor():
    """Metrics, gradients and weights are each named where they are not finite."""
    layer = nn.Linear(2, 1)
    check_finite(layer, {"loss": 1.0}, "here")
    with pytest.raises(NumericalError, match="metric loss is not finite"):
        check_finite(layer, {"loss": float("nan")}, "here")
    layer.bias.grad = torch.tensor([float("inf")])
    with pytest.raises(NumericalError, match="gradient of bias") as caught:
        check_finite(layer, {}, "step 7")
    assert (caught.value.where, caught.value.got) == ("step 7", float("inf"))
    layer.bias.grad = None
    layer.weight.data[0, 1] = float("nan")
    with pytest.raises(NumericalError, match="weight weight"):
        check_finite(layer, {}, "here")
