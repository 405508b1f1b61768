"""Uniform random instances, as the learning literature uses them."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.family.instance import Ints, RoutingInstance

# Customers -> capacity. 10 to 100: Kool, van Hoof and Welling, "Attention, learn to solve routing problems!"
# (ICLR 2019), appendix on the VRP. Larger: the extension RL4CO uses (rl4co/envs/routing/cvrp/generator.py).
CAPACITY = {10: 20, 20: 30, 50: 40, 100: 50, 200: 70, 500: 100, 1000: 150}


def usual_capacity(customers: Ints) -> Ints:
    """int64 [B]: the table's capacity for these sizes, linear in between and constant outside."""
    return np.interp(customers, list(CAPACITY), list(CAPACITY.values())).round().astype(np.int64)


def uniform(
    rng: np.random.Generator,
    n: int,
    *,
    customers: tuple[int, int],
    demand: tuple[int, int],
    capacity: int | None,
    convention: str,
) -> RoutingInstance:
    """Depot and customers uniform in the unit square, demands uniform integers.

    Parameters
    ----------
    customers : fewest and most customers of an instance, both included; sizes are drawn uniformly
    demand : least and largest demand, both included
    capacity : of every vehicle; None takes `usual_capacity` of each instance's size
    """
    size = rng.integers(*customers, n, endpoint=True)
    nodes = customers[1] + 1
    coords = rng.random((n, nodes, 2))
    demands = rng.integers(*demand, (n, nodes), endpoint=True)
    real = np.arange(nodes) <= size[:, None]
    demands = np.where(real & (np.arange(nodes) > 0), demands, 0)
    return RoutingInstance.of(
        coords=np.where(real[:, :, None], coords, 0.0),
        demand=demands,
        capacity=usual_capacity(size) if capacity is None else np.full(n, capacity),
        customers=size,
        convention=np.full(n, convention),
        name=np.array([f"uniform-{k}" for k in size], dtype=np.str_),
    )
