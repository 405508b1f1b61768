"""What the scorer says of a solution, and what a solution is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """The verdict of a problem's single scorer on a batch of solutions.

    Attributes
    ----------
    objective : float64 [B], in the problem's unit; also given where infeasible, NaN if undefined
    violations : name -> float64 [B], amount by which a constraint is broken (0 = kept)
    metrics : name -> float64 [B], further measures (Sharpe ratio, routes, service level)
    series : name -> float64 [B, T], one value per period (wealth, stock)
    """

    objective: Floats
    violations: Mapping[str, Floats] = field(default_factory=dict)
    metrics: Mapping[str, Floats] = field(default_factory=dict)
    series: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """bool [B]: no constraint is broken and the objective is finite."""
        kept = np.isfinite(self.objective)
        for amount in self.violations.values():
            kept &= amount == 0
        return kept

    def __len__(self) -> int:
        return len(self.objective)

    def row(self, index: int) -> Evaluation:
        """The verdict on one solution, as a batch of one."""
        pick = slice(index, index + 1)
        return Evaluation(
            self.objective[pick],
            *({name: a[pick] for name, a in part.items()} for part in (self.violations, self.metrics, self.series)),
        )


ReferenceKind = Literal["optimum", "best_known", "bound", "policy"]


@dataclass(frozen=True)
class Reference:
    """A value that objectives are measured against, with its source.

    ``optimum`` is proven, ``best_known`` has been reached by somebody, ``bound`` is proven to
    be no worse than any feasible objective, ``policy`` is what a reference policy scores on the
    same instances. ``value`` is float64 [B], NaN where this reference has none.
    """

    kind: ReferenceKind
    value: Floats
    source: str
    rederived: bool = False
