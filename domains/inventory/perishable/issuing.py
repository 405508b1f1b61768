"""Which units meet demand: the oldest or the youngest first."""

from __future__ import annotations

from typing import Any

from headway.ops import Array


def left(xp: Any, stock: Array, demand: Array, lifo: Array) -> Array:
    """What is left of ``stock`` [..., M], by periods left, once ``demand`` [...] has been met as far as it can.

    ``lifo`` (bool [..., 1]): the youngest units go first. A unit stays if those that go before it, and it, are
    more than demand; so one clip of cumulative sums says all, and gradients pass.
    """
    older = xp.cumulative_sum(stock, axis=-1)
    upto = xp.where(lifo, older[..., -1:] - older + stock, older)
    return xp.minimum(stock, xp.maximum(upto - demand[..., None], 0.0))
