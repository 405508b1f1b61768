"""The instance: demand of independent items at one stocking point, with their costs and lead times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance
from headway.domains.inventory.demand.windows import usual

Floats = NDArray[np.float64]

_KINDS = {"M": "datetime64", "U": "str", "f": "float", "i": "signed integer", "b": "bool"}
_FIELDS = {  # field -> axes, dtype kind
    "dates": ("BT", "M"),
    "items": ("BI", "U"),
    "demand": ("BTI", "f"),
    "covariates": ("BTIK", "f"),
    "holding": ("BI", "f"),
    "penalty": ("BI", "f"),
    "fixed": ("BI", "f"),
    "lead_time": ("BI", "i"),
    "keep": ("BI", "f"),
    "lot": ("BI", "f"),
    "lost": ("BI", "b"),
    "scale": ("BI", "f"),
    "start": ("B", "i"),
    "warmup": ("B", "i"),
}


@dataclass(frozen=True)
class StockPath(Instance):
    """What is demanded of I items over T periods: everything that chance decides.

    The first order is placed in period ``start``, before its demand is known; earlier periods are known
    history. Nothing is on hand or on order then. The cost of the first ``warmup`` periods after that is
    not counted. README.md of the domain states the order of events.

    Attributes
    ----------
    dates : datetime64[D] [B, T], strictly increasing, or NaT throughout where there is no calendar
    items : str [B, I], unique in a row
    demand : float64 [B, T, I], units of goods, >= 0
    covariates : float32 [B, T, I, K], known when the order of that period is placed; K may be 0
    holding : float64 [B, I], cost per unit left at the end of a period
    penalty : float64 [B, I], cost per unit short at the end of a period
    fixed : float64 [B, I], cost per order above zero
    lead_time : int64 [B, I], periods until an order can serve demand; 0: that of its own period
    keep : float64 [B, I], share of what is left that is kept for the next period: 1 durable goods, 0 newspapers
    lot : float64 [B, I], orders are whole multiples of it; 0: any quantity
    lost : bool [B, I], whether what is short is lost (else it is owed)
    scale : float64 [B, I], usual demand per period, known beforehand, > 0
    start : int64 [B], first period that is decided, the same in every row
    warmup : int64 [B], decided periods whose cost is not counted, the same in every row
    """

    dates: NDArray[np.datetime64]
    items: NDArray[np.str_]
    demand: Floats
    covariates: NDArray[np.float32]
    holding: Floats
    penalty: Floats
    fixed: Floats
    lead_time: NDArray[np.int64]
    keep: Floats
    lot: Floats
    lost: NDArray[np.bool_]
    scale: Floats
    start: NDArray[np.int64]
    warmup: NDArray[np.int64]

    def validate(self) -> None:
        """Raise InstanceError where types or shapes disagree or a value is impossible."""
        self._check_types()
        if not len(self):
            return
        for name in ("demand", "holding", "penalty", "fixed", "lot"):
            values = getattr(self, name)
            self.refuse(name, "a finite number >= 0", ~((values >= 0) & (values < np.inf)))
        self.refuse("covariates", "a finite number", ~np.isfinite(self.covariates))
        self.refuse("scale", "a finite number > 0", ~((self.scale > 0) & (self.scale < np.inf)))
        self.refuse("keep", "a share in [0, 1]", ~((self.keep >= 0) & (self.keep <= 1)))
        self.refuse("lead_time", "whole periods >= 0", self.lead_time < 0)
        self._check_names()
        self._check_periods()

    def _check_names(self) -> None:
        ordered = np.sort(self.items, axis=1)
        self.refuse("items", "names that differ", (ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        missing = np.isnat(self.dates)
        self.refuse("dates", "a date in every period, or in none", missing != missing[:, :1])
        dated, late = ~missing[:, 0], np.zeros(self.dates.shape, bool)
        late[dated, 1:] = np.diff(self.dates[dated], axis=1) <= np.timedelta64(0, "D")
        self.refuse("dates", "a date later than the one before", late)

    def _check_periods(self) -> None:
        self.refuse("start", "0 <= start < number of periods", ~((self.start >= 0) & (self.start < self.length)))
        self.refuse("start", "one start for the whole batch", self.start != self.start[0])
        kept = (self.warmup >= 0) & (self.warmup < self.horizon)
        self.refuse("warmup", "0 <= warmup < number of decided periods", ~kept)
        self.refuse("warmup", "one warm-up for the whole batch", self.warmup != self.warmup[0])

    def _check_types(self) -> None:
        batch, periods, items, covariates = (*self.covariates.shape, 0, 0, 0, 0)[:4]
        size = {"B": batch, "T": periods, "I": items, "K": covariates}
        for name, (axes, kind) in _FIELDS.items():
            array = getattr(self, name)
            if array.dtype.kind != kind:
                raise self.error(
                    "a field has another type", where=f"StockPath.{name}", got=array.dtype, expected=_KINDS[kind]
                )
            if array.shape != tuple(size[axis] for axis in axes):
                raise self.error(
                    "a field has another shape than the covariates imply",
                    where=f"StockPath.{name}",
                    got=array.shape,
                    expected=f"[{', '.join(f'{axis}={size[axis]}' for axis in axes)}]",
                )

    @property
    def length(self) -> int:
        """All periods T, the known history included."""
        return int(self.demand.shape[1])

    @property
    def first(self) -> int:
        """The first period that is decided."""
        return int(self.start[0])

    @property
    def horizon(self) -> int:
        """Periods that are decided."""
        return self.length - self.first

    def until(self, period: int) -> StockPath:
        """What is known when the order of ``period`` is placed: demand before it, dates and covariates up to it."""
        known, announced = slice(0, period), slice(0, period + 1)
        calendar = {"dates": self.dates[:, announced], "covariates": self.covariates[:, announced]}
        return StockPath.made(self.arrays() | calendar | {"demand": self.demand[:, known]})

    def last(self, periods: int, lookback: int) -> StockPath:
        """The last ``periods`` of what is known; the usual demand is measured in the last ``lookback`` of them."""
        cut = max(self.length - periods, 0)
        kept = {name: getattr(self, name)[:, cut:] for name in ("dates", "demand", "covariates")}
        scale = usual(kept["demand"][:, -lookback:]) if lookback and self.length else self.scale
        start = np.clip(self.start - cut, 0, self.length - cut)
        return StockPath.made(self.arrays() | kept | {"scale": scale, "start": start})
