"""The native batch: same-step autoreset, its own arrays, a state that can be stored."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from headway_maintenance.dynamics import Crew

from headway import rollout
from headway.envs.vector import HeadwayVectorEnv
from headway.errors import NumericalError
from headway.testing.same import frozen, require_same


@pytest.fixture
def env(fleet):
    return HeadwayVectorEnv(fleet.environment(), 3, seed=1, block=3)


def idle(env, steps):
    """Do nothing for some steps; the last result."""
    for _ in range(steps):
        result = env.step(np.zeros(env.num_envs, np.int64))
    return result


def test_it_is_a_vector_environment_of_its_batch(env):
    """Spaces of one row and of the batch; autoreset in the same step."""
    assert env.single_action_space == spaces.Discrete(5)
    assert env.action_space.shape == (3,)
    assert env.observation_space["age"].shape == (3, 2)
    assert env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP


def test_an_end_hands_out_the_last_observation_and_the_next_first_one(env, fleet):
    """14 periods of idling: all rows are cut together, and instances 3, 4, 5 begin."""
    env.reset(seed=1)
    *_, infos = idle(env, 13)
    assert "final_obs" not in infos
    observation, _, terminated, truncated, infos = idle(env, 1)
    assert truncated.all()
    assert not terminated.any()
    assert infos["_final_obs"].all()
    assert infos["episode"]["l"].tolist() == [14, 14, 14]
    assert env.get_state()["numbers"].tolist() == [3, 4, 5]
    fresh = env.sampler.again(np.array([3, 4, 5]))
    require_same(observation, fresh.observation, "not the first observation")
    assert not np.array_equal(infos["final_obs"]["age"], observation["age"])


def test_an_episodes_return_is_its_objective(env, fleet):
    """Idling in the batch scores what the scorer says of idling."""
    env.reset(seed=1)
    from headway.seeds import stream

    instance = fleet.generate(stream("train", 1, fleet.name, "sampler", 0), 3, "train")
    objective = fleet.evaluate(
        instance, rollout(fleet.environment(), fleet.baseline("run_to_failure"), instance).solution
    ).objective
    *_, infos = idle(env, 14)
    np.testing.assert_allclose(infos["episode"]["r"], -objective, rtol=1e-12)


def test_rows_end_at_their_own_time(env):
    """A row that works in one period has one sub-step more, so it ends a step later."""
    env.reset(seed=1)
    env.step(np.array([3, 0, 0]))
    env.step(np.array([1, 0, 0]))
    *_, infos = idle(env, 12)
    assert infos["_final_obs"].tolist() == [False, True, True]
    *_, infos = idle(env, 1)
    assert infos["_final_obs"].tolist() == [True, False, False]
    assert env.get_state()["numbers"].tolist() == [5, 3, 4]


def test_the_mask_is_in_the_infos_and_on_the_environment(env):
    """Both are the mask of the observation just handed out."""
    _, infos = env.reset(seed=1)
    assert infos["action_mask"] is env.action_masks()
    *_, infos = env.step(np.array([3, 0, 0]))
    assert infos["action_mask"][0].tolist() == [False, True, True, False, False]


def test_without_a_mask_there_is_none(env, monkeypatch):
    """Asking for it is an AttributeError, which is what SB3 looks for."""
    monkeypatch.setattr(Crew, "mask", lambda *_: None)
    _, infos = env.reset()
    assert infos == {}
    with pytest.raises(AttributeError, match="no action masks"):
        env.action_masks()


def test_a_seed_gives_the_same_episodes_after_any_history(env):
    """Reset with a seed begins its stream again; reset without goes on."""
    first = frozen(env.reset(seed=4)[0])
    following = frozen(env.reset()[0])
    idle(env, 20)
    require_same(env.reset(seed=4)[0], first, "another episode")
    require_same(env.reset()[0], following, "another episode")
    assert not np.array_equal(first["age"], following["age"]) or not np.array_equal(
        first["present"], following["present"]
    )


def test_observations_made_of_parameters_are_not_overwritten(fleet, monkeypatch):
    """An observation that is a view of the parameters keeps its values when rows restart."""
    look, shape = Crew.observe, Crew.spaces
    luck = spaces.Box(0, 1, (2,), np.float64)
    monkeypatch.setattr(Crew, "observe", lambda self, p, s: {**look(self, p, s), "luck": p.uniform[:, 0, :, 0]})
    monkeypatch.setattr(
        Crew, "spaces", lambda self, p: (spaces.Dict({**shape(self, p)[0].spaces, "luck": luck}), shape(self, p)[1])
    )
    env = HeadwayVectorEnv(fleet.environment(), 3, block=3)
    given = [env.reset(seed=1)[0]["luck"]]
    kept = [given[0].copy()]
    for _ in range(30):
        observation, *_, infos = env.step(np.zeros(3, np.int64))
        given += [infos["final_obs"]["luck"]] if "final_obs" in infos else []
        given += [observation["luck"]]
        kept += [array.copy() for array in given[len(kept) :]]
    for now, then in zip(given, kept, strict=True):
        np.testing.assert_array_equal(now, then)
    first, second = (env.sampler.again(np.arange(i, i + 3)).params.uniform[:, 0, :, 0] for i in (0, 3))
    assert [np.array_equal(seen, first) for seen in given] == [True] * 15 + [False] * 18
    assert [np.array_equal(seen, second) for seen in given[15:30]] == [True] * 15


def test_a_stored_state_can_be_resumed_more_than_once(env, fleet):
    """Going on from a state, across restarts, does not change what was stored."""
    env.reset(seed=2)
    idle(env, 9)
    saved = env.get_state()
    runs = []
    for _ in range(2):
        resumed = HeadwayVectorEnv(fleet.environment(), 3, block=3)
        resumed.set_state(saved)
        runs.append([frozen(idle(resumed, 1)) for _ in range(20)])
    require_same(runs[1], runs[0], "a state resumes differently the second time")
    require_same([idle(env, 1) for _ in range(20)], runs[0], "a resumed state goes on differently")


def test_a_stored_state_is_arrays_and_integers(env):
    """It can be written without pickle."""
    state = env.get_state()
    assert set(state) == {"state", "numbers", "returns", "steps", "next", "seed"}
    assert all(isinstance(array, np.ndarray) for array in state["state"].values())
    assert (state["next"], state["seed"]) == (3, 1)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "reward"), (np.inf, "reward")])
def test_a_reward_that_is_not_finite_stops_with_its_place(env, monkeypatch, value, word):
    """The error names problem, instance and step."""
    env.reset(seed=1)
    step = Crew.step

    def broken(self, params, state, decision):
        moved = step(self, params, state, decision)
        return moved._replace(reward=np.where(np.arange(3) == 1, value, moved.reward))

    monkeypatch.setattr(Crew, "step", broken)
    with pytest.raises(NumericalError, match="a reward is not finite") as caught:
        idle(env, 1)
    assert caught.value.where == "maintenance/fleet, instance 1, step 1"


def test_an_observation_that_is_not_finite_stops_with_its_place(env, monkeypatch):
    """Before an agent can learn from it."""
    look = Crew.observe
    monkeypatch.setattr(
        Crew, "observe", lambda self, p, s: look(self, p, s) | {"age": np.full((3, 2), np.float32("nan"))}
    )
    with pytest.raises(NumericalError, match="observation is not finite"):
        idle(env, 1)
