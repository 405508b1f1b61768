"""One warehouse that supplies many stores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.supply.base import HERE, Amount, Periods, SupplyProblem
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.layout import Layout
from headway.domains.inventory.supply.stores import Stores, drawn, published
from headway.errors import ConfigError
from headway.seeds import Split

Range = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
Share = Annotated[float, Field(ge=0, le=1)]


@component
class OneWarehouse(SupplyProblem):
    """Orders of a warehouse, and what it sends to each of its stores.

    Stores differ: each one's numbers are drawn evenly between two bounds, by default those of Alvo et al. (2023),
    "Neural inventory control in networks", section 5. Their demand is normal, at least 0, and correlated.

    stores : how many
    lost : whether what a store is short of is lost, or owed
    world : seed of one set of stores for all instances; None: other stores in every instance
    mean, cv : mean demand of a store, and its standard deviation as a share of that
    correlation : of any two stores' demands
    holding, penalty : cost per unit left, and per unit short, at a store
    lead_times : shortest and longest lead time from warehouse to store
    warehouse_holding, warehouse_lead_time : of the warehouse
    kaynov : instead of all these, instance 1 to 10 of Kaynov et al. (2024), "Deep reinforcement learning for
        one-warehouse multi-retailer inventory management", Table A.3 (whole units; with horizon=100 and warmup=0
        the objective is a hundredth of the costs printed there)
    """

    name: ClassVar[str] = "inventory/one_warehouse"
    networks: ClassVar[Mapping[str, str]] = {
        **SupplyProblem.networks,
        "symmetric": f"{HERE}.symmetric:Symmetric",
    }
    policies: ClassVar[Mapping[str, str]] = {"pathwise": "headway.domains.inventory:policies/one_warehouse/pathwise"}

    stores: Annotated[int, Field(ge=1)] = 5
    lost: bool = True
    world: Annotated[int, Field(ge=0)] | None = None
    mean: Range = (2.5, 7.5)
    cv: Range = (0.25, 0.5)
    correlation: Share = 0.5
    holding: Range = (0.7, 1.3)
    penalty: Range = (6.3, 11.7)
    lead_times: tuple[Periods, Periods] = (2, 3)
    warehouse_holding: Amount = 0.3
    warehouse_lead_time: Periods = 3
    kaynov: Annotated[int, Field(ge=1, le=14)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("mean", "cv", "holding", "penalty", "lead_times"):
            low, high = getattr(self, name)
            if not low <= high or (name in ("mean", "penalty") and low == 0):
                expected = "low <= high, and a mean or penalty above 0"
                raise ConfigError("an empty range", where=f"problem.{name}", got=(low, high), expected=expected)

    @property
    def longest(self) -> int:
        if self.kaynov is not None:
            return super().longest
        return max(self.lead_times[1], self.warehouse_lead_time)

    @cached_property
    def layout(self) -> Layout:
        """The network of the published instance.

        Raises
        ------
        ConfigError
            Stores are drawn, or the published instance is of a kind that is not modelled.
        """
        if self.kaynov is None:
            raise ConfigError(
                "stores are drawn with each instance", where="problem.kaynov", got=None, expected="1 to 10"
            )
        return published(self.kaynov, self.initial)

    @cached_property
    def world_stores(self) -> Stores | None:
        """The stores that all instances have, if they do."""
        return None if self.world is None else drawn(self, np.random.default_rng([self.world, self.stores]), 1)

    def generate(self, rng: np.random.Generator, n: int, split: Split) -> SupplyPath:
        if self.kaynov is not None:
            return super().generate(rng, n, split)
        stores = self.world_stores or drawn(self, rng, n)
        return stores.path(self, rng, n, self.counted_from(split))
