"""Myopic rules for lost sales: the costs of the period in which an order arrives, and of one more."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any

import numpy as np

from headway.components import component, given
from headway.domains.inventory.exact.model import Lookup
from headway.domains.inventory.exact.myopic import myopic_1_orders, myopic_2_orders
from headway.domains.inventory.stock.rule import Floats
from headway.environment import Observation
from headway.errors import ConfigError
from headway.policy import Policy


@component
class Myopic(Policy):
    """A table of orders by what is on hand and on order.

    Raises
    ------
    CapabilityError
        The problem has no exact model of lost sales, or its table would be too large.
    """

    problem: Any = given(None)

    @abstractmethod
    def table(self, model: Any) -> Lookup:
        """The orders in each state of the exact model."""

    @cached_property
    def orders(self) -> Lookup:
        """The table for the problem."""
        if self.problem is None:
            where, hint = type(self).__name__, "use problem.baseline(...)"
            raise ConfigError("a myopic rule without a problem", where=where, hint=hint)
        return self.table(self.problem.model())

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        orders, stock = self.orders, observation["stock"]
        goods = np.concatenate([stock[..., None], observation["pipeline"]], axis=-1)[..., : len(orders.origin)]
        states = np.rint(goods).astype(np.int64).reshape(-1, goods.shape[-1])
        return orders(states).reshape(stock.shape) / observation["scale"], memory


@component
class Myopic1(Myopic):
    """The least expected cost in the period the order arrives in (Morton 1971; Zipkin 2008)."""

    def table(self, model: Any) -> Lookup:
        return myopic_1_orders(model)


@component
class Myopic2(Myopic):
    """The least expected costs in that period and the next, if Myopic-1 orders in between (Zipkin 2008)."""

    def table(self, model: Any) -> Lookup:
        return myopic_2_orders(model)
