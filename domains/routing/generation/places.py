"""Where depots and customers are: uniform or in clusters in the unit square."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Bools, Floats, rounded

# Clusters, as Bi et al. 2022, "Learning generalizable models for vehicle routing problems via knowledge distillation"
# (NeurIPS; arXiv 2210.07686), have them: equal shares of the customers around this many uniform centres.
CLUSTERS = 3
CENTRES = (0.2, 0.8)
SPREAD = 0.07  # standard deviation of both coordinates


def uniform(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """float64 [B, N, 2]: Kool, van Hoof and Welling, "Attention, learn to solve routing problems!" (ICLR 2019)."""
    return rng.random((*shape, 2))


def clustered(rng: np.random.Generator, customer: Bools) -> Floats:
    """float64 [B, N, 2]: customers around `CLUSTERS` centres, at least within the square; depots uniform."""
    batch, nodes = customer.shape
    places = uniform(rng, (batch, nodes))
    centres = rng.uniform(*CENTRES, (batch, CLUSTERS, 2))
    near = centres[:, np.arange(nodes) % CLUSTERS] + SPREAD * rng.standard_normal(places.shape)
    return np.where(customer[:, :, None], np.clip(near, 0.0, 1.0), places)


def lengths(start: Floats, end: Floats, convention: NDArray[np.str_]) -> Floats:
    """float64 [B, N]: distances between places [B, N, 2], as each row's convention rounds them."""
    return rounded(np.sqrt(np.square(end - start).sum(-1)), convention)
