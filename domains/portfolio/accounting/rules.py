"""The rules of the game that the environment and the scorer both follow, each with its own code."""

from __future__ import annotations

import math
from dataclasses import dataclass

DAYS_PER_YEAR = 252  # trading days, the convention of the field for annual figures
TOLERANCE = 1e-8  # absolute slack of the scorer's constraints on weights
OBSERVED = 1e-6  # the same where a limit depends on what is held, which policies see in single precision
RISK_DAYS = 63  # days of the daily deviation that market impact grows with
VOLUME_DAYS = 21  # days of the mean volume that market impact falls with


@dataclass(frozen=True)
class Group:
    """Assets whose absolute weights may add up to ``cap`` at most; an asset is in one group or in none.

    ``columns``: their places among the assets of the problem's market, in the order of ``assets``.
    """

    name: str
    assets: tuple[str, ...]
    columns: tuple[int, ...]
    cap: float


@dataclass(frozen=True)
class Rules:
    """When trades happen, what they cost, and which weights may be ordered. The defaults are neutral.

    Attributes
    ----------
    every : trading days between decisions
    lag : days from the close at which a decision is taken to the close at which it is traded
    cost : fraction of wealth paid per unit of sum |target - drifted| over the risky assets
    long_only : no negative weight
    leverage : upper limit on the sum of absolute risky weights
    cap : upper limit on each absolute risky weight
    spread : quoted bid-ask spread, a fraction of the price; half of it is paid on what ``cost`` is paid on
    impact : factor of the square-root impact (Almgren, Thum, Hauptmann and Li 2005; 1 is usual): a trade of
        share w costs impact x deviation x sqrt(money / volume) of w, where the daily deviation is over the last
        `RISK_DAYS`, the daily volume the mean over the last `VOLUME_DAYS`, both known at the fill
    capital : wealth at the start in currency, which makes money of shares
    borrow : yearly fee on the value of shorts, accrued daily to what is owed
    margin : yearly rate on negative cash above what cash earns, accrued daily
    groups : groups of assets with a limit on their sum
    turnover : upper limit on sum |ordered - held at the decision| over the risky assets
    names : upper limit on the number of assets held; None for all
    """

    every: int
    lag: int
    cost: float
    long_only: bool
    leverage: float
    cap: float
    spread: float = 0.0
    impact: float = 0.0
    capital: float = 1.0
    borrow: float = 0.0
    margin: float = 0.0
    groups: tuple[Group, ...] = ()
    turnover: float = math.inf
    names: int | None = None

    @property
    def linear(self) -> float:
        """What a unit of trade costs whatever its size: commission and half the spread."""
        return self.cost + self.spread / 2

    @property
    def solvent(self) -> bool:
        """Whether no weight may be negative, cash included: no day can then take all."""
        return self.long_only and self.leverage <= 1

    @property
    def charges(self) -> bool:
        """Whether owing costs more than the asset itself: a fee on shorts or a margin on loans."""
        return self.borrow > 0 or self.margin > 0
