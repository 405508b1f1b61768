"""The derived faces: gymnasium's single and vector environments, SB3's VecEnv."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.envs.single import HeadwayEnv
from headway.envs.vector import HeadwayVectorEnv
from headway.testing.case import EnvironmentCase
from headway.testing.check import on_environment, require
from headway.testing.play import legal
from headway.testing.same import frozen, require_same

BATCH = 3
STEPS = 400  # at most; enough for an end in the middle of a batch wherever episodes are short


class LegalEnv(HeadwayEnv):
    """For checkers that sample actions without their mask: an illegal one becomes the next legal one."""

    def step(self, action: Any) -> Any:
        if self.environment.masked:
            allowed = np.flatnonzero(self.action_masks())
            action = allowed[np.searchsorted(allowed, action) % len(allowed)]
        return super().step(action)


@on_environment()
def check_gymnasium_accepts_it(case: EnvironmentCase) -> None:
    """The single environment passes gymnasium's own `check_env`."""
    from gymnasium.utils.env_checker import check_env

    with _quiet():
        check_env(LegalEnv(case.make()), skip_render_check=True)


@on_environment()
def check_sb3_accepts_it(case: EnvironmentCase) -> None:
    """The single environment passes Stable-Baselines3's own `check_env`."""
    from stable_baselines3.common.env_checker import check_env

    with _quiet():
        check_env(LegalEnv(case.make()), skip_render_check=True)


@on_environment()
def check_single_env_is_a_row(case: EnvironmentCase) -> None:
    """The single environment is a batch of one: same observations, rewards and ends."""
    single = HeadwayEnv(case.make())
    for row, steps in enumerate(case.episode.rows[:2]):
        seen, _ = single.reset(options={"instance": case.instance[row]})
        for t, step in enumerate(steps):
            require_same(seen, step.observation, "another observation", where=f"row {row}, step {t}", tolerance=1e-6)
            seen, reward, terminated, truncated, _ = single.step(step.action)
            got, expected = (reward, terminated, truncated), (step.reward, step.terminated, step.truncated)
            require_same(got, expected, "another transition", where=f"row {row}, step {t}", tolerance=1e-12)


@on_environment()
def check_reset_seeds_episodes(case: EnvironmentCase) -> None:
    """`reset(seed=s)` gives the same episode after any history, `reset()` a new one."""
    for env in (HeadwayEnv(case.make()), HeadwayVectorEnv(case.make(), BATCH)):
        first = _opening(env, seed=5)
        others = [_opening(env) for _ in range(4)]
        changed = any(not np.array_equal(first[k], other[k]) for other in others for k in first)
        require(changed, "every episode begins the same", where=type(env).__name__)
        require_same(_opening(env, seed=5), first, "the same seed gives another episode", where=type(env).__name__)


def _opening(env: HeadwayEnv | HeadwayVectorEnv, seed: int | None = None) -> dict[str, NDArray[Any]]:
    """The first observation and reward: episodes may begin alike and differ in what is not known yet."""
    seen: dict[str, NDArray[Any]] = frozen(env.reset(seed=seed)[0])
    action = _act(env, 0) if isinstance(env, HeadwayVectorEnv) else _act_single(env)
    return seen | {"first reward": np.asarray(env.step(action)[1])}


@on_environment()
def check_vector_env_has_its_types(case: EnvironmentCase) -> None:
    """The vector environment's observations lie in its observation space, its rewards and flags are [B]."""
    env = HeadwayVectorEnv(case.make(), BATCH)
    seen, _ = env.reset(seed=0)
    require(env.observation_space.contains(seen), "an observation lies outside its space", got=seen)
    seen, reward, terminated, truncated, _ = env.step(_act(env, 0))
    require(env.observation_space.contains(seen), "an observation lies outside its space", got=seen)
    for name, array in (("reward", reward), ("terminated", terminated), ("truncated", truncated)):
        require(np.shape(array) == (BATCH,), "a part of a step is not [B]", where=name, got=np.shape(array))


@on_environment()
def check_vector_env_restarts(case: EnvironmentCase) -> None:
    """A row that ends hands out its last observation and goes on with the next instance in the same step."""
    env = HeadwayVectorEnv(case.make(), BATCH, block=BATCH)
    env.reset(seed=1)
    returns = np.zeros(BATCH)
    for t in range(STEPS):
        seen, reward, terminated, truncated, infos = env.step(_act(env, t))
        returns += reward
        done = terminated | truncated
        require(
            done.any() == ("final_obs" in infos),
            "`final_obs` is given without an end, or not at one",
            got=sorted(infos),
        )
        if done.any():
            require_same(infos["_final_obs"], done, "`_final_obs` is not the rows that ended")
            require_same(infos["episode"]["r"][done], returns[done], "an episode's return differs", tolerance=1e-9)
            _require_fresh(case, env, seen, done)
            return


def _require_fresh(case: EnvironmentCase, env: HeadwayVectorEnv, seen: Any, done: NDArray[np.bool_]) -> None:
    numbers = env.get_state()["numbers"]
    require((numbers[done] >= BATCH).all(), "a row restarts with an instance it had before", got=numbers)
    params = env.sampler.again(numbers).params
    expected = case.environment.observe(params, case.environment.reset(params))
    for name, array in expected.items():
        require_same(seen[name][done], array[done], "a restarted row does not begin", where=name)


@on_environment()
def check_vector_env_hands_out_its_own(case: EnvironmentCase) -> None:
    """Arrays that the vector environment hands out never change afterwards."""
    env = HeadwayVectorEnv(case.make(), BATCH, block=BATCH)
    given: list[tuple[Any, Any]] = []

    def keep(*parts: Any) -> None:
        given.extend((part, frozen(part)) for part in parts)

    keep(*env.reset(seed=2))
    for t in range(STEPS):
        observation, reward, terminated, truncated, infos = env.step(_act(env, t))
        keep(observation, reward, infos)
        if (terminated | truncated).any():
            break
    for now, then in given:
        require_same(now, then, "an array handed out before has changed")


@on_environment()
def check_vector_env_resumes(case: EnvironmentCase) -> None:
    """The vector environment's state can be stored and resumed, bit for bit."""
    env = HeadwayVectorEnv(case.make(), BATCH)
    env.reset(seed=3)
    for t in range(3):
        env.step(_act(env, t))
    saved = frozen(env.get_state())
    resumed = HeadwayVectorEnv(case.make(), BATCH, seed=9)
    resumed.set_state(saved)
    for t in range(3, 3 + STEPS // 10):
        action = _act(env, t)
        require_same(_act(resumed, t), action, "a resumed environment offers other actions", where=f"step {t}")
        got, expected = resumed.step(action), env.step(action)
        require_same(got, expected, "a resumed environment goes on differently", where=f"step {t}")


@on_environment()
def check_sb3_adapter_agrees(case: EnvironmentCase) -> None:
    """The SB3 adapter says what the vector environment says, and marks truncation for bootstrapping."""
    from headway.envs.sb3 import SB3VecEnv

    native, adapter = HeadwayVectorEnv(case.make(), BATCH), SB3VecEnv(HeadwayVectorEnv(case.make(), BATCH))
    native.reset(seed=4)
    adapter.seed(4)
    adapter.reset()
    for t in range(STEPS):
        action = _act(native, t)
        seen, reward, terminated, truncated, infos = native.step(action)
        got, gained, done, rows = adapter.step(action)
        require_same(got, seen, "the adapter's observation differs")
        require_same(gained, reward.astype(np.float32), "the adapter's reward differs")
        require_same(done, terminated | truncated, "the adapter's ends differ")
        for i in np.flatnonzero(done):
            final = {name: array[i] for name, array in infos["final_obs"].items()}
            require_same(rows[i]["terminal_observation"], final, "the last observation differs", where=f"row {i}")
            cut = bool(truncated[i] and not terminated[i])
            require(rows[i]["TimeLimit.truncated"] == cut, "truncation is not marked", where=f"row {i}", expected=cut)
        if done.any():
            return


def _act(env: HeadwayVectorEnv, step: int) -> NDArray[Any]:
    """Random legal actions of every row."""
    choose = legal(env.single_action_space, 11)
    masks = env.action_masks() if env.environment.masked else [None] * env.num_envs
    return np.stack([choose(row, step, mask) for row, mask in enumerate(masks)])


def _act_single(env: HeadwayEnv) -> Any:
    return legal(env.action_space, 11)(0, 0, env.action_masks() if env.environment.masked else None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice both checkers print on spaces; what they refuse is an exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
