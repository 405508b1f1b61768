"""The rules of the game that the environment and the scorer both follow, each with its own code."""

from __future__ import annotations

from dataclasses import dataclass

DAYS_PER_YEAR = 252  # trading days, the convention of the field for annual figures
TOLERANCE = 1e-8  # absolute slack of the scorer's constraints on weights


@dataclass(frozen=True)
class Rules:
    """When trades happen, what they cost, and which weights may be ordered.

    Attributes
    ----------
    every : trading days between decisions
    lag : days from the close at which a decision is taken to the close at which it is traded
    cost : fraction of wealth paid per unit of sum |target - drifted| over the risky assets
    long_only : no negative weight
    leverage : upper limit on the sum of absolute risky weights
    cap : upper limit on each absolute risky weight
    """

    every: int
    lag: int
    cost: float
    long_only: bool
    leverage: float
    cap: float
