"""Sums over assets, for numpy and torch."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from headway.ops import Array


def over_assets(xp: Any, values: Array) -> Array:
    """Sums [B] over the last axis of float64 [B, N].

    By numpy's products of vectors, in half of the time of its sum over short rows, one row or many. A product of the
    matrix with ones would be faster still, but BLAS adds up in an order that then depends on where an array lies in
    memory and how many rows it has, and a step must repeat bit for bit.
    """
    return np.vecdot(values, _ones(values.shape[-1])) if isinstance(values, np.ndarray) else xp.sum(values, axis=-1)


@cache
def _ones(n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Made once per number of assets."""
    ones = np.ones(n)
    ones.flags.writeable = False
    return ones
