"""Every agent with options small enough for a test, and the tiny problem it trains on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from headway.components import build
from headway.pipelines.configuration.schema import TrainConfig
from headway.registry import agent_class, make_problem


class Small(NamedTuple):
    problem: str
    env: str
    network: dict[str, Any]
    options: dict[str, Any]


MLP = {"name": "mlp", "hidden": [8]}
ON = {"num_envs": 8, "rollout": 6, "batch": 24, "epochs": 2}
OFF = {"num_envs": 4, "collect": 6, "gradient_steps": 3, "batch": 16, "warmup": 30, "buffer": 200}

SMALL = {
    "ppo": Small("tiny/track", "box", MLP, ON),
    "sb3_ppo": Small("tiny/track", "box", MLP, ON),
    "a2c": Small("tiny/track", "bins", MLP, {"num_envs": 8, "rollout": 4}),
    "sac": Small("tiny/track", "box", MLP, {**OFF, "critic": [8]}),
    "td3": Small("tiny/track", "box", MLP, {**OFF, "critic": [8]}),
    "dqn": Small("tiny/track", "bins", MLP, {**OFF, "target_every": 40}),
    "maskable_ppo": Small("tiny/order", "construct", MLP, ON),
    "sb3_ppo with a mask": Small("tiny/order", "construct", MLP, ON),
    "recurrent_ppo": Small(
        "tiny/track",
        "bins",
        {"name": "lstm", "memory": 6, "hidden": [5]},
        {**ON, "num_envs": 4, "rollout": 4, "batch": 8, "epochs": 1},
    ),
    "pdppo": Small("tiny/track", "bins", MLP, ON),
    "two_stage_ppo": Small("tiny/order", "halves", MLP, ON),
    "imitation": Small("tiny/order", "construct", MLP, {"teacher": "sorted", "episodes": 8, "batch": 24, "epochs": 2}),
    "pathwise": Small("tiny/track", "box", MLP, {"batch": 8, "segment": 4}),  # of 6 periods
}


def small_trainer(name, steps=400, seed=0):
    """A fresh training run of this agent, and its problem."""
    small, name = SMALL[name], name.split()[0]
    problem = make_problem(small.problem)
    agent = build(agent_class(name), small.options, where="agent")
    network = problem.network(**small.network)
    return agent.trainer(problem.environment(small.env, backend=agent.backend), network, seed=seed, steps=steps)


def small_config(name, **changes):
    """The same as a configuration of the verb `train`."""
    small, name = SMALL[name], name.split()[0]
    settings = {
        "problem": small.problem,
        "env": small.env,
        "agent": {"name": name, **small.options},
        "network": small.network,
        "steps": 400,
        "validation": {"n": 8, "every": 100},
        "checkpoint_every": 100,
        "tracking": "off",
    }
    return TrainConfig.model_validate({**settings, **changes})


def same(a, b, path="state"):
    """Fail at the first leaf where two nested states differ in type, shape or bits."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), path
        for key in a:
            same(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{path}/{i}")
    elif isinstance(a, (np.ndarray, torch.Tensor)):
        assert np.array_equal(np.asarray(a.detach() if isinstance(a, torch.Tensor) else a), np.asarray(b)), path
    else:
        assert a == b or (a != a and b != b), path
