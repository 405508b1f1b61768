"""Boxes of states: tables of values over all coordinates, of which only states with few goods in all count."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from headway.errors import CapabilityError

Floats = NDArray[np.float64]

_FORBIDDEN = 1e12  # price of an order that leaves the box; finite, since infinity times zero is no number


class Box:
    """States whose coordinates, counted from 0, are below ``shape`` and sum to ``most`` or less.

    The last coordinate counts as ``floor`` at least: goods are brought up to there before anything else.

    Value iteration works on the list of these states, the Bellman operators on tables of the whole box, where
    sums over demand and minima over orders are array programmes.

    Raises
    ------
    CapabilityError
        The box has more than ``limit`` entries.
    """

    def __init__(self, shape: tuple[int, ...], most: int, limit: int, floor: int = 0) -> None:
        if math.prod(shape) > limit:
            raise CapabilityError(
                "too many states for an exact optimum",
                where="exact",
                got=f"{math.prod(shape):.3g}",
                expected=f"<= {limit}",
                hint="shorten the lead time or the lifetime, lower the demand, or compare with a bound",
            )
        self.shape = shape
        counts = list(np.indices(shape, sparse=True))
        counts[-1:] = [np.maximum(last, floor) for last in counts[-1:]]
        self.inside = np.asarray(sum(counts, start=np.zeros((1,) * len(shape))) <= most)
        self.states = int(np.count_nonzero(self.inside))
        self.most, self.price = most, np.zeros(0)

    def spread(self, values: Floats) -> Floats:
        """The table of ``values`` [S]; 0 outside, where no order may lead."""
        table = np.zeros(self.shape)
        table[self.inside] = values
        return table

    def charge(self, totals: Floats, used: int = 0) -> None:
        """Make the entries of ``totals`` whose indices and ``used`` goods sum to more than the most prohibitive.

        The price depends on the sum of the indices only: a view with equal strides, no table.
        """
        reach = used + sum(totals.shape)
        if len(self.price) < reach:
            self.price = np.where(np.arange(reach) > self.most, _FORBIDDEN, 0.0)
        totals += as_strided(self.price[used:], totals.shape, self.price.strides * totals.ndim)
