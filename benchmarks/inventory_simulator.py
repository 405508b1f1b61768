"""Inventory simulators: periods per CPU-second, ours in every form, hand-written numpy and stockpyl."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

from timing import table, take_turns  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway import make_problem
from headway.envs.single import HeadwayEnv
from headway.envs.vector import HeadwayVectorEnv
from headway.policy import Policy

LEAD_TIME, LEVEL, MEAN, PENALTY = 4, 28.0, 5.0, 9.0  # Zipkin's problem, and its best base-stock level
STOCKPYL = 2_650  # periods per second of stockpyl 1.0.2, measured beside the others where it can be installed

LOST_SALES = make_problem("inventory/lost_sales")
TREE = make_problem("inventory/network")


def main() -> None:
    """Print both tables."""
    rate = take_turns(single_node(), turns=5)
    rows = [
        {
            "simulator": name,
            "periods / CPU-s": f"{done:,.0f}",
            "x stockpyl": f"{done / rate.get('stockpyl', STOCKPYL):,.0f}",
        }
        for name, done in rate.items()
    ]
    if "stockpyl" not in rate:
        rows.append({"simulator": "stockpyl 1.0.2 (not installed; measured before)", "periods / CPU-s": f"{STOCKPYL:,}",
                     "x stockpyl": "1"})  # fmt: skip
    table(rows, "One stocking point, lead time 4, base-stock policy, Poisson demand drawn on the clock")
    nodes = take_turns(
        {
            f"tree, batch of {n:,}, {name}": partial(tree, n, 100, policy)
            for n in (1, 100, 1000)
            for name, policy in (("usual shipments", None), ("base-stock policy", "base_stock"))
        },
        turns=3,
    )
    table(
        [{"simulator": name, "node-periods / CPU-s": f"{done:,.0f}"} for name, done in nodes.items()],
        "A tree of 13 nodes (1-3-9) through the environment's own step, without and with a base-stock policy's work",
    )


def single_node() -> dict[str, Callable[[], int]]:
    """Everything that simulates the single stocking point, by name."""
    contestants: dict[str, Callable[[], int]] = {
        f"environment, batch of {n:,}": partial(batched, n, periods)
        for n, periods in ((1, 5000), (1000, 500), (10_000, 500))
    }
    single, vector = HeadwayEnv(LOST_SALES.environment()), HeadwayVectorEnv(LOST_SALES.environment(), 256)
    contestants |= {
        "Gymnasium environment, one": partial(gymnasium_steps, single, 5000),
        "Gymnasium VectorEnv, 256": partial(vector_steps, vector, 500),
        "plain Python, one path": partial(plain, 5000),
        "hand-written numpy, one path": partial(vectorised, 1, 5000),
        "hand-written numpy, 10,000 paths": partial(vectorised, 10_000, 500),
    }
    if importlib.util.find_spec("stockpyl"):
        contestants["stockpyl"] = partial(stockpyl_periods, 500)
    return contestants


def batched(n: int, periods: int) -> int:
    """The environment's own step with the base-stock baseline on fresh instances."""
    problem = make_problem("inventory/lost_sales", horizon=periods)
    return steps(problem, problem.baseline("base_stock", level=LEVEL), n, periods)


class Usual(Policy):
    """Each link ships its usual flow: next to no work, so that the simulator is what is measured."""

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        return np.ones_like(observation["edge_scale"]), memory


def tree(n: int, periods: int, baseline: str | None) -> int:
    """Node-periods of the tree, with usual shipments or under a baseline."""
    problem = make_problem("inventory/network", horizon=periods)
    problem.__dict__["found"] = TREE.found  # a rule's search is made once, in the first turn
    return 13 * steps(problem, Usual() if baseline is None else problem.baseline(baseline), n, periods)


def steps(problem: Any, policy: Any, n: int, periods: int) -> int:
    """Draw ``n`` instances and walk them to their end; how many periods that were."""
    environment = problem.environment()
    params = environment.prepare(problem.instances("train", n))
    state, total = environment.reset(params), np.zeros(n)
    for _ in range(periods):
        seen = environment.observe(params, state)
        decision = environment.project(seen, environment.decode(seen, policy.act(seen, None)[0]))
        state, reward, _, _ = environment.step(params, state, decision)
        total += reward
    return n * periods


def gymnasium_steps(env: HeadwayEnv, n: int) -> int:
    """Steps of the single environment under a constant order, resets included."""
    action = np.ones(1, np.float32)
    env.reset(seed=0)
    for _ in range(n):
        if env.step(action)[3]:
            env.reset()
    return n


def vector_steps(env: HeadwayVectorEnv, n: int) -> int:
    """The same on the native batch."""
    action = np.ones((env.num_envs, 1), np.float32)
    env.reset(seed=0)
    for _ in range(n):
        env.step(action)
    return n * env.num_envs


def plain(periods: int) -> int:
    """One path in plain Python, demand drawn by numpy beforehand: what one would write first."""
    demand = np.random.default_rng(0).poisson(MEAN, periods)
    stock, pipeline, cost = 0.0, [0.0] * LEAD_TIME, 0.0
    for t in range(periods):
        stock += pipeline[0]
        order = max(LEVEL - stock - sum(pipeline[1:]), 0.0)
        pipeline = [*pipeline[1:], order]
        net = stock - demand[t]
        cost += max(net, 0.0) + PENALTY * max(-net, 0.0)
        stock = max(net, 0.0)
    return periods


def vectorised(n: int, periods: int) -> int:
    """Many paths at once, written for this one problem: what generality costs."""
    demand = np.random.default_rng(0).poisson(MEAN, (periods, n)).astype(np.float64)
    stock, pipeline, cost = np.zeros(n), np.zeros((LEAD_TIME, n)), np.zeros(n)
    for t in range(periods):
        due = t % LEAD_TIME
        stock += pipeline[due]
        pipeline[due] = 0.0
        pipeline[due] = np.maximum(LEVEL - stock - pipeline.sum(axis=0), 0.0)
        net = stock - demand[t]
        stock = np.maximum(net, 0.0)
        cost += stock + PENALTY * (stock - net)
    return n * periods


def stockpyl_periods(periods: int) -> int:
    """stockpyl's simulation of one node; it has backlog only."""
    from stockpyl.sim import simulation
    from stockpyl.supply_chain_network import single_stage_system

    network = single_stage_system(
        local_holding_cost=1, stockout_cost=PENALTY, demand_type="P", mean=MEAN, policy_type="BS",
        base_stock_level=LEVEL, shipment_lead_time=LEAD_TIME + 1,
    )  # fmt: skip
    simulation(network, periods, rand_seed=0, progress_bar=False)
    return periods


if __name__ == "__main__":
    main()
