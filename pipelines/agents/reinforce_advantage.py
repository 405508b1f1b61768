"""From the returns of several episodes of one instance to how much each of them counts in the gradient."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Credit = Literal["mean", "leader", "label", "greedy"]
LEADER = 4.0  # times the best episode counts


def weights(returns: Floats, credit: Credit, best_of: int, extremes: int | None, greedy: Floats | None) -> Floats:
    """float64 [B, R]: how much each episode counts; 0 where it need not be differentiated.

    ``mean``: its advantage over the others (see `advantages`). ``leader``: the best one's times `LEADER` (Wang et al.
    2024, "Leader reward for POMO-based neural combinatorial optimization"). ``label``: 1 for the best one, which the
    policy learns to repeat (Corsini et al. 2024, "Self-labeling the job shop scheduling problem"). ``greedy``: over the
    return of the likeliest episode, ``greedy`` [B] (Kool et al. 2019), in units of the spread. ``extremes`` keeps the
    best and the worst few of each row only.
    """
    best = np.arange(returns.shape[1]) == returns.argmax(1)[:, None]
    if credit == "label":
        label: Floats = best.astype(np.float64)
        return label
    out = advantages(returns, best_of)
    if greedy is not None:
        spread = returns.std(1, keepdims=True)
        out = np.where(out == 0, 0.0, (returns - greedy[:, None]) / np.where(spread > 0, spread, 1.0))
    if credit == "leader":
        out = np.where(best, LEADER * out, out)
    if extremes is not None:
        place = returns.argsort(1).argsort(1)
        out = np.where((place < extremes) | (place >= returns.shape[1] - extremes), out, 0.0)
    return out


def advantages(returns: Floats, best_of: int) -> Floats:
    """float64 [B, R], mean 0 and spread 1 in each row of ``returns`` [B, R]; 0 where all are alike.

    With ``best_of`` k an episode counts as much as it adds, in the mean, to the best of it and k - 1 others drawn from
    the rest of its row: an unbiased gradient of the mean best of k (Walder and Karkhanis 2025, "Pass@K policy
    optimization", section 3). k = 1 gives the return itself.
    """
    weight = returns if best_of == 1 else _added(returns, min(best_of, returns.shape[1]))
    weight = weight - weight.mean(1, keepdims=True)
    spread = weight.std(1, keepdims=True)
    # What is left of equal returns after rounding is no difference.
    alike = spread <= 1e-9 * np.abs(returns).max(1, keepdims=True) + 1e-300
    out: Floats = np.where(alike, 0.0, weight / np.where(alike, 1.0, spread))
    return out


def _added(returns: Floats, k: int) -> Floats:
    """float64 [B, R]: the mean of max(0, r - the best of k - 1 others) over all choices of these others."""
    batch, n = returns.shape
    out = np.zeros((batch, n))
    chance = _chances(n - 1, k - 1)
    for i in range(n):
        others = np.sort(np.delete(returns, i, axis=1), axis=1)
        out[:, i] = np.maximum(returns[:, i, None] - others, 0.0) @ chance
    return out


def _chances(n: int, k: int) -> Floats:
    """float64 [n]: how likely the j-th smallest of n is the largest of k drawn without repetition."""
    chance = np.zeros(n)
    left = 1.0
    for j in range(n - 1, k - 2, -1):  # it is drawn given that no larger one is
        chance[j] = left * k / (j + 1)
        left -= chance[j]
    return chance
