"""Rules that estimate: from the last days known, on the assets that can be bought and have a whole history."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.classical.baselines import with_cash
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.market.instance import GONE, TRADED, PricePath
from headway.errors import SolverError
from headway.policy import Planner

Floats = NDArray[np.float64]


class Sample(NamedTuple):
    """What is known of the n assets that can be bought: simple daily returns [T, n], weights held now [n], limits."""

    returns: Floats
    held: Floats
    limits: Limits


@component
class Estimated(Planner[PricePath]):
    """Weights from the last ``lookback`` daily returns known.

    Stateless: each plan depends on the view alone, so that it can be repeated and needs no `fit`. An asset that does
    not trade at the decision, or was not listed on some day of the window, is left out.

    Raises
    ------
    SolverError
        No weights were found; nothing is put in their place. The message names the last day known.
    """

    lookback: Annotated[int, Field(ge=21)] = 504

    @abstractmethod
    def weights(self, sample: Sample) -> Floats:
        """Weights [n] of the assets in the sample; what they leave over stays in cash."""

    def plan(self, problem: Any, view: PricePath, state: Any) -> Floats:
        kept = eligible(view, self.lookback)
        risky = np.zeros(kept.shape)
        if kept.any():
            returns, held = view.returns[0, -self.lookback :][:, kept], state.weights[0, :-1][kept]
            try:
                risky[kept] = self.weights(Sample(returns, held, Limits.of(problem.rules, kept)))
            except SolverError as error:
                error.add_note(f"{type(self).__name__}, known until {view.dates[0, -1]}")
                raise
        return with_cash(risky)


def eligible(view: PricePath, lookback: int) -> NDArray[np.bool_]:
    """bool [N]: assets that trade at the last close of ``view`` and were listed on its last ``lookback`` days."""
    status = view.status[0, -lookback:]
    kept: NDArray[np.bool_] = (status[-1] == TRADED) & (status != GONE).all(axis=0)
    return kept
