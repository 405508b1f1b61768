"""What a setting is made of: demand, costs, lead time, lots and splits, and what follows from them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from headway.components import build, component, given
from headway.domains.inventory.demand import DEMANDS, HISTORIES, LAWS
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.demand.history import History, Provider
from headway.domains.inventory.demand.windows import Span, spans
from headway.domains.inventory.stock.exact_cost import model
from headway.errors import CapabilityError, ConfigError
from headway.problem import lookup
from headway.seeds import Split

if TYPE_CHECKING:
    from headway.domains.inventory.exact.model import Model

PERIODS = 500  # decided in an instance of a law, a fifth of them warm-up
WINDOW = 60  # decided in an instance of a history; it fits into a fifth of a year of days
LOOKBACK = 56  # known periods of a history before it: eight weeks of days

_OPTIONS = "problem.demand_options"

Amount = Annotated[float, Field(ge=0)]


@component
class Terms:
    """The knobs of `LostSales` and `Backlog`:

    demand, demand_options : a law or a history (`headway.domains.inventory.demand`) and its options
    items : independent items of a law, all alike; a history brings its own
    lead_time : periods until an order can serve demand; an order of period t serves t + lead_time
    holding, penalty : cost per unit left, and per unit short, at the end of a period
    fixed : cost per order
    keep : share of what is left that can still be sold in the next period; 0 for newspapers and bread
    lot : orders are whole multiples of it, 0 for any quantity; by default 1 where the law is whole-numbered
    horizon : decided periods of an instance; by default 500, in a history windows of 60
    warmup : the first of them, whose cost is not counted outside training; by default a fifth, in a history
        those before the first order can arrive
    lags : past demands in the observation
    lookback : known periods before the first decision; by default ``lags``, in a history at least 56
    train_until, validation_until : last dates of these splits of a history; by default 60 and 80 % of it
    """

    name: ClassVar[str]
    lost: ClassVar[bool]

    demand: str = "poisson"
    demand_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    items: Annotated[int, Field(ge=1)] = 1
    lead_time: Annotated[int, Field(ge=0)] = 4
    holding: Amount = 1.0
    penalty: Amount = 9.0
    fixed: Amount = 0.0
    keep: Annotated[float, Field(ge=0, le=1)] = 1.0
    lot: Amount | None = None
    horizon: Annotated[int, Field(ge=1)] | None = None
    warmup: Annotated[int, Field(ge=0)] | None = None
    lags: Annotated[int, Field(ge=0)] = 0
    lookback: Annotated[int, Field(ge=0)] | None = None
    train_until: datetime.date | None = None
    validation_until: datetime.date | None = None
    known: History | None = given(None)  # the history where it is already there (a refit's prefix)

    def __post_init__(self) -> None:
        if self.uncounted >= self.decided:
            raise ConfigError(
                "no period is counted",
                where="problem.warmup",
                got=f"warmup={self.uncounted}, horizon={self.decided}",
                expected="warmup < horizon",
            )

        if self.known_before < self.lags:
            raise ConfigError(
                "more past demands are observed than are known",
                where="problem.lookback",
                got=f"lookback={self.known_before}, lags={self.lags}",
                expected="lookback >= lags",
            )

    @cached_property
    def law(self) -> Distribution:
        """The law that demand is drawn from. Raises CapabilityError where demand is a history."""
        if self.historical:
            raise CapabilityError(
                "a history has no law of demand",
                where=f"{self.name}, demand",
                got=self.demand,
                expected=", ".join(LAWS),
            )
        law: Distribution = build(lookup("demand", self.demand, DEMANDS), self.demand_options, where=_OPTIONS)
        return law

    @cached_property
    def series(self) -> History:
        """The history that instances are cut from."""
        if self.known is not None:
            return self.known
        provider: Provider = build(lookup("demand", self.demand, DEMANDS), self.demand_options, where=_OPTIONS)
        return provider.history()

    @cached_property
    def spans(self) -> Mapping[Split, Span]:
        """The periods of the history that each split decides; tuning draws from the validation periods."""
        return spans(self.series, self.known_before, self.train_until, self.validation_until)

    @property
    def historical(self) -> bool:
        """Whether demand is a history, not a law."""
        return self.demand in HISTORIES

    def model(self) -> Model:
        """The exact model of one item. Raises CapabilityError where there is none."""
        return model(self)

    @property
    def base_stock_is_best(self) -> bool:
        """Whether a base-stock policy is optimal: durable goods, no fixed cost, and shortages owed or no lead time."""
        if self.historical or self.law.features(1).shape[1]:
            return False
        fitting = self.multiple == 0 or (self.multiple == 1 and self.law.discrete)
        return fitting and self.fixed == 0 and self.keep == 1 and (not self.lost or self.lead_time == 0)

    @cached_property
    def found(self) -> dict[Any, tuple[float, ...]]:
        """Best parameters of rules for this problem: a search is made once."""
        return {}

    @cached_property
    def usual(self) -> float:
        """Mean demand of an item and period, units."""
        if not self.historical:
            return self.law.mean
        return float(self.series.demand[: max(self.spans["train"].last, 0) + 1].mean())

    @cached_property
    def multiple(self) -> float:
        """The lot, with its default."""
        if self.lot is not None:
            return self.lot
        return 0.0 if self.historical else float(self.law.discrete)

    @property
    def decided(self) -> int:
        """Decided periods of an instance."""
        return self.horizon or (WINDOW if self.historical else PERIODS)

    @property
    def uncounted(self) -> int:
        """Warm-up periods of an instance outside training."""
        if self.warmup is not None:
            return self.warmup
        return min(self.lead_time, self.decided - 1) if self.historical else self.decided // 5

    @property
    def known_before(self) -> int:
        """Known periods before the first decision."""
        if self.lookback is not None:
            return self.lookback
        return max(self.lags, LOOKBACK if self.historical else 0)

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        return self.series.caveats if self.historical else ()
