"""Rates of RL4CO, measured by `routing_training.py --rl4co PYTHON` in an environment that has ``rl4co``; prints JSON.

Its POMO (6 layers) in training, its attention model (3 layers) in greedy inference, its CVRP environment alone.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import torch  # noqa: E402
from rl4co.envs import CVRPEnv  # noqa: E402
from rl4co.models import AttentionModelPolicy  # noqa: E402
from rl4co.utils.decoding import random_policy, rollout  # noqa: E402
from rl4co.utils.ops import unbatchify  # noqa: E402

TURNS = 3


def rate(work) -> float:  # type: ignore[no-untyped-def]
    """Best of what ``work`` says it has done per CPU-second, after a turn that does not count."""
    work()
    best = 0.0
    for _ in range(TURNS):
        began = time.process_time()
        done = work()
        best = max(best, done / (time.process_time() - began))
    return best


def rates(size: int) -> dict[str, float]:
    """Instances and environment steps per CPU-second of one thread."""
    env = CVRPEnv(generator_params={"num_loc": size})
    pomo = AttentionModelPolicy(
        env_name="cvrp", num_encoder_layers=6, normalization="instance", use_graph_context=False
    )
    am = AttentionModelPolicy(env_name="cvrp").eval()
    optimizer = torch.optim.Adam(pomo.parameters(), lr=1e-4, weight_decay=1e-6)

    def train() -> int:
        td = env.reset(batch_size=[64])
        out = pomo(td, env, phase="train", decode_type="multistart_sampling", num_starts=size)
        reward, chance = unbatchify(out["reward"], size), unbatchify(out["log_likelihood"], size)
        loss = -((reward - reward.mean(1, keepdim=True)) * chance).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return 64

    @torch.inference_mode()
    def greedy() -> int:
        am(env.reset(batch_size=[512]), env, phase="test", decode_type="greedy")
        return 512

    def steps() -> int:
        _, _, actions = rollout(env, env.reset(batch_size=[2048]), random_policy)
        return 2048 * actions.shape[1]

    return {"training": rate(train), "inference": rate(greedy), "environment": rate(steps)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps({size: rates(size) for size in map(int, sys.argv[1:])}))
