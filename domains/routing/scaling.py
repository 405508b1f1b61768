"""Integer distances for solvers that know no others."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.instance import CVRPInstance, Floats, Ints

# The longest distance becomes at least this: rounding then moves a leg by less than 1e-4 of it, some 1e-5 of a
# tour. With a hundred times as much, PyVRP's penalties reach their limit and its answers get worse (docs/routing.md).
RESOLUTION = 1e4


def whole(instance: CVRPInstance) -> Ints:
    """int64 [N, N] without padding, proportional to the distances of a batch of one.

    Whole distances stay as they are; those with one decimal are exact in tenths; others are scaled by a power
    of ten. Solvers optimise these, the scorer never sees them.
    """
    n = int(instance.customers[0]) + 1
    distance = instance.distances()[0, :n, :n]
    scaled: Ints = np.rint(distance * _scale(distance)).astype(np.int64)
    return scaled


def _scale(distance: Floats) -> float:
    for scale in (1.0, 10.0):
        if np.abs(distance * scale - np.rint(distance * scale)).max() < 1e-6:
            return scale
    return float(10 ** np.ceil(np.log10(RESOLUTION / distance.max())))
