"""The SB3 adapter: the vector environment in SB3's words."""

from __future__ import annotations

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor

from headway.envs.sb3 import SB3VecEnv
from headway.envs.vector import HeadwayVectorEnv


@pytest.fixture
def adapter(fleet):
    return SB3VecEnv(HeadwayVectorEnv(fleet.environment(), 3, seed=1, block=3))


def idle(adapter, steps):
    for _ in range(steps):
        result = adapter.step(np.zeros(3, np.int64))
    return result


def test_an_end_is_told_as_sb3_expects(adapter):
    """Terminal observation, truncation and episode statistics of the rows that ended."""
    adapter.reset()
    _, reward, done, infos = idle(adapter, 14)
    assert reward.dtype == np.float32
    assert done.all()
    for info in infos:
        assert info["TimeLimit.truncated"] is True
        assert info["episode"]["l"] == 14
        assert info["terminal_observation"]["age"].shape == (2,)
        assert "terminal_observation" in info


def test_rows_that_go_on_have_empty_infos(adapter):
    """No dictionary is made for them."""
    adapter.reset()
    *_, infos = idle(adapter, 1)
    assert infos == [{}, {}, {}]


def test_a_seed_is_used_once(adapter):
    """`seed` then `reset` repeats the episodes; the next `reset` goes on."""
    adapter.seed(5)
    first = {k: v.copy() for k, v in adapter.reset().items()}
    second = {k: v.copy() for k, v in adapter.reset().items()}
    adapter.seed(5)
    again = adapter.reset()
    assert all(np.array_equal(first[k], again[k]) for k in first)
    assert not all(np.array_equal(first[k], second[k]) for k in first)


def test_masks_reach_maskable_ppo(adapter):
    """As an attribute of the environments and as one array."""
    adapter.reset()
    assert adapter.has_attr("action_masks")
    masks = np.stack(adapter.env_method("action_masks"))
    np.testing.assert_array_equal(masks, adapter.action_masks())
    assert len(adapter.env_method("action_masks", indices=[0, 2])) == 2
    assert len(adapter.env_method("action_masks", indices=1)) == 1


def test_attributes_are_those_of_the_batch(adapter):
    """One value per row asked for; setting reaches the batch; nothing is wrapped."""
    assert adapter.get_attr("num_envs") == [3, 3, 3]
    assert adapter.get_attr("num_envs", indices=[0]) == [3]
    adapter.set_attr("note", "x")
    assert adapter.env.note == "x"
    assert not adapter.has_attr("nothing")
    assert adapter.env_is_wrapped(VecMonitor) == [False] * 3
    assert adapter.get_images() == [None] * 3


def test_sb3s_own_wrappers_take_it(adapter):
    """VecMonitor adds its statistics at an end."""
    monitored = VecMonitor(adapter)
    monitored.reset()
    for _ in range(14):
        *_, infos = monitored.step(np.zeros(3, np.int64))
    assert infos[0]["episode"]["l"] == 14
    monitored.close()
