"""Another future after the same past: what the causality check plays."""

from __future__ import annotations

import numpy as np

from headway.domains.portfolio.market.instance import GONE, SUSPENDED, TRADED, PricePath

_SHARES = {TRADED: 0.9, SUSPENDED: 0.05, GONE: 0.05}  # of the days of another future, where assets do not always trade


def other_future(path: PricePath, day: int, rng: np.random.Generator) -> PricePath:
    """``path`` with other returns, cash rates, statuses, volumes and signals on all days after ``day``.

    What is neutral stays so: assets that always trade, volumes without bound.
    """
    later = slice(day + 1, None)
    fields = ("returns", "cash", "status", "volume", "signals")
    returns, cash, status, volume, signals = (getattr(path, name).copy() for name in fields)
    returns[:, later] = np.expm1(rng.normal(0, 0.03, returns[:, later].shape))
    cash[:, later] = rng.uniform(0, 4e-4, cash[:, later].shape)
    if (status != TRADED).any():
        status[:, later] = rng.choice(list(_SHARES), status[:, later].shape, p=list(_SHARES.values()))
        before = np.concatenate([status[:, :1], status[:, :-1]], axis=1)
        still = (status == SUSPENDED) | ((status == GONE) & (before == GONE))
        returns[:, later][still[:, later]] = 0.0
    bounded = np.isfinite(volume[:, later])
    volume[:, later] = np.where(bounded, rng.lognormal(15, 1, bounded.shape), volume[:, later])
    signals[:, later] = rng.normal(size=signals[:, later].shape)
    if np.isnan(path.signals).any():
        signals[:, later][rng.random(signals[:, later].shape) < 0.1] = np.nan
    changed = dict(zip(fields, (returns, cash, status, volume, signals), strict=True))
    return PricePath(**path.arrays() | changed)
