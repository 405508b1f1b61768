"""Stored policies: loaded without a training library, verified, for any size their network allows."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces

from headway.errors import CapabilityError, CheckpointError, ConfigError
from headway.nn.lstm import LSTM
from headway.nn.mlp import MLP
from headway.storage.folders import MANIFEST, read_folder, write_folder
from headway.storage.spaces import to_json
from headway.storage.stored import POLICY, WEIGHTS, Description, StoredPolicy, load_policy, save_policy

OBSERVATIONS = spaces.Dict({"x": spaces.Box(-1, 1, (3,), np.float32)})
DISCRETE, BOX = spaces.Discrete(4), spaces.Box(-2, 6, (2,), np.float32)


def make(recipe=None, action=DISCRETE, decoding="greedy"):
    recipe = recipe or MLP(hidden=(5,))
    name = "lstm" if isinstance(recipe, LSTM) else "mlp"
    options = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)}
    description = Description(
        "some/problem", {"size": 3}, "default", {}, name, json.loads(json.dumps(options)),
        to_json(OBSERVATIONS), to_json(action), decoding,
    )  # fmt: skip
    torch.manual_seed(0)
    network = description.build()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += torch.randn_like(parameter)
    return StoredPolicy(network, description)


def batch(n, seed=0):
    return {"x": np.random.default_rng(seed).uniform(-1, 1, (n, 3)).astype(np.float32)}


@pytest.mark.parametrize(
    ("action", "decoding"), [(DISCRETE, "greedy"), (DISCRETE, "sample"), (BOX, "mean"), (BOX, "squashed")]
)
def test_round_trip(action, decoding, tmp_path):
    """A loaded policy gives the very same actions, and knows what it was trained for."""
    policy = make(action=action, decoding=decoding)
    loaded = load_policy(save_policy(policy, tmp_path / "p"))
    first = policy.act(batch(50), None, policy.start(50, seed=3))[0]
    assert np.array_equal(first, loaded.act(batch(50), None, loaded.start(50, seed=3))[0])
    assert (loaded.problem_name, loaded.problem_options) == ("some/problem", {"size": 3})
    assert (loaded.environment_name, loaded.environment, loaded.environment_options) == ("default", "default", {})


def test_box_actions_are_in_the_box():
    """Means are clipped and squashed outputs scaled into the environment's bounds."""
    for decoding in ("mean", "squashed"):
        actions, _ = make(action=BOX, decoding=decoding).act(batch(200), None)
        assert actions.shape == (200, 2)
        assert -2 <= actions.min() < 0 < 4 < actions.max() <= 6


def test_mask():
    """Greedy and sampled actions keep to the mask."""
    mask = np.zeros((60, 4), bool)
    mask[np.arange(60), np.arange(60) % 4] = True
    for decoding in ("greedy", "sample"):
        actions, _ = make(decoding=decoding).act(batch(60), mask)
        assert np.array_equal(actions, np.arange(60) % 4)


def test_samples_follow_the_logits():
    """Over many draws the frequencies are the softmax of the logits, to 4 standard errors."""
    policy, n = make(decoding="sample"), 20_000
    one = {"x": np.repeat(batch(1)["x"], n, 0)}
    expected = torch.softmax(policy.network({"x": torch.tensor(one["x"][:1])})[0], 0).detach().numpy()
    actions, _ = policy.act(one, None, policy.start(n, seed=1))
    share = np.bincount(actions, minlength=4) / n
    assert np.all(np.abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n) + 1e-9)


def test_a_rows_draws_do_not_depend_on_other_rows():
    """When rows drop out, as episodes end, the others draw what they would have drawn."""
    policy = make(decoding="sample")
    memory = policy.start(20, seed=5)
    _, memory = policy.act(batch(20), None, memory)
    everyone, _ = policy.act(batch(20, 1), None, memory)
    half = {k: {name: a[::2] for name, a in v.items()} for k, v in memory.items()}
    some, _ = policy.act({"x": batch(20, 1)["x"][::2]}, None, half)
    assert np.array_equal(everyone[::2], some)
    again, _ = policy.act(batch(20, 1), None, policy.act(batch(20, 1), None, memory)[1])
    assert not np.array_equal(everyone, again)


def test_recurrent_memory_has_a_leading_batch_axis():
    """Memory of a recurrent policy can be cut by rows."""
    policy = make(LSTM(memory=3, hidden=(4,)))
    memory = policy.start(6)
    for step in range(3):
        whole, after = policy.act(batch(6, step), None, memory)
        part = {"network": {name: a[:2] for name, a in memory["network"].items()}}
        cut, _ = policy.act({"x": batch(6, step)["x"][:2]}, None, part)
        assert np.array_equal(whole[:2], cut)
        memory = after


def test_another_size_is_refused_by_a_sized_network():
    """A perceptron on 3 numbers says so when it is given 4; one that scores entities takes them."""
    policy = make()
    other = {"x": np.zeros((2, 4), np.float32)}
    with pytest.raises(CapabilityError, match="tied to the size") as caught:
        policy.act(other, None)
    assert caught.value.expected == {"x": (3,)}
    policy.network.sized = False
    with pytest.raises(RuntimeError, match="shapes"):  # this one is a perceptron after all
        policy.act(other, None)


def test_decoded():
    """The same network can be asked to sample; a decoding for other actions is refused."""
    policy = make()
    assert policy.decoded("sample").network is policy.network
    with pytest.raises(ConfigError, match="does not fit the actions"):
        policy.decoded("squashed")
    with pytest.raises(ConfigError, match="does not fit the actions"):
        make(action=BOX, decoding="mean").decoded("greedy")


def test_building_leaves_the_generator_alone(tmp_path):
    """Loading a policy in the middle of training does not change what training draws next."""
    folder = save_policy(make(), tmp_path / "p")
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    load_policy(folder)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("member", [POLICY, WEIGHTS, MANIFEST])
def test_damage(member, tmp_path):
    """A flipped byte in any file is found and named."""
    path = save_policy(make(), tmp_path / "p") / member
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=member.split(".")[0]):
        load_policy(tmp_path / "p")


def test_weights_of_another_network(tmp_path):
    """Sound files that do not belong together are refused."""
    members = read_folder(save_policy(make(), tmp_path / "a"))
    other = read_folder(save_policy(make(MLP(hidden=(6,))), tmp_path / "b"))
    write_folder(tmp_path / "c", {POLICY: members[POLICY], WEIGHTS: other[WEIGHTS]})
    with pytest.raises(CheckpointError, match="do not fit the network"):
        load_policy(tmp_path / "c")


def test_another_format(tmp_path):
    """A format this version does not know is said to be one."""
    members = read_folder(save_policy(make(), tmp_path / "a"))
    facts = json.loads(members[POLICY]) | {"format": 99}
    write_folder(tmp_path / "b", {POLICY: json.dumps(facts).encode(), WEIGHTS: members[WEIGHTS]})
    with pytest.raises(CheckpointError, match="another format"):
        load_policy(tmp_path / "b")


def test_no_training_library_is_loaded(tmp_path):
    """Loading and acting imports neither SB3 nor the pipelines."""
    folder = save_policy(make(), tmp_path / "p")
    code = f"""
import sys, numpy as np
from pathlib import Path
from headway.storage.stored import load_policy
load_policy(Path({str(folder)!r})).act({{"x": np.zeros((2, 3), np.float32)}}, None)
print([name for name in sys.modules if name.startswith(("stable_baselines3", "sb3_contrib", "headway.pipelines"))])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"
