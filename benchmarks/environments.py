"""Environments: batched against one by one, through SB3, and against hand-written numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from timing import table, take_turns  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from handwritten import SingleCVRP, cvrp_step, portfolio_step
from stable_baselines3.common.vec_env import DummyVecEnv

from headway import make_problem
from headway.envs.sb3 import SB3VecEnv
from headway.envs.single import HeadwayEnv
from headway.envs.vector import HeadwayVectorEnv

BATCH, STEPS = 256, 200


def main() -> None:
    """Print the three tables."""
    table([batched("routing/cvrp"), batched("portfolio/allocation")], "Environment steps per CPU-second")
    table(
        [dynamics("routing/cvrp"), dynamics("portfolio/allocation")],
        "One step of the dynamics against hand-written numpy, batch 256",
    )


def batched(name: str) -> dict[str, object]:
    """A batch of 256, alone and through SB3's adapter, against eight environments in a DummyVecEnv."""
    environment = make_problem(name).environment()
    vector, through_sb3 = HeadwayVectorEnv(environment, BATCH), SB3VecEnv(HeadwayVectorEnv(environment, BATCH))
    single = DummyVecEnv([lambda seed=seed: HeadwayEnv(environment, seed=seed) for seed in range(8)])
    contestants = {
        "batch": lambda: play_vector(vector),
        "sb3": lambda: play_sb3(through_sb3),
        "single": lambda: play_sb3(single),
    }
    if name == "routing/cvrp":
        by_hand = DummyVecEnv([lambda seed=seed: SingleCVRP(environment.problem, seed) for seed in range(8)])
        contestants["by hand"] = lambda: play_sb3(by_hand)
    rate = take_turns(contestants)
    return {
        "problem": name,
        "batch of 256": f"{rate['batch']:,.0f}",
        "SB3 adapter": f"{rate['sb3']:,.0f} ({rate['sb3'] / rate['batch']:.3f}x)",
        "8 single in DummyVecEnv": f"{rate['single']:,.0f}",
        "8 hand-written in DummyVecEnv": f"{rate['by hand']:,.0f}" if "by hand" in rate else "-",
        "batch / best DummyVecEnv": f"{rate['batch'] / max(rate['single'], rate.get('by hand', 0)):.0f}x",
    }


def play_vector(env: HeadwayVectorEnv) -> int:
    """Steps done on the native batch."""
    choose = _chooser(env.environment, BATCH)
    env.reset(seed=1)
    for _ in range(STEPS):
        env.step(choose(env.action_masks))
    return STEPS * BATCH


def play_sb3(env: Any) -> int:
    """The same through SB3's interface."""
    environment = env.env.environment if isinstance(env, SB3VecEnv) else env.envs[0].unwrapped
    environment = getattr(environment, "environment", environment)
    choose = _chooser(environment, env.num_envs)
    env.seed(1)
    env.reset()
    masks = env.action_masks if isinstance(env, SB3VecEnv) else lambda: np.stack(env.env_method("action_masks"))
    for _ in range(STEPS):
        env.step(choose(masks))
    return STEPS * env.num_envs


def _chooser(environment: Any, n: int) -> Callable[[Callable[[], Any]], Any]:
    """Allowed actions by a random order of preference per row: cheap, and episodes end at different times."""
    if getattr(environment, "masked", isinstance(environment, SingleCVRP)):
        preference = np.random.default_rng(0).random((n, environment.problem.customers + 1), np.float32)
        return lambda masks: np.argmax(masks() * preference, 1)
    size = environment.spaces(environment.prepare(environment.problem.instances("train", 1)))[1].shape
    action = np.zeros((n, *size), np.float32)
    return lambda masks: action


def dynamics(name: str) -> dict[str, object]:
    """The environment's step alone against the same arithmetic written for numpy."""
    problem = make_problem(name)
    environment = problem.environment()
    params = environment.prepare(problem.instances("train", BATCH))
    state = environment.reset(params)
    observation = environment.observe(params, state)
    if name == "routing/cvrp":
        decision = np.argmax(environment.mask(params, state), 1)
        by_hand: Callable[[], Any] = lambda: cvrp_step(params, state, decision)  # noqa: E731
    else:
        action = np.zeros((BATCH, params.periods.holding.shape[3] - 1), np.float32)
        decision = environment.project(observation, environment.decode(observation, action))
        cost = problem.rules.cost
        by_hand = lambda: portfolio_step(params, state, decision, cost)  # noqa: E731
    ours, theirs = environment.step(params, state, decision), by_hand()
    np.testing.assert_allclose(ours.reward, theirs[1], rtol=1e-12)
    rate = take_turns({"ours": repeat(lambda: environment.step(params, state, decision)), "numpy": repeat(by_hand)}, 15)
    return {
        "problem": name,
        "ours, us": f"{1e6 / rate['ours']:.1f}",
        "hand-written, us": f"{1e6 / rate['numpy']:.1f}",
        "ratio": f"{rate['numpy'] / rate['ours']:.2f}",
    }


def repeat(work: Callable[[], Any], times: int = 1000) -> Callable[[], int]:
    """Call ``work`` that often; say how often."""

    def repeated() -> int:
        for _ in range(times):
            work()
        return times

    return repeated


if __name__ == "__main__":
    main()
