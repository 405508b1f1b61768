"""Relative value iteration: the fixed point of a Bellman operator up to a constant, with proven bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.errors import SolverError

Floats = NDArray[np.float64]

MEMORY = 5  # earlier sweeps that Anderson's extrapolation combines; 3 to 8 do equally well here
NOISE = 1e-12  # of the largest value: bounds this near that come no nearer are those of rounding
PATIENCE = 8  # sweeps without a narrower span before extrapolation starts anew


@dataclass(frozen=True)
class FixedPoint:
    """What value iteration has found.

    Attributes
    ----------
    cost : per period in the long run; of a discounted criterion the value of the first state
    lower, upper : proven bounds on it (Odoni 1969; of a discounted criterion MacQueen 1966)
    values : float64 [S], of the states up to a constant; of a discounted criterion the very values
    sweeps : backups that were made
    """

    cost: float
    lower: float
    upper: float
    values: Floats
    sweeps: int


def relative_values(
    backup: Callable[[Floats], Floats],
    start: Floats,
    *,
    discount: float = 1.0,
    tolerance: float = 1e-8,
    sweeps: int = 20_000,
) -> FixedPoint:
    """Iterate ``backup`` (V -> min over orders of cost + discount * E V', float64 [S]) until the bounds meet.

    For any V the cost of the best policy lies between the smallest and the largest value of TV - V, so V
    may be extrapolated freely: Anderson's mixing of the last sweeps (Walker and Ni 2011), which takes a
    half to a tenth of the plain sweeps. ``tolerance`` is the distance of these bounds, per period, or what rounding
    allows if that is more.

    Raises
    ------
    SolverError
        The bounds are not within ``tolerance`` after ``sweeps`` backups.
    """
    values, mixer, best, stalled = start, _Mixer(start.size), np.inf, 0
    for sweep in range(1, sweeps + 1):
        backed = backup(values)
        change = backed - values
        low, high = float(change.min()), float(change.max())
        stalled = 0 if high - low < best else stalled + 1
        rounding = NOISE * float(np.abs(backed).max()) if stalled > PATIENCE else 0.0
        if high - low < max(tolerance, rounding):
            return _found(backed, low, high, discount, sweep)
        best = min(best, high - low)
        if stalled > PATIENCE:
            mixer, best, stalled = _Mixer(start.size), np.inf, 0
        values = mixer.next(backed - backed[0], change - change[0])
    raise SolverError(
        "value iteration has not converged", where="relative_values", got=f"span {best:g}", expected=f"< {tolerance:g}"
    )


def _found(backed: Floats, low: float, high: float, discount: float, sweep: int) -> FixedPoint:
    """The cost between its bounds after the last sweep, whose smallest and largest change are given."""
    if discount == 1:
        return FixedPoint((low + high) / 2, low, high, backed - backed[0], sweep)
    more = discount / (1 - discount)  # what all later changes amount to
    values = backed + more * (low + high) / 2
    return FixedPoint(float(values[0]), float(backed[0] + more * low), float(backed[0] + more * high), values, sweep)


class _Mixer:
    """Anderson's extrapolation: the combination of earlier sweeps whose residual is smallest."""

    def __init__(self, size: int) -> None:
        self.images, self.residuals = np.empty((MEMORY, size)), np.empty((MEMORY, size))
        self.last: tuple[Floats, Floats] | None = None
        self.made = 0

    def next(self, image: Floats, residual: Floats) -> Floats:
        """Where to go on from, given the image of the last point and its distance from it, float64 [S]."""
        if self.last is not None:
            slot = self.made % MEMORY
            np.subtract(image, self.last[0], out=self.images[slot])
            np.subtract(residual, self.last[1], out=self.residuals[slot])
            self.made += 1
        self.last = image, residual
        known = min(self.made, MEMORY)
        if not known:
            return image
        steps = self.residuals[:known]
        gram = steps @ steps.T
        gram[np.diag_indices(known)] *= 1 + 1e-10  # nearly parallel steps must not blow up the weights
        weights = np.linalg.lstsq(gram, steps @ residual, rcond=None)[0]
        return image - weights @ self.images[:known]
