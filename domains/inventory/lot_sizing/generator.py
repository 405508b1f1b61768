"""Instances drawn as their source draws them: demand, first stock and first set-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plant import Plant, draw_plant

if TYPE_CHECKING:
    from headway.domains.inventory.lot_sizing.problem import LotSizing

Floats = NDArray[np.float64]


def drawn(problem: LotSizing, rng: np.random.Generator, n: int) -> PlantPath:
    """``n`` instances: demand by the problem's law; stock uniform on 0..capacity - 1, each machine set up for one
    of the items it can make, as in the source's ``SimplePlant`` (a machine that can make none is idle).
    """
    law, periods = problem.law, problem.horizon
    if problem.plant is None:
        plants = [draw_plant(rng, problem.items, problem.machines) for _ in range(n)]
        plant = Plant(*(np.stack(tables) for tables in zip(*plants, strict=True)))
    else:
        plant = Plant(*(np.tile(table, (n, *(1 for _ in table.shape))) for table in problem.plant))
    items = plant.rate.shape[2]
    return PlantPath(
        demand=law.sample(rng, (n, periods, items)),
        horizon=np.full(n, periods),
        mean=np.full((n, items), law.mean),
        std=np.full((n, items), law.std),
        stock=np.floor(rng.random((n, items)) * plant.capacity),
        setup=_setups(rng, plant.rate),
        **plant._asdict(),
    )


def _setups(rng: np.random.Generator, rate: Floats) -> NDArray[np.int64]:
    """An item for each machine, int64 [B, M], uniform over those it can make."""
    luck = np.where(rate > 0, rng.random(rate.shape), -1.0)
    setups: NDArray[np.int64] = np.where(luck.max(axis=2) >= 0, luck.argmax(axis=2) + 1, 0)
    return setups
