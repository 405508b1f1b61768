"""Target weights in whole lots, by a mixed-integer program that OR-Tools solves exactly."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.classical.programs import Found, Program
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.domains.portfolio.trading.baselines import weights, worth
from headway.domains.portfolio.trading.terms import Terms
from headway.policy import Planner

Floats = NDArray[np.float64]


class Account(NamedTuple):
    """Price of a lot [N], lots held [N], which assets trade (bool [N]), cash."""

    unit: Floats
    held: Floats
    trades: NDArray[np.bool_]
    cash: float


@component
class WholeLots(Planner[PricePath]):
    """The lots that come nearest to a rule's weights for what it costs to trade them.

    Minimises sum |share - weight| + ``aversion`` x (commissions + half spreads) / wealth over whole lots that cash
    pays, with commissions' minimum and ``smallest``; SCIP proves it best or stops after ``nodes`` nodes (a limit on
    work, so plans can be repeated). `found` tells bound and gap. Prices are those of the decision's close.

    rule, options : of `portfolio/allocation`
    aversion : weight of costs; 12 trades what is 12 times as far off as its trade costs
    smallest : least value of a trade, in currency; a whole position may always be sold
    """

    rule: str = "inverse_volatility"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    aversion: Annotated[float, Field(ge=0)] = 1.0
    smallest: Annotated[float, Field(ge=0)] = 0.0
    nodes: Annotated[int, Field(ge=1)] = 100

    def plan(self, problem: Any, view: PricePath, state: Any) -> NDArray[np.int64]:
        unit, _ = worth(problem, view, state)
        account = Account(unit, state.lots[0], view.status[0, -1] == TRADED, float(state.cash[0]) * problem.capital)
        found = self.found(problem.terms, account, weights(self.rule, self.options, problem, view, state))
        assets = len(unit)
        order: NDArray[np.int64] = np.round(found.x[:assets] - found.x[assets : 2 * assets]).astype(np.int64)
        return order

    def found(self, terms: Terms, account: Account, target: Floats) -> Found:
        """Lots bought [N], then lots sold [N] (first in x), the objective, and a proven bound on it.

        Raises
        ------
        SolverError
            Nothing was found within the nodes.
        """
        unit, held, trades, cash = account
        assets, wealth = len(unit), cash + held @ unit
        share, money, half = unit / wealth, cash / wealth, terms.spread / 2
        ask, bid = share * (1 + half), share * (1 - half)
        most = np.where(trades, np.floor(np.maximum(money + (held * bid).sum(), 0) / ask), 0), np.where(trades, held, 0)
        least = np.full(assets, self.smallest / wealth), np.minimum(self.smallest / wealth, held * share)
        program = Program()
        moved = [program.variables(assets, 0.0, high, cost=self.aversion * half * share, integer=True) for high in most]
        chosen = [program.variables(assets, 0.0, high > 0, integer=True) for high in most]
        fees = [program.variables(assets, cost=self.aversion) for _ in most]
        for k, price in enumerate((ask, bid)):
            program.rows(-np.inf, 0.0, (moved[k], 1.0), (chosen[k], -most[k]))
            program.rows(0.0, np.inf, (moved[k], share), (chosen[k], -least[k]))
            program.rows(0.0, np.inf, (fees[k], 1.0), (moved[k], -terms.commission * price))
            program.rows(0.0, np.inf, (fees[k], 1.0), (chosen[k], -terms.minimum / wealth * np.ones(assets)))
        program.rows(-np.inf, 1.0, (chosen[0], np.ones(assets)), (chosen[1], np.ones(assets)))
        row = np.ones((1, assets))
        program.rows(-np.inf, money, (moved[0], ask * row), (moved[1], -bid * row), (fees[0], row), (fees[1], row))
        # Deviations: |held + bought - sold, as shares, - target|.
        above, below = (program.variables(assets, cost=1.0) for _ in range(2))
        gap = target - held * share
        program.rows(gap, gap, (moved[0], share), (moved[1], -share), (above, -1.0), (below, 1.0))
        return program.solve("SCIP", self.nodes)
