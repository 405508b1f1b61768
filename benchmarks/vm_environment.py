"""The VM rescheduling environment: migrations per CPU-second, and whether what it observes is what there is.

``python benchmarks/vm_environment.py [speed] [observations] [--machines P] [--steps N]``; both tables by default. One
thread, CPU time. A migration is two sub-steps, each with the full observation and the mask.
"""

from __future__ import annotations

from timing import print_tables, table, take_turns  # isort: skip  (pins threads before numpy is imported)

import argparse
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

import headway.envs.registration  # noqa: F401
from headway import make_problem
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.envs.vector import HeadwayVectorEnv

MIGRATIONS = 500  # of an episode, so that its beginning weighs little
# VMR2L's own environment at 279 machines and 2,089 VMs, mask and step, CPU time on a machine like this one.
VMR2L = 366.0


def main() -> None:
    """Print the tables named on the command line, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=279)
    parser.add_argument("--steps", type=int, default=100_000, help="random sub-steps that are checked")
    print_tables(parser, {"speed": speed, "observations": observations})


def chosen(mask: NDArray[np.bool_], draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """A legal action per row; stopping only where there is nothing else."""
    first = mask[:, :1] & ~mask[:, 1:].any(1, keepdims=True)
    allowed = np.concatenate([first, mask[:, 1:]], axis=1)
    count = allowed.sum(1)
    return (allowed.cumsum(1) > (draw * count).astype(int)[:, None]).argmax(1)


def speed(options: argparse.Namespace) -> None:
    """Three faces of one environment, in turns, all given the same recorded actions."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=options.machines, limit=MIGRATIONS)
    contestants = {"Gymnasium, one": gym_face(problem, options.machines)}
    for rows in (64, 256):
        contestants[f"native, {rows} rows"] = batch_face(problem, rows)
    best = take_turns(contestants, turns=5)
    rows_: list[dict[str, object]] = [
        {"environment": name, "migrations/s": f"{rate:,.0f}", "sub-steps/s": f"{2 * rate:,.0f}",
         "beside VMR2L's 366/s": f"{rate / VMR2L:.0f}x"}
        for name, rate in best.items()
    ]  # fmt: skip
    table(rows_, f"Migrations per CPU-second, {options.machines} machines, full observation and mask")


def recorded(environment: Any, instances: Snapshot) -> tuple[Any, list[NDArray[np.int64]]]:
    """Parameters, and legal actions of whole episodes."""
    params = environment.prepare(instances)
    state, rng, actions = environment.reset(params), np.random.default_rng(0), []
    for _ in range(2 * MIGRATIONS):
        actions.append(chosen(environment.mask(params, state), rng.random(len(instances))))
        state = environment.step(params, state, actions[-1]).state
    return params, actions


def gym_face(problem: Any, machines: int) -> Callable[[], int]:
    env = gymnasium.make("headway/vm_rescheduling-rescheduling-v0", machines=machines, limit=MIGRATIONS)
    instances = problem.instances("validation", 1)
    actions = [int(action[0]) for action in recorded(problem.environment(), instances)[1]]

    def play() -> int:
        env.reset(options={"instance": instances})
        for action in actions:
            env.step(action)
        return MIGRATIONS

    return play


def batch_face(problem: Any, rows: int) -> Callable[[], int]:
    environment = problem.environment()
    params, actions = recorded(environment, problem.instances("validation", rows))

    def play() -> int:
        state = environment.reset(params)
        for action in actions:
            environment.observe(params, state)
            environment.mask(params, state)
            state = environment.step(params, state, action).state
        return MIGRATIONS * rows

    return play


def observations(options: argparse.Namespace) -> None:
    """Random legal sub-steps; after each, the observation beside that of the cluster as it is, prepared anew."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=options.machines, limit=MIGRATIONS)
    environment, rows = problem.environment(), 32
    env = HeadwayVectorEnv(environment, num_envs=rows, seed=1, block=rows)
    rng = np.random.default_rng(0)
    seen, info = env.reset()
    steps, compared, different = 0, 0, 0
    start = problem.instances("validation", 1)
    while steps < options.steps:
        seen, _, _, _, info = env.step(chosen(info["action_mask"], rng.random(rows)))
        steps += rows
        fresh = anew(environment, start, seen)
        for name in ("cpu", "memory", "fragment"):
            compared += seen[name].size
            different += int((fresh[name] != seen[name]).sum())
    table(
        [{"sub-steps": f"{steps:,}", "numbers compared": f"{compared:,}", "different": different}],
        "Observations, incremental against worked out anew",
    )


def anew(environment: Any, like: Snapshot, seen: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """What is observed of clusters whose VMs are where ``seen`` says, all other fields being those of one like it."""
    nodes = seen["vm"][..., 2].astype(int)
    size = np.stack([seen["vm"][..., 0] * nodes, seen["vm"][..., 1] * nodes * 1024], axis=-1).astype(int)
    rows = len(nodes)
    changed = {
        "vm_cpu": size[..., 0], "vm_memory": size[..., 1], "vm_nodes": nodes,
        "host": np.where(nodes > 0, seen["at"] // NODES, -1), "node": np.where(nodes > 0, seen["at"] % NODES, 0),
    }  # fmt: skip
    arrays = {name: np.broadcast_to(a, (rows, *a.shape[1:])) for name, a in like.arrays().items()} | changed
    params = environment.prepare(Snapshot.made(arrays))
    observed: dict[str, NDArray[Any]] = environment.observe(params, environment.reset(params))
    return observed


if __name__ == "__main__":
    main()
