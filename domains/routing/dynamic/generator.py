"""Random days of orders."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.dynamic.instance import NEVER, Day
from headway.domains.routing.generation.loads import usual_capacity


def draw(
    rng: np.random.Generator,
    n: int,
    *,
    customers: tuple[int, int],
    waves: int,
    known: float,
    patience: int,
    demand: tuple[int, int],
    capacity: int | None,
) -> Day:
    """Places uniform in the unit square, the depot in its middle.

    Parameters
    ----------
    customers : fewest and most orders of a day
    known : share of orders that are known before the first wave; the others come uniformly before the later ones
    patience : most waves an order can wait; each waits up to a number between 0 and this
    """
    size = rng.integers(*customers, n, endpoint=True)
    nodes = customers[1] + 1
    order = (np.arange(nodes) <= size[:, None]) & (np.arange(nodes) > 0)
    coords = rng.random((n, nodes, 2))
    coords[:, 0] = 0.5
    later = rng.integers(1, max(waves, 2), (n, nodes))
    release = np.where((rng.random((n, nodes)) < known) | (waves == 1), 0, later)
    due = np.minimum(release + rng.integers(0, patience, (n, nodes), endpoint=True), waves - 1)
    release = np.where(order, release, NEVER)
    release[:, 0] = 0
    return Day(
        waves=np.full(n, waves),
        capacity=usual_capacity(size) if capacity is None else np.full(n, capacity),
        convention=np.full(n, "float"),
        name=np.array([f"day-{k}" for k in size], dtype=np.str_),
        coords=np.where((order | (np.arange(nodes) == 0))[:, :, None], coords, 0.0),
        demand=np.where(order, rng.integers(*demand, (n, nodes), endpoint=True), 0),
        release=release,
        due=np.where(order, due, 0),
    )


def perturb(day: Day, wave: int, rng: np.random.Generator) -> Day:
    """Days with the same view at ``wave``: what comes later comes from elsewhere, in other waves."""
    arrays = {name: array.copy() for name, array in day.arrays().items()}
    row, node = np.nonzero(day.order & ~day.known(wave))
    left = day.waves[row] - 1 - wave
    arrays["coords"][row, node] = day.coords[row, node][:, ::-1] + rng.uniform(0.01, 0.1, (len(row), 2))
    release = wave + 1 + rng.integers(0, np.maximum(left, 1), len(row))
    arrays["release"][row, node] = release
    arrays["due"][row, node] = rng.integers(release, day.waves[row])
    return Day(**arrays)
