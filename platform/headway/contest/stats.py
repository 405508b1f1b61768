"""Statistics of comparisons: gaps with errors, paired intervals, interquartile means, profiles.

Scores are float64 [S, N]: S seeds of one contestant on N instances. The instances are the same for
everybody, so that all differences are paired.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Sense = Literal["min", "max"]
GapKind = Literal["ratio", "difference"]

SHORT = 16  # periods, below which no block length can be estimated
CHUNK = 2**22  # resampled numbers held at a time (32 MiB)


class Estimate(NamedTuple):
    """A value with its standard error and its confidence interval; NaN where there are too few data."""

    value: float
    se: float
    low: float
    high: float


def gap(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    sense: Sense = "min",
    kind: GapKind = "ratio",
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """How much worse than the reference: positive is worse, whatever the sense.

    ``ratio``: mean(score - reference) / abs(mean(reference)), a ratio of means; its standard error
    is the delta method's (Cochran, Sampling Techniques, 3rd ed., eq. 6.13). ``difference``:
    mean(score - reference). With one seed the interval is scipy's paired BCa bootstrap over
    instances; with several, seeds and instances are both resampled (a crossed percentile bootstrap),
    since training another seed would change the result just as other instances would.

    Parameters
    ----------
    scores : [S, N] or [N]
    reference : [N], or [S, N] where it is a contestant with seeds of its own
    """
    values, base = np.atleast_2d(np.asarray(scores, float)), np.atleast_2d(np.asarray(reference, float))
    worse = (values - base) * (1 if sense == "min" else -1)
    unit = base.mean(0) if kind == "ratio" else np.ones(base.shape[1])
    value = _ratio(worse.mean(0), unit)
    low, high = _interval(worse, unit, confidence, resamples, seed)
    return Estimate(float(value), _standard_error(worse, unit), low, high)


def interquartile_mean(
    scores: ArrayLike, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Estimate:
    """Mean of the middle half of all S x N scores; seeds are resampled within each instance (stratified).

    Agarwal et al. 2021, Deep RL at the Edge of the Statistical Precipice, section 4.3. With one seed
    there is nothing to resample within an instance, so instances are resampled instead.
    """
    values = np.atleast_2d(np.asarray(scores, float))
    seeds, instances = values.shape
    rng = np.random.default_rng(seed)

    def draw(n: int) -> Floats:
        if seeds == 1:
            return np.asarray(values[0, rng.integers(instances, size=(n, instances))])
        chosen = rng.integers(seeds, size=(n, seeds, instances))
        return values[chosen, np.arange(instances)].reshape(n, -1)

    replicates = _replicates(lambda n: _trimmed(draw(n)), resamples, values.size)
    return from_replicates(_trimmed(values.reshape(1, -1))[0], replicates, confidence)


def performance_profile(gaps: ArrayLike, thresholds: ArrayLike) -> Floats:
    """Share of answers whose gap is at most each threshold. [S, N], [K] -> float64 [K]; NaN is never.

    Dolan and Moré 2002 with gaps in place of time ratios.
    """
    values = np.asarray(gaps, float).ravel()
    return np.asarray((values[None, :] <= np.asarray(thresholds, float)[:, None]).mean(1))


def probability_better(a: ArrayLike, b: ArrayLike, *, sense: Sense = "min") -> float:
    """Probability that a run of ``a`` beats a run of ``b`` on an instance; ties count half. [S, N], [R, N].

    Agarwal et al. 2021, section 4.3 (probability of improvement): mean over instances of the
    Mann-Whitney statistic of the seeds.
    """
    first, second = (np.atleast_2d(np.asarray(x, float)) for x in (a, b))
    lead = (second[None, :, :] - first[:, None, :]) * (1 if sense == "min" else -1)
    return float(((lead > 0) + 0.5 * (lead == 0)).mean())


def blocks(
    *series: ArrayLike, resamples: int = 1000, seed: int = 0, length: int | None = None
) -> tuple[NDArray[np.intp], int]:
    """Stationary bootstrap of T dependent periods: indices [R, T] that resample all series alike, mean block length.

    Politis and Romano 1994; the mean block length is that of Politis and White 2004 (corrected 2009),
    the largest over the series, so that all of them are cut at the same places.

    Parameters
    ----------
    series : float64 [T] each, to estimate the block length from
    length : mean length of a block, where it is known
    """
    from arch.bootstrap import StationaryBootstrap

    length = length or round(max(block_length(s) for s in series))
    periods = np.arange(np.asarray(series[0]).shape[0])
    bootstrap = StationaryBootstrap(length, periods, seed=np.random.default_rng(seed))
    return np.stack([data[0][0] for data in bootstrap.bootstrap(resamples)]), length


def block_length(series: ArrayLike) -> float:
    """The optimal mean block length of the stationary bootstrap, at least 1 and at most a quarter of T."""
    from arch.bootstrap import optimal_block_length

    values = np.asarray(series, float)
    if len(values) < SHORT or np.ptp(values) == 0:
        return 1.0
    length = float(optimal_block_length(values)["stationary"].iloc[0])
    return float(np.clip(length if math.isfinite(length) else 1.0, 1.0, len(values) / 4))


def from_replicates(value: float, replicates: ArrayLike, confidence: float = 0.95) -> Estimate:
    """A value with the standard deviation and the percentiles of its bootstrap replicates [R]."""
    drawn = np.asarray(replicates, float)
    low, high = _quantiles(drawn, confidence)
    return Estimate(float(value), float(drawn.std(ddof=1)), low, high)


# -- parts ------------------------------------------------------------------------------------
def _ratio(worse: Floats, unit: Floats, axis: int = -1) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return worse.mean(axis) / np.abs(unit.mean(axis))


def _standard_error(worse: Floats, unit: Floats) -> float:
    seeds, instances = worse.shape
    if instances < 2:
        return math.nan
    scale = abs(unit.mean())
    residual = worse - _ratio(worse.mean(0), unit) * np.sign(unit.mean()) * unit
    variance = residual.mean(0).var(ddof=1) / instances
    if seeds > 1:  # crossed design: both factors are samples
        variance += residual.mean(1).var(ddof=1) / seeds
    return float(math.sqrt(variance) / scale) if scale else math.nan


def _interval(worse: Floats, unit: Floats, confidence: float, resamples: int, seed: int) -> tuple[float, float]:
    seeds, instances = worse.shape
    if instances < 2:
        return math.nan, math.nan
    if seeds > 1:
        return _quantiles(_crossed(worse, unit, resamples, seed), confidence)
    residual = worse[0] - _ratio(worse[0], unit) * np.sign(unit.mean()) * unit
    if np.allclose(residual, 0, atol=1e-12 * max(1.0, float(np.abs(unit).max()))):
        point = float(_ratio(worse[0], unit))  # every resample gives this value, where BCa is undefined
        return point, point
    from scipy.stats import bootstrap

    result = bootstrap(
        (worse[0], unit),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, CHUNK // instances),
        confidence_level=confidence,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(result.low), float(result.high)


def _crossed(worse: Floats, unit: Floats, resamples: int, seed: int) -> Floats:
    """Ratios when seeds and instances are drawn anew: how often each was drawn serves as its weight."""
    seeds, instances = worse.shape
    rng = np.random.default_rng(seed)
    by_seed = rng.multinomial(seeds, np.full(seeds, 1 / seeds), resamples) / seeds
    by_instance = rng.multinomial(instances, np.full(instances, 1 / instances), resamples) / instances
    top = np.einsum("rn,rn->r", by_seed @ worse, by_instance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(top / np.abs(by_instance @ unit))


def _trimmed(samples: Floats) -> Floats:
    """Mean of the middle half of each row: a quarter of the entries, rounded down, is cut at each end."""
    cut = samples.shape[1] // 4
    ordered = np.sort(samples, axis=1)
    return np.asarray(ordered[:, cut : samples.shape[1] - cut].mean(1))


def _replicates(draw: Callable[[int], Floats], resamples: int, size: int) -> Floats:
    step = max(1, CHUNK // max(1, size))
    return np.concatenate([draw(min(step, resamples - at)) for at in range(0, resamples, step)])


def _quantiles(replicates: Floats, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)
