"""Instances drawn from a law of demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.domains.inventory.perishable.instance import AgedPath
from headway.seeds import Split

if TYPE_CHECKING:
    from headway.domains.inventory.perishable.problem import Perishable


def drawn(problem: Perishable, rng: np.random.Generator, n: int, split: Split) -> AgedPath:
    """``n`` instances of ``items`` alike items, without a calendar.

    Training counts every period: the warm-up is there to measure a long-run average, not to learn from.
    """
    law, items, periods = problem.law, problem.items, problem.horizon
    each = np.ones((n, items))
    names = ["item"] if items == 1 else [f"item {i}" for i in range(1, items + 1)]
    return AgedPath(
        dates=np.full((n, periods), "NaT", "datetime64[D]"),
        items=np.tile(np.array(names), (n, 1)),
        demand=law.sample(rng, (n, periods, items)),
        covariates=np.tile(law.features(periods)[:, None], (n, 1, items, 1)),
        holding=problem.holding * each,
        penalty=problem.penalty * each,
        fixed=problem.fixed * each,
        lead_time=np.full((n, items), problem.lead_time),
        keep=each,
        lot=problem.multiple * each,
        lost=np.full((n, items), True),
        scale=law.mean * each,
        start=np.zeros(n, np.int64),
        warmup=np.full(n, 0 if split == "train" else problem.uncounted),
        lifetime=np.full(n, problem.lifetime),
        lifo=np.full((n, items), problem.issuing == "lifo"),
        unit_cost=problem.unit_cost * each,
        waste_cost=problem.waste_cost * each,
    )
