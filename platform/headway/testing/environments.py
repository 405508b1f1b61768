"""The dynamics: pure, deterministic, and worth what the scorer says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from headway import tree
from headway.testing.case import EnvironmentCase
from headway.testing.check import on_environment, require
from headway.testing.play import Step, again, legal, play
from headway.testing.same import frozen, require_same

REWARD = 1e-9  # return against objective, relative


@on_environment()
def check_return_is_the_objective(case: EnvironmentCase) -> None:
    """Undiscounted return = offset - objective (+ objective where maximised), to 1e-9 relative."""
    sign = 1.0 if case.problem.sense == "max" else -1.0
    for seed in range(2):
        episode = play(case.environment, case.instance, legal(case.space, seed))
        objective = case.problem.evaluate(case.instance, episode.solution).objective
        expected = case.environment.offset(case.instance) + sign * objective
        kept = np.isfinite(objective)  # undefined where a dead end was reached
        require_same(episode.returns[kept], expected[kept], "the return differs from the objective", tolerance=REWARD)


@on_environment()
def check_offset_is_a_function_of_the_instance(case: EnvironmentCase) -> None:
    """The offset is float64 [B], a pure function of each instance."""
    offset = case.environment.offset(frozen(case.instance))
    require(np.shape(offset) == (len(case.instance),), "the offset is not [B]", got=np.shape(offset))
    require_same(case.make().offset(case.instance), offset, "the offset changes from call to call")
    for i in range(len(case.instance)):
        alone = case.environment.offset(case.instance[i])[0]
        require_same(alone, offset[i], "an instance's offset depends on its batch", where=f"row {i}", tolerance=1e-12)


@on_environment()
def check_step_is_deterministic(case: EnvironmentCase) -> None:
    """The same decisions lead to the same states, bit for bit."""
    np.random.seed(1)  # noqa: NPY002 (dynamics that draw from the global stream must be found out)
    repeated = play(case.environment, case.instance, again(case.episode))
    require_same(repeated.rows, case.episode.rows, "a second run differs")


@on_environment()
def check_environment_has_no_memory(case: EnvironmentCase) -> None:
    """An environment keeps nothing to itself: one that has been used behaves like a new one."""
    used, fresh = case.make(), case.make()
    used_params = used.prepare(case.instance)
    used.step(used_params, used.reset(used_params), _first(case))
    play(used, case.instance[::-1], legal(case.space, 7))
    after = play(used, case.instance, again(case.episode))
    require_same(after.rows, play(fresh, case.instance, again(case.episode)).rows, "use leaves traces")


@on_environment()
def check_arguments_are_not_written(case: EnvironmentCase) -> None:
    """No method writes into its arguments."""
    env, instance = case.environment, frozen(case.instance)
    params = frozen(env.prepare(instance))
    state = frozen(env.reset(params))
    observation = frozen(env.observe(params, state))
    env.mask(params, state)
    env.period(params, state)
    action = np.stack([steps[0].action for steps in case.episode.rows])
    action.setflags(write=False)
    decision = frozen(env.decode(observation, action))
    env.step(params, state, frozen(env.project(observation, decision)))
    env.offset(instance)
    episode = case.episode
    final = frozen(_final_state(case))
    env.solution(instance, frozen(episode.decisions), frozen(episode.length), final)


@on_environment()
def check_step_leaves_the_state_alone(case: EnvironmentCase) -> None:
    """Arguments stay readable after a step: what was handed out before never changes."""
    env = case.environment
    params = env.prepare(case.instance)
    state = env.reset(params)
    kept = frozen((params, state))
    observation = env.observe(params, state)
    seen = frozen(observation)
    env.step(params, state, _first(case))
    require_same((params, state), kept, "a step changed its parameters or state")
    require_same(observation, seen, "a step changed an observation handed out before")


@on_environment()
def check_observation_is_recomputed(case: EnvironmentCase) -> None:
    """Observations and masks are functions of the state: recomputed after a replay they are the same."""
    env = case.make()
    for row, steps in enumerate(case.episode.rows):
        params = env.prepare(case.instance[row])
        state = env.reset(params)
        for step in steps:
            state = env.step(params, state, np.asarray(step.decision)[None]).state
        seen = tree.rows(env.observe(params, state), 0)
        require_same(seen, case.episode.final[row], "the observation differs after a replay", where=f"row {row}")


@on_environment()
def check_state_is_resumed(case: EnvironmentCase) -> None:
    """A state can be copied and resumed: the rest of the episode is the same, bit for bit."""
    env = case.make()
    for row, steps in enumerate(case.episode.rows):
        params = env.prepare(case.instance[row])
        middle = len(steps) // 2
        state = tree.map_arrays(lambda a: np.asarray(a)[None].copy(), steps[middle].state)
        for t, step in enumerate(steps[middle:], start=middle):
            moved = env.step(params, state, np.asarray(step.decision)[None])
            require_same(
                tree.rows(moved.state, 0), step.after, "a resumed state moves on differently", where=f"step {t}"
            )
            require_same(float(moved.reward[0]), step.reward, "a resumed state pays differently", where=f"step {t}")
            state = moved.state


@on_environment()
def check_transitions_have_their_types(case: EnvironmentCase) -> None:
    """Rewards are finite float64 [B], flags are bool [B]."""
    env, n = case.environment, len(case.instance)
    params = env.prepare(case.instance)
    moved = env.step(params, env.reset(params), _first(case))
    for name, dtype in (("reward", np.float64), ("terminated", np.bool_), ("truncated", np.bool_)):
        array = getattr(moved, name)
        got = f"{getattr(array, 'dtype', type(array))} {np.shape(array)}"
        kept = isinstance(array, np.ndarray) and array.shape == (n,) and array.dtype == dtype
        require(
            kept, "a part of a transition has another type", where=name, got=got, expected=f"{dtype.__name__} [{n}]"
        )
    rewards = [step.reward for step in _steps(case)]
    require(np.isfinite(rewards).all(), "a reward is not finite", got=rewards)


@on_environment()
def check_observations_are_in_their_space(case: EnvironmentCase) -> None:
    """Observations lie in the observation space, in shape, dtype and bounds."""
    space = case.environment.spaces(case.environment.prepare(case.instance))[0]
    for row, steps in enumerate(case.episode.rows):
        for t, seen in enumerate([*(step.observation for step in steps), case.episode.final[row]]):
            for name, part in space.spaces.items():
                value = seen.get(name)
                where = f"{name}, row {row}, step {t}"
                require(value is not None, "an observation lacks a field", where=where, got=sorted(seen))
                require(
                    part.dtype is None or np.asarray(value).dtype == part.dtype,
                    "an observation has another dtype",
                    where=where,
                    got=np.asarray(value).dtype,
                    expected=part.dtype,
                )
                require(
                    part.contains(value), "an observation lies outside its space", where=where, got=value, expected=part
                )
            require(set(seen) == set(space.spaces), "an observation has a field of no space", got=sorted(seen))


@on_environment()
def check_observations_are_finite(case: EnvironmentCase) -> None:
    """Observations are finite, and their floats are float32."""
    for row, steps in enumerate(case.episode.rows):
        for t, seen in enumerate([*(step.observation for step in steps), case.episode.final[row]]):
            for name, value in seen.items():
                where = f"{name}, row {row}, step {t}"
                if np.asarray(value).dtype.kind == "f":
                    require(value.dtype == np.float32, "a float is not float32", where=where, got=value.dtype)
                    require(np.isfinite(value).all(), "an observation is not finite", where=where, got=value)


@on_environment()
def check_episodes_end_once(case: EnvironmentCase) -> None:
    """An episode ends by one flag, terminated or truncated, raised at its last step only."""
    for row, steps in enumerate(case.episode.rows):
        both = any(step.terminated and step.truncated for step in steps)
        require(not both, "an episode both terminates and is truncated", where=f"row {row}", expected="one of the two")
        require(steps[-1].terminated or steps[-1].truncated, "an episode does not end", where=f"row {row}")


@on_environment(when=lambda case: case.problem.criterion.kind != "finite")
def check_horizon_is_truncated(case: EnvironmentCase) -> None:
    """Where periods go on beyond the horizon (average or discounted criterion) its cut is truncated, not terminated."""
    for row, steps in enumerate(case.episode.rows):
        require(
            steps[-1].truncated, "a cut horizon is reported as terminated", where=f"row {row}", expected="truncated"
        )


@on_environment()
def check_period_advances(case: EnvironmentCase) -> None:
    """The period starts at 0 or later, never falls, and stays 0 where nothing is revealed over time."""
    for row, steps in enumerate(case.episode.rows):
        periods = [step.period for step in steps]
        require(periods[0] >= 0, "the first period is negative", where=f"row {row}", got=periods[0])
        falls = any(later < earlier for earlier, later in pairwise(periods))
        require(not falls, "the period falls", where=f"row {row}", got=periods)
        if case.problem.timeline:
            require(
                len(steps) == 1 or periods[-1] > periods[0],
                "the period never advances",
                where=f"row {row}",
                got=periods,
            )
        else:
            require(not any(periods), "a problem without a timeline has periods", where=f"row {row}", got=periods)


@on_environment()
def check_project_is_idempotent(case: EnvironmentCase) -> None:
    """`project` is idempotent, and the identity on feasible decisions."""
    for row, steps in enumerate(case.episode.rows):
        for t, step in enumerate(steps[:10]):
            seen = tree.map_arrays(lambda a: a[None], step.observation)
            again_ = case.environment.project(seen, np.asarray(step.decision)[None])
            require_same(
                again_[0],
                step.decision,
                "a projected decision is projected elsewhere",
                where=f"row {row}, step {t}",
                tolerance=1e-12,
            )


@on_environment()
def check_decode_is_pure(case: EnvironmentCase) -> None:
    """`decode` and `project` are pure functions of observation and action."""
    env = case.make()
    for steps in case.episode.rows:
        for step in steps[:10]:
            seen, action = tree.map_arrays(lambda a: a[None], step.observation), np.asarray(step.action)[None]
            for _ in range(2):
                decision = env.project(seen, env.decode(seen, action))[0]
                require_same(decision, step.decision, "an action is decoded differently", tolerance=1e-12)


def _first(case: EnvironmentCase) -> np.ndarray:
    """The first decision of every row."""
    return np.stack([steps[0].decision for steps in case.episode.rows])


def _steps(case: EnvironmentCase) -> list[Step]:
    return [step for steps in case.episode.rows for step in steps]


def _final_state(case: EnvironmentCase) -> object:
    states = [steps[-1].after for steps in case.episode.rows]
    return tree.map_arrays(lambda *parts: np.stack(parts), states[0], *states[1:])
