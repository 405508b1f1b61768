"""Checkpoints: any nested state comes back bit for bit, and damage costs no more than one of them."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from headway.errors import CheckpointError
from headway.storage.checkpoint import (
    ARRAYS,
    STATE,
    checkpoints,
    keep_last,
    load_state,
    newest_valid,
    save_state,
    step_folder,
)

DTYPES = st.sampled_from(["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text()
    | DTYPES.flatmap(lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)))
    | arrays.arrays("f4", 3).map(torch.from_numpy)
)
STATES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b) -> bool:
    """Equal in type, keys, shapes and bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, torch.Tensor):
        return same(a.numpy(), b.numpy())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a == b or (a != a and b != b)


@given(state=st.dictionaries(st.text(), STATES, max_size=4))
def test_any_state_comes_back(state, tmp_path_factory):
    """Nested containers of any keys, with any numbers, strings, arrays and tensors, are restored exactly."""
    folder = tmp_path_factory.mktemp("state")
    assert same(load_state(save_state(state, folder / "s")), state)


def test_generators_come_back(tmp_path):
    """Python's, numpy's (both kinds) and torch's generators continue with the same numbers."""
    modern = np.random.default_rng(3)
    state = {
        "python": random.getstate(),
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
        "modern": modern.bit_generator.state,
        "torch": torch.get_rng_state(),
    }
    loaded = load_state(save_state(state, tmp_path / "s"))

    def draw():
        return random.random(), np.random.rand(), modern.random(), float(torch.rand(()))  # noqa: NPY002

    expected = draw()
    random.setstate(loaded["python"])
    np.random.set_state(loaded["numpy"])  # noqa: NPY002
    modern.bit_generator.state = loaded["modern"]
    torch.set_rng_state(loaded["torch"])
    assert draw() == expected


def test_optimizer_comes_back(tmp_path):
    """An Adam with state takes the same next step after a round trip."""
    weights = [torch.ones(3, requires_grad=True) for _ in range(2)]
    optimizers = [torch.optim.Adam([w], lr=0.1) for w in weights]
    weights[0].grad = torch.tensor([1.0, 2.0, 3.0])
    optimizers[0].step()
    loaded = load_state(save_state({"w": weights[0], "o": optimizers[0].state_dict()}, tmp_path / "s"))
    weights[1].data.copy_(loaded["w"])
    optimizers[1].load_state_dict(loaded["o"])
    weights[1].grad = weights[0].grad.clone()
    for optimizer in optimizers:
        optimizer.step()
    assert torch.equal(*weights)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array(["a"]), np.array([object()]), 1j])
def test_other_types_are_refused(value, tmp_path):
    """What cannot be stored without pickle is an error that says where it was, and nothing is written."""
    with pytest.raises(CheckpointError, match="/deep/0"):
        save_state({"deep": [value]}, tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_keys_that_look_like_markers(tmp_path):
    """A state whose own keys begin with a dollar sign is not mistaken for our notation."""
    state = {"$array": "x", "a": {"$tuple": 1}}
    assert load_state(save_state(state, tmp_path / "s")) == state


# -- the checkpoints of a run -------------------------------------------------------------------------
@pytest.fixture
def root(tmp_path):
    """Checkpoints of steps 10, 20 and 30."""
    for step in (10, 20, 30):
        save_state({"step": step, "w": np.full(50, step)}, step_folder(tmp_path, step))
    return tmp_path


def test_newest_first(root):
    """The newest valid checkpoint is the newest one, and names sort by step."""
    assert newest_valid(root) == (step_folder(root, 30), [])
    assert [folder.name for folder in checkpoints(root)] == ["step_000000030", "step_000000020", "step_000000010"]


@pytest.mark.parametrize("member", [ARRAYS, STATE, "MANIFEST.json"])
def test_steps_back_over_damage(root, member):
    """A damaged newest checkpoint is passed over, and the report names its file."""
    path = step_folder(root, 30) / member
    path.write_bytes(path.read_bytes()[:-2])
    found = newest_valid(root)
    assert found.folder == step_folder(root, 20)
    assert [error.where for error in found.skipped] == [path]
    assert load_state(found.folder)["step"] == 20


def test_all_damaged(root):
    """Where none verifies there is none, with a reason for each."""
    for folder in checkpoints(root):
        shutil.rmtree(folder)
        folder.mkdir()
    found = newest_valid(root)
    assert found.folder is None
    assert len(found.skipped) == 3


def test_the_newest_is_the_one_with_most_steps(tmp_path):
    """Also beyond a thousand million steps, where the numbers have more digits than the others."""
    for step in (950_000_000, 1_000_000_000, 2_100_019_871):
        save_state({"step": step}, step_folder(tmp_path, step))
    assert [folder.name for folder in checkpoints(tmp_path)] == ["step_2100019871", "step_1000000000", "step_950000000"]
    assert load_state(newest_valid(tmp_path).folder) == {"step": 2_100_019_871}
    keep_last(tmp_path, 1)
    assert [folder.name for folder in checkpoints(tmp_path)] == ["step_2100019871"]


def test_keep_last(root):
    """Older ones and drafts are deleted, the newest are kept."""
    (root / ".tmp-x").mkdir()
    keep_last(root, 2)
    assert sorted(path.name for path in root.iterdir()) == ["step_000000020", "step_000000030"]


def test_no_pickle_in_the_files(root):
    """The members are safetensors and JSON: readable without this project."""
    from safetensors.numpy import load_file

    folder = step_folder(root, 10)
    assert list(load_file(folder / ARRAYS)) == ["0:/w"]
    assert json.loads((folder / STATE).read_text())["step"] == 10


def test_further_members(tmp_path):
    """Files added to a checkpoint are verified with it."""
    folder = save_state({}, tmp_path / "s", {"note.txt": b"hello"})
    (folder / "note.txt").write_bytes(b"jello")
    with pytest.raises(CheckpointError, match=r"note\.txt"):
        load_state(folder)
