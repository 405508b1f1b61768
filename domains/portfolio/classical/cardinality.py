"""Few names: least risk with a limit on how many assets are held and on how small a position or trade may be."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.classical.estimated import Estimated, Sample
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.measures import Measure, add_risk, add_weights, measured
from headway.domains.portfolio.classical.programs import Found, Program
from headway.domains.portfolio.classical.supports import Supports

Floats = NDArray[np.float64]
Share = Annotated[float, Field(ge=0, le=1)]


@component
class Cardinality(Estimated):
    """Least risk with at most ``names`` assets, by a mixed-integer program (Bienstock 1996), solved by SCIP.

    A name costs one binary, and its weight is at most cap times it: as tight as a linear bound can be. For ``tracking``
    that says next to nothing: without a smallest position or trade, names are branched on there without binaries (see
    `Supports`). The search stops at a proven optimum, or after ``nodes`` nodes with the best weights so far and a
    bound: a limit on work, not on time, so the same view gives the same weights. `found` tells bound and gap.

    measure : ``cvar`` (of the worst 5 % of days), ``mad``, or ``tracking``: mean absolute difference to 1/N
    names : assets that may be held
    smallest : least weight of an asset that is held
    smallest_trade : least change of a weight that is changed, counted from the weights at the decision
    """

    lookback: Annotated[int, Field(ge=21)] = 252
    measure: Measure = "cvar"
    names: Annotated[int, Field(ge=1)] = 8
    smallest: Share = 0.0
    smallest_trade: Share = 0.0
    nodes: Annotated[int, Field(ge=1)] = 200

    def weights(self, sample: Sample) -> Floats:
        return self.found(sample).x[: len(sample.held)]

    def found(self, sample: Sample) -> Found:
        """The weights [n] (first in x), their risk in percent a day, and a proven bound on it.

        Raises
        ------
        SolverError
            No weights keep all limits, or none were found within the nodes.
        """
        program, limits, days = Program(), sample.limits, measured(sample.returns, self.measure)
        names = min(self.names, limits.names)
        budget = min(limits.budget, names * limits.cap)
        if self.measure == "tracking" and not self.smallest and not self.smallest_trade:
            return Supports(days, limits, budget, self.measure, names).solve(self.nodes)
        weights = add_weights(program, limits, len(sample.held), budget)
        self._add_names(program, weights, limits, names)
        if self.smallest_trade:
            self._add_trades(program, weights, limits, sample.held)
        add_risk(program, weights, days, self.measure)
        return program.solve("SCIP", self.nodes)

    def _add_names(self, program: Program, weights: slice, limits: Limits, names: int) -> None:
        held = program.variables(weights.stop, high=1.0, integer=True)
        program.rows(-np.inf, 0.0, (weights, 1.0), (held, -limits.cap))
        program.rows(0.0, names, (held, np.ones((1, weights.stop))))
        if self.smallest:
            program.rows(0.0, np.inf, (weights, 1.0), (held, -self.smallest))

    def _add_trades(self, program: Program, weights: slice, limits: Limits, now: Floats) -> None:
        """Changes of either sign, none smaller than the least trade; but a whole position may always be sold."""
        most = np.maximum(limits.cap - now, 0.0), now
        least = np.full(len(now), self.smallest_trade), np.minimum(self.smallest_trade, now)
        changes = [program.variables(len(now)) for _ in most]
        traded = [program.variables(len(now), high=1.0, integer=True) for _ in most]
        for change, chosen, high, low in zip(changes, traded, most, least, strict=True):
            program.rows(-np.inf, 0.0, (change, 1.0), (chosen, -high))
            program.rows(0.0, np.inf, (change, 1.0), (chosen, -low))
        program.rows(now, now, (weights, 1.0), (changes[0], -1.0), (changes[1], 1.0))
        program.rows(0.0, 1.0, (traded[0], 1.0), (traded[1], 1.0))
