"""Routing: training, inference and environment by CPU-seconds of one thread, beside RL4CO.

Usage: python benchmarks/routing_training.py [training] [inference] [environment] [--rl4co PYTHON] [--sizes N ...]

PYTHON is the interpreter of an environment with ``rl4co`` (from PyPI); without it our own rates are printed alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from timing import print_tables, table, take_turns  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import torch

from headway import make_problem, tree
from headway.domains.routing.learned.pomo_episodes import play, tables
from headway.domains.routing.learned.pomo_task import Task
from headway.pipelines.agents.reinforce import Reinforce

BATCHES = {20: 64, 50: 24, 100: 16}
TURNS = 3


def main() -> None:
    """Print the tables that the command line names."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rl4co", type=Path, help="a Python with rl4co")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 50])
    print_tables(parser, {"training": training, "inference": inference, "environment": environment})


# -- tables -----------------------------------------------------------------------------------------
def training(options: argparse.Namespace) -> None:
    """Instances learned from: POMO with a start at each customer."""
    rows = []
    for size in options.sizes:
        work = {"all episodes": trained(size), "3 best, 3 worst": trained(size, extremes=3)}
        rows += compared(size, take_turns(work, TURNS), "training", options)
    table(rows, "Training, instances per CPU-second, as many episodes of each as it has customers")


def inference(options: argparse.Namespace) -> None:
    """Instances answered: encoder and decoder, the environment's preparation included."""
    rows = []
    for size in options.sizes:
        work = {"greedy": answered(size, 512, 1), "all starts": answered(size, 64, size)}
        rows += compared(size, take_turns(work, TURNS), "inference", options)
    table(rows, "Inference, instances per CPU-second; RL4CO's attention model is greedy")


def environment(options: argparse.Namespace) -> None:
    """Decisions of a random policy."""
    rows = []
    for size in options.sizes:
        work = {"environment": walked(size), "kernel, uniform policy": drawn(size)}
        rows += compared(size, take_turns(work, TURNS), "environment", options)
    table(rows, "Environment steps per CPU-second, random policy")


def compared(size: int, rates: dict[str, float], what: str, options: argparse.Namespace) -> list[dict[str, object]]:
    """A row for each rate, beside RL4CO's where that is measured."""
    other = None if options.rl4co is None else rl4co(options.rl4co, size)[what]
    return [
        {"customers": size, "headway": name, "per second": f"{rate:,.0f}",
         "RL4CO": "" if other is None else f"{other:,.0f}", "ratio": "" if other is None else f"{rate / other:.1f}"}
        for name, rate in rates.items()
    ]  # fmt: skip


@cache
def rl4co(python: Path, size: int) -> dict[str, float]:
    """RL4CO's rates at one size."""
    script = Path(__file__).with_name("routing_rl4co.py")
    done = subprocess.run([python, script, str(size)], capture_output=True, text=True, check=True)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])[str(size)]
    return rates


# -- work ---------------------------------------------------------------------------------------------
def trained(size: int, **options: Any) -> Callable[[], int]:
    """A few updates of the agent, fresh instances included."""
    problem = make_problem("routing/cvrp", customers=size)
    agent = Reinforce(lr=1e-4, batch=BATCHES[size], rollouts=size, turns=1, shaping=0.0, **options)
    trainer = agent.trainer(problem.environment(), problem.network("pomo"), seed=0, steps=10**9)
    trainer.advance()

    def work() -> int:
        for _ in range(5):
            trainer.advance()
        return 5 * agent.batch

    return work


def answered(size: int, batch: int, starts: int) -> Callable[[], int]:
    """Episodes by an untrained network; it takes as long as a trained one."""
    problem = make_problem("routing/cvrp", customers=size)
    environment, instances = problem.environment(), problem.instances("test", batch)
    network = problem.network("pomo").build(*environment.spaces(environment.prepare(instances[:1])))
    first = np.tile(np.arange(starts), (batch, 1))

    def work() -> int:
        params = environment.prepare(instances)
        play(Task.of(params), tables(params, network), first, first.astype(np.uint64))
        return batch

    work()
    return work


def walked(size: int, batch: int = 2048) -> Callable[[], int]:
    """Random allowed nodes until every row is over; those that are count no more, and are dropped by halves."""
    problem = make_problem("routing/cvrp", customers=size)
    environment, instances = problem.environment(), problem.instances("test", batch)
    rng = np.random.default_rng(0)

    def work() -> int:
        params, steps = environment.prepare(instances), 0
        state = environment.reset(params)
        going = np.ones(batch, bool)
        while number := np.count_nonzero(going):
            if number <= len(going) // 2:
                params, state = tree.rows((params, state), going)
                going = going[going]
            # The numbers of those allowed; one byte holds them up to 127 nodes, and half of the time went into two.
            choices = environment.mask(params, state).view(np.int8).cumsum(1, dtype=np.int8 if size < 127 else np.int16)
            drawn = (rng.random(len(choices), np.float32) * choices[:, -1]).astype(choices.dtype)
            state, _, terminated, truncated = environment.step(params, state, (choices > drawn[:, None]).argmax(1))
            steps += number
            going &= ~(terminated | truncated)
        return steps

    return work


def drawn(size: int, batch: int = 64) -> Callable[[], int]:
    """Episodes of the kernel with a policy to which all nodes are alike."""
    problem = make_problem("routing/cvrp", customers=size)
    params = problem.environment().prepare(problem.instances("test", batch))
    network = problem.network("pomo").build(*problem.environment().spaces(params))
    read = tables(params, network)
    for part in read:
        part[:] = 0
    keys = np.random.default_rng(0).integers(2**63, size=(batch, 16), dtype=np.uint64)
    task, first = Task.of(params), np.zeros(keys.shape, np.int64)

    def work() -> int:
        return int((play(task, read, first, keys, 1.0).route >= 0).sum())

    work()
    return work


if __name__ == "__main__":
    main()
