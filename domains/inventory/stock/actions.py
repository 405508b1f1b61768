"""What an action means: any quantity of many items, or whole lots of one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.stock.replenishment import Replenishment
from headway.environment import Observation
from headway.errors import CapabilityError
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

TENTHS = 10  # actions per usual demand where any quantity may be ordered


@component
class Quantities(Replenishment[Any]):
    """Quantities in usual demands: action 1 orders ``scale`` units. Box [I] from 0 to ``reach``.

    reach : largest order, in usual demands per period; 4 is beyond every optimal order of Zipkin's (2008)
        lost-sales problems with Poisson demand, and where fixed costs or quantiles ask for more, raise it
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"differentiable", "post_decision", "relax"})
    action: ClassVar[Literal["discrete", "box"]] = "box"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def spaces(self, params: Any) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        return self.observed(params), spaces.Box(0.0, self.reach, (params.nothing.shape[1],), np.float32)

    def decode(self, observation: Observation, action: Array) -> Array:
        xp = self.arrays.xp
        return xp.astype(action * observation["scale"], xp.float64, copy=False)

    def relax(self, observation: Observation, decision: Array) -> Array:
        """No less than nothing, in any quantity."""
        return self.arrays.xp.maximum(decision, 0.0)


@component
class Lots(Replenishment[Any]):
    """Whole lots of one item: Discrete; where any quantity may be ordered, tenths of the usual demand.

    reach : largest order, in usual demands per period
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"post_decision"})
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    reach: Annotated[float, Field(gt=0)] = 4.0

    def spaces(self, params: Any) -> tuple[spaces.Dict, spaces.Space[Any]]:
        from gymnasium import spaces

        if params.nothing.shape[1] != 1:
            raise CapabilityError(
                "one discrete action cannot order several items",
                where=f"{self.problem.name}, environment units",
                got=f"{params.nothing.shape[1]} items",
                expected="one item",
                hint="use the environment `order`",
            )
        usual, lot = self.problem.usual, float(params.shown["lot"][0, 0])
        return self.observed(params), spaces.Discrete(1 + math.ceil(self.reach * usual / (lot or usual / TENTHS)))

    def decode(self, observation: Observation, action: Array) -> Array:
        xp = self.arrays.xp
        return xp.astype(action[:, None] * self._unit(observation), xp.float64, copy=False)

    def _unit(self, observation: Observation) -> Array:
        """float32 [B, 1]: what one more step of the action orders."""
        lot = observation["lot"]
        return self.arrays.xp.where(lot > 0, lot, observation["scale"] / TENTHS)
