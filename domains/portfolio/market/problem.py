"""What the problems of this domain share: a history of prices, and how instances are cut from it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

import numpy as np
from pydantic import Field

from headway.batch import Batch
from headway.components import build, component, given
from headway.domains.portfolio.accounting.knobs import check_lag
from headway.domains.portfolio.market.futures import other_future
from headway.domains.portfolio.market.generator import Span, whole, windows
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.domains.portfolio.market.market import Market
from headway.domains.portfolio.market.point_in_time import PointInTime
from headway.domains.portfolio.market.providers import PROVIDERS, Provider, Simulator
from headway.domains.portfolio.market.randomise import RANDOMISERS, Randomiser
from headway.domains.portfolio.market.splits import begin, day_index, held_out_from, parse_date, spans
from headway.domains.portfolio.statistics.stress import STRETCHES
from headway.errors import ConfigError
from headway.problem import Problem, lookup
from headway.seeds import Split

X = TypeVar("X", bound=Batch)


@component
class MarketProblem(Problem[PricePath, X]):
    """Decisions every few days on a market's history.

    Knobs (dates None: what the data names, else 60 / 20 / 20 % of its days):

    data, data_options : price provider and its options
    signals : tables of other data by name, each the options of a `PointInTime` table
    begin : first scored date; train_until, validation_until : last dates of those splits
    window : decision periods in a random window; lookback : known days before its first decision
    every : trading days between decisions
    execution_lag : days from decision to trade; 0 only together with ``same_close``
    same_close : allow trades at the very close the decision has seen (stated in every report)
    cash, cash_after : what cash earns: US bills until 2018-11 then ``cash_after`` a year, or nothing
    randomise, randomise_options : what makes training windows into others like them
    """

    sense: ClassVar[Literal["min", "max"]] = "max"
    gap: ClassVar[Literal["ratio", "difference"]] = "difference"
    unit: ClassVar[str] = "net log growth per year"
    resampling: ClassVar[Literal["instance", "blocks"]] = "blocks"
    timeline: ClassVar[bool] = True
    stress: ClassVar[Mapping[str, tuple[str, str]]] = STRETCHES
    instance_type: ClassVar[type[Any]] = PricePath

    data: str = "sp500"
    data_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    signals: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    begin: datetime.date | None = None
    train_until: datetime.date | None = None
    validation_until: datetime.date | None = None
    window: Annotated[int, Field(ge=1)] = 24
    lookback: Annotated[int, Field(ge=2)] = 504
    every: Annotated[int, Field(ge=1)] = 21
    execution_lag: Annotated[int, Field(ge=0)] = 1
    same_close: bool = False
    cash: Literal["bills", "nothing"] = "bills"
    cash_after: Annotated[float, Field(gt=-1)] = 0.0
    randomise: str | None = None
    randomise_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    known: Market | None = given(None)  # the history where it is already loaded (a refit's prefix)

    def __post_init__(self) -> None:
        check_lag(self)
        if self.signals and self.simulator:
            where = "problem.signals"
            raise ConfigError("a simulated market has its own signals", where=where, got=sorted(self.signals))
        if self.randomise is not None and self.simulator:
            raise ConfigError("a simulated market is random already", where="problem.randomise", got=self.randomise)

    @cached_property
    def market(self) -> Market:
        """The history of daily returns, with what cash earned."""
        if self.known is not None:
            return self.known
        market = self.provider.market()
        for name, table in self.signals.items():
            market = build(PointInTime, table, where=f"problem.signals.{name}").join(market)
        if self.cash == "nothing" or not market.dated:
            return market
        from headway.domains.portfolio.market.cash import treasury_bills

        return dataclasses.replace(market, cash=treasury_bills(market.dates, self.cash_after))

    @cached_property
    def provider(self) -> Provider:
        """Where prices come from."""
        cls = lookup("price provider", self.data, PROVIDERS)
        provider: Provider = build(cls, self.data_options, where="problem.data_options")
        return provider

    @property
    def simulator(self) -> Simulator | None:
        """The provider, where it draws instances instead of cutting them from one history."""
        return self.provider if self.known is None and isinstance(self.provider, Simulator) else None

    @cached_property
    def halts(self) -> bool:
        """Whether assets of the market are suspended or gone on some days."""
        status = None if self.simulator else self.market.rest.get("status")
        return status is not None and bool((status != TRADED).any())

    @cached_property
    def randomiser(self) -> Randomiser | None:
        """What makes training windows into others like them."""
        if self.randomise is None:
            return None
        cls = lookup("randomiser", self.randomise, RANDOMISERS)
        randomiser: Randomiser = build(cls, self.randomise_options, where="problem.randomise_options")
        return randomiser

    @cached_property
    def spans(self) -> Mapping[Split, Span]:
        """The days that each split is scored on; tuning draws from the validation days."""
        return spans(self)

    def generate(self, rng: np.random.Generator, n: int, split: Split) -> PricePath:
        scored = self.window * self.every
        if self.simulator:
            return self.simulator.paths(rng, n, self.lookback, scored)
        path = windows(self.market, self.spans[split], n, rng, lookback=self.lookback, scored=scored)
        if split == "train" and self.randomiser:
            return self.randomiser.apply(path, self.market, self.spans[split], rng)
        return path

    def history(self, start: str | None = None, end: str | None = None) -> PricePath:
        """The real path, scored from date ``start`` to date ``end`` (YYYY-MM-DD, both included).

        By default on the days of the test split. Everything before is lookback prefix; so are up to
        ``execution_lag`` days more, where the last decision would earn nothing.

        Raises
        ------
        ConfigError
            A date cannot be read.
        InstanceError
            There are too few days, or less than ``lookback`` before ``start``.
        """
        span = self.spans["test"]
        first = span.first if start is None else day_index(self.market.dates, parse_date(start, "start"), "left")
        last = span.last if end is None else day_index(self.market.dates, parse_date(end, "end"), "right") - 1
        return whole(self.market, Span(first, last), self.every, self.execution_lag, self.lookback)

    def load(self, path: Path) -> PricePath:
        """An instance from ``.npz``, or the whole price history in the user's CSV or Parquet file."""
        if path.suffix == ".npz":
            return super().load(path)
        options = (self.data_options if self.data == "file" else {}) | {"path": path}
        own = dataclasses.replace(self, data="file", data_options=options, known=None)
        span = Span(own.spans["train"].first, len(own.market.dates) - 1)
        return whole(own.market, span, self.every, self.execution_lag, self.lookback)

    def view(self, instance: PricePath, period: int) -> PricePath:
        """What is known at the close of day ``period``: all days up to and including it."""
        return instance.until(period)

    def perturb(self, instance: PricePath, period: int, rng: np.random.Generator) -> PricePath:
        """Another future after day ``period``; see `other_future`."""
        return other_future(instance, period, rng)

    def until(self, view: PricePath) -> Self:
        """This problem on the days of ``view`` (a batch of one): its last fifth validates, and more if a
        window needs more. There are no later days to test on, so test draws from the same ones.
        """
        known = Market.from_view(view)
        last = known.dates[-1].item()
        return dataclasses.replace(
            self, known=known, begin=begin(self), train_until=held_out_from(self, known), validation_until=last
        )

    def recent(self, view: PricePath, periods: int) -> PricePath:
        """The last ``periods`` days of a view."""
        return view.last(periods)
