"""PPO on the native batch against SB3's usual set-up: the same algorithm, network size and problem.

A masked PPO with two layers of 64 on CVRP: ours on a batch, and SB3 on a DummyVecEnv of eight, with our PPO
settings and with its own defaults; the eight are single environments of ours, or written by hand for this one
problem. Rates are environment steps per CPU-second, learning included; the target is a mean validation distance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import torch
from handwritten import SingleCVRP
from sb3_contrib import MaskablePPO
from stable_baselines3.common.vec_env import DummyVecEnv

from headway import Policy, make_problem, rollout
from headway.components import build
from headway.envs.single import HeadwayEnv
from headway.registry import agent_class

CUSTOMERS, SECONDS, SEEDS, TARGET = 10, 40.0, 3, 1.05
SETTINGS: dict[str, Any] = {
    "n_steps": 1024,
    "batch_size": 2048,
    "n_epochs": 4,
    "learning_rate": 1e-3,
    "ent_coef": 0.01,
    "gamma": 1.0,
}


class Predicting(Policy):
    """An SB3 model as a policy, for the same rollout as everybody's."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        seen = {name: observation[name] for name in self.model.observation_space.spaces}
        return self.model.predict(seen, action_masks=mask, deterministic=True)[0], None


def ours(problem: Any, seed: int) -> Iterator[tuple[int, Policy]]:
    """Steps done and the policy, after each update, on the native batch."""
    agent = build(agent_class("maskable_ppo"), {"normalize_reward": False, "lr_schedule": "constant"}, where="agent")
    network = problem.network("mlp", hidden=(64, 64))
    trainer = agent.trainer(problem.environment(), network, seed=seed, steps=10**9)
    while True:
        trainer.advance()
        yield trainer.steps, trainer.policy()


def by_hand(problem: Any, seed: int) -> SingleCVRP:
    """A single environment written for this problem."""
    return SingleCVRP(problem, seed)


def single(problem: Any, seed: int) -> HeadwayEnv:
    """A single environment of ours: a batch of one."""
    return HeadwayEnv(problem.environment(), seed=seed)


def sb3(make: Callable[[Any, int], Any], problem: Any, seed: int, **settings: Any) -> Iterator[tuple[int, Policy]]:
    """The same with SB3 on eight environments, after each rollout and its updates."""
    env = DummyVecEnv([lambda row=row: make(problem, 8 * seed + row) for row in range(8)])
    model = MaskablePPO("MultiInputPolicy", env, seed=seed, device="cpu", **settings)
    _, callback = model._setup_learn(10**9)
    callback.on_training_start({}, {})
    while True:
        model.collect_rollouts(env, callback, model.rollout_buffer, model.n_steps, True)
        model.train()
        yield model.num_timesteps, Predicting(model)


def race(make: Callable[..., Iterator[tuple[int, Policy]]], problem: Any, target: float) -> dict[str, Any]:
    """Steps per CPU-second, CPU-seconds to the target, and the best objective, over the seeds."""
    environment, instances = problem.environment(), problem.instances("validation", 256)
    rates, reached, best = [], [], []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        run, spent, steps, hit, lowest, next_look = make(seed=seed), 0.0, 0, np.nan, np.inf, 0.0
        while spent < SECONDS:
            began = time.process_time()
            steps, policy = next(run)
            spent += time.process_time() - began
            if spent >= next_look:  # validation is not charged
                solution = rollout(environment, policy, instances).solution
                lowest = min(lowest, float(problem.evaluate(instances, solution).objective.mean()))
                hit = spent if np.isnan(hit) and lowest <= target else hit
                next_look = spent + SECONDS / 60
        rates.append(steps / spent)
        reached.append(hit)
        best.append(lowest)
    return {"rate": float(np.median(rates)), "reached": reached, "best": best}


def main() -> None:
    """Train all three, seed by seed, and print the table."""
    torch.set_num_threads(1)
    problem = make_problem("routing/cvrp", customers=CUSTOMERS, capacity=30)
    instances = problem.instances("validation", 256)
    greedy = rollout(problem.environment(), problem.baseline("nearest_neighbour"), instances).solution
    target = TARGET * float(problem.evaluate(instances, greedy).objective.mean())
    results = {"headway, batch of 256": race(partial(ours, problem), problem, target)}
    for eight, make in {"single environments": single, "hand-written environments": by_hand}.items():
        for name, settings in {"same PPO settings": SETTINGS, "SB3's defaults": {}}.items():
            results[f"SB3, 8 {eight}, {name}"] = race(partial(sb3, make, problem, **settings), problem, target)
    first = next(iter(results.values()))["rate"]
    rows: list[dict[str, object]] = [
        {
            "set-up": name,
            "steps per CPU-s": f"{result['rate']:,.0f}",
            "headway / this": f"{first / result['rate']:.1f}x",
            f"CPU-s to {target:.3f}": ", ".join("-" if np.isnan(s) else f"{s:.0f}" for s in result["reached"]),
            f"best in {SECONDS:.0f} CPU-s": ", ".join(f"{value:.3f}" for value in result["best"]),
        }
        for name, result in results.items()
    ]
    table(rows, f"Masked PPO on CVRP with {CUSTOMERS} customers, {SEEDS} seeds (target: {TARGET} x nearest neighbour)")


if __name__ == "__main__":
    main()
