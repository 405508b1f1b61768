"""Instances: drawn from a law of demand, or cut from a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.domains.inventory.demand.windows import Span, Window, whole, windows
from headway.domains.inventory.stock.instance import StockPath
from headway.seeds import Split

if TYPE_CHECKING:
    from headway.domains.inventory.stock.problem import StockProblem


def drawn(problem: StockProblem, rng: np.random.Generator, n: int, split: Split) -> StockPath:
    """``n`` instances of ``items`` alike items, without a calendar; ``lookback`` periods are known history.

    Training counts every period: the warm-up is there to measure a long-run average, not to learn from.
    """
    law, items, start = problem.law, problem.items, problem.known_before
    periods = start + problem.decided
    features = law.features(periods)
    each = np.ones((n, items))
    return StockPath(
        dates=np.full((n, periods), "NaT", "datetime64[D]"),
        items=np.tile(np.array(names(items)), (n, 1)),
        demand=law.sample(rng, (n, periods, items)),
        covariates=np.tile(features[:, None], (n, 1, items, 1)),
        **terms(problem, each),
        scale=law.mean * each,
        start=np.full(n, start),
        warmup=np.full(n, 0 if split == "train" else problem.uncounted),
    )


def cut(problem: StockProblem, rng: np.random.Generator, n: int, split: Split) -> StockPath:
    """``n`` windows of single items from the periods of a split."""
    span, lookback = problem.spans[split], problem.known_before
    window = windows(problem.series, span, n, rng, problem.decided, lookback)
    return _from_history(problem, window, 0 if split == "train" else problem.uncounted)


def everything(problem: StockProblem, span: Span) -> StockPath:
    """All items in all periods up to the end of ``span`` as one row, decided from its beginning."""
    window = whole(problem.series, span, problem.known_before)
    return _from_history(problem, window, min(problem.uncounted, span.last - span.first))


def _from_history(problem: StockProblem, window: Window, warmup: int) -> StockPath:
    each = np.ones(window.items.shape)
    return StockPath(**window._asdict(), **terms(problem, each), warmup=np.full(len(each), warmup))


def names(items: int) -> list[str]:
    """What items without names of their own are called."""
    return ["item"] if items == 1 else [f"item {i}" for i in range(1, items + 1)]


def terms(problem: StockProblem, each: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, np.ndarray]:
    """Costs, lead times and the other terms of the problem for ``each`` item (ones, [B, I])."""
    return {
        "holding": problem.holding * each,
        "penalty": problem.penalty * each,
        "fixed": problem.fixed * each,
        "lead_time": np.full(each.shape, problem.lead_time),
        "keep": problem.keep * each,
        "lot": problem.multiple * each,
        "lost": np.full(each.shape, problem.lost),
    }
