"""Sums over assets, for numpy and torch."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.ops import Array


def over_assets(xp: Any, values: Array) -> Array:
    """Sums [B] over the last axis of float64 [B, N].

    In numpy a product with ones: it takes a quarter of the time of numpy's own sum over short rows.
    """
    return values @ _ones(values.shape[1]) if isinstance(values, np.ndarray) else xp.sum(values, axis=-1)


@cache
def _ones(n: int) -> NDArray[np.float64]:
    ones = np.ones(n)
    ones.flags.writeable = False
    return ones
