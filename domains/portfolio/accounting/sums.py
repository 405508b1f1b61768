"""Sums over assets, for numpy and torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.ops import Array


def over_assets(xp: Any, values: Array) -> Array:
    """Sums [B] over the last axis of [B, N].

    By numpy's einsum, in half of the time of its sum over short rows. A product with ones would be faster still, but
    BLAS adds up in an order that depends on where an array lies in memory, and a step must repeat bit for bit.
    """
    return np.einsum("ij->i", values) if isinstance(values, np.ndarray) else xp.sum(values, axis=-1)
