"""Many strategies at once: could the best of them lead the benchmark by luck, and which may be the best at all?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIZE = 0.05  # of the model confidence set: it holds the best with probability 1 - SIZE
_STILL = 1e-14  # standard deviation of a difference that is none


class Superiority(NamedTuple):
    """p-values of "no strategy is better than the benchmark": ``lower`` and ``upper`` bound ``consistent``."""

    lower: float
    consistent: float
    upper: float
    strategies: int


def at_equal_risk(benchmark: Floats, strategies: Floats) -> Floats:
    """Daily returns [T, K] scaled to the deviation of the benchmark's [T]: more risk is no superiority.

    A strategy that never moves is left as it is.
    """
    deviation = strategies.std(axis=0)
    scaled: Floats = strategies * np.where(deviation > _STILL, benchmark.std() / np.maximum(deviation, _STILL), 1.0)
    return scaled


def superior_ability(
    benchmark: Floats, strategies: Floats, length: float, *, resamples: int = 1000, seed: int = 0
) -> Superiority | None:
    """Hansen (2005), A Test for Superior Predictive Ability, JBES 23(4): stationary bootstrap, studentised.

    Parameters
    ----------
    benchmark : [T], daily returns
    strategies : [T, K]; those that never differ from the benchmark say nothing and are left out
    length : mean length of a block

    Returns
    -------
    None where no strategy is left.
    """
    from arch.bootstrap import SPA

    kept = strategies[:, (strategies - benchmark[:, None]).std(axis=0) > _STILL]
    if not kept.shape[1]:
        return None
    # arch compares losses: what is lost is what is not earned.
    test = SPA(-benchmark, -kept, block_size=round(length), reps=resamples, bootstrap="stationary", seed=seed)
    test.compute()
    found = test.pvalues
    return Superiority(float(found["lower"]), float(found["consistent"]), float(found["upper"]), kept.shape[1])


def confidence_set(strategies: Floats, length: float, *, resamples: int = 1000, seed: int = 0) -> NDArray[np.bool_]:
    """bool [K]: which of the strategies [T, K] (daily returns) may be the best (Hansen, Lunde and Nason 2011).

    Of strategies that never differ only the first is tested, and answers for the others.
    """
    from arch.bootstrap import MCS

    twins = [
        next(j for j in range(k + 1) if _alike(strategies[:, j], strategies[:, k])) for k in range(strategies.shape[1])
    ]
    tested = sorted(set(twins))
    if len(tested) == 1:
        return np.ones(len(twins), bool)
    losses = -strategies[:, tested]
    test = MCS(losses, SIZE, reps=resamples, block_size=round(length), bootstrap="stationary", seed=seed)
    test.compute()
    included = set(test.included)  # column numbers of the losses
    return np.array([tested.index(twin) in included for twin in twins])


def _alike(a: Floats, b: Floats) -> bool:
    return bool((a - b).std() <= _STILL)
