"""What a problem makes of a backtest beyond the common table: tables, charts and sentences of its own field.

`Problem.findings` is handed a `Study` and answers with `Findings`: plain data that every pipeline can keep as JSON,
print and draw without knowing the field (ADR 014).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, Instance
from headway.evaluation import Evaluation

I = TypeVar("I", bound=Instance)  # noqa: E741
X = TypeVar("X", bound=Batch)


# -- what a problem is handed -------------------------------------------------------------------
class Attempt(NamedTuple, Generic[X]):
    """One contestant with one seed: its solution (a batch of one) and what the scorer said of it."""

    solution: X
    evaluation: Evaluation


class Measure(NamedTuple):
    """A measure with its interval, and how far it lies above the reference's, paired, with the interval of that."""

    value: float
    low: float
    high: float
    lead: float
    lead_low: float
    lead_high: float


class Span(NamedTuple):
    """A part of a backtest, of the calendar or of ``stress``; ``part`` cuts it out of a series of periods."""

    kind: str
    name: str
    part: slice


@dataclass(frozen=True)
class Trials:
    """How many strategies were tried before one of them is shown: what a best result must be judged by.

    Attributes
    ----------
    count : all of them
    parts : what they were -> how many
    where : where they were counted
    metrics : metric -> its value in each trial that was scored on this very history
    """

    count: int
    parts: Mapping[str, int]
    where: str
    metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Study(Generic[I, X]):
    """A finished backtest.

    Attributes
    ----------
    history : the path it walked through, a batch of one
    attempts : contestant -> one attempt a seed; contestants that were feasible with every seed, best first
    kinds : contestant -> classical, learned, hybrid, ablation or oracle
    reference : the contestant that others are measured against; one of ``attempts`` unless it failed
    measures : contestant -> name -> objective and `Problem.measures`, with their errors (NaN on a short history)
    block : mean length of the blocks of periods that were resampled, NaN where none were
    confidence : level of all intervals
    trials : how many strategies were tried
    spans : its parts: of the calendar, and of stress
    """

    history: I
    attempts: Mapping[str, Sequence[Attempt[X]]]
    kinds: Mapping[str, str]
    reference: str
    measures: Mapping[str, Mapping[str, Measure]]
    block: float
    confidence: float
    trials: Trials
    spans: Sequence[Span] = ()


# -- what it answers with -----------------------------------------------------------------------
Values = Sequence[float] | NDArray[np.float64]
Cell = str | float | tuple[float, float, float]  # a text, a number, or a value with its interval (low, high)


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, how its cells are printed, and with how many decimal places."""

    name: str
    form: Literal["text", "number", "percent"] = "number"
    places: int = 2


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first column names the row. ``shaded``: cells are shaded by sign and size."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    shaded: bool = False


@dataclass(frozen=True)
class Line:
    """One value a period, drawn as the ``contestant`` of that name is; ``low`` and ``high`` bound a band around it."""

    label: str
    values: Values
    contestant: str | None = None
    dashed: bool = False
    low: Values = ()
    high: Values = ()


@dataclass(frozen=True)
class Chart:
    """Lines over common ``periods`` (dates or numbers), or, ``stacked``, areas that add up."""

    title: str
    caption: str
    periods: Sequence[Any]
    lines: Sequence[Line]
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"
    stacked: bool = False


@dataclass(frozen=True)
class Findings:
    """Sentences that a reader must know first, tables and charts, in the order in which they are read."""

    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()
