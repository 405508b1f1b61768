"""What was ordered over time, as areas that add up to all wealth."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.domains.portfolio.market.instance import CASH
from headway.findings import Attempt, Chart, Line

LARGEST = 6  # assets with an area of their own; the others share one


def weights_over_time(label: str, attempt: Attempt[Any], end: np.datetime64) -> Chart | None:
    """The ordered weights of a long-only attempt, the last ones until ``end``; None where something was sold short,
    or nothing ordered.
    """
    solution = attempt.solution
    ordered = (solution.weights[0] != 0).any(axis=1)
    held = 100 * solution.weights[0, ordered]
    held = np.concatenate([held, held[-1:]])
    if not len(held) or held.min() < -1e-6:
        return None
    largest = np.argsort(-held[:, :-1].mean(axis=0), kind="stable")[:LARGEST]
    rest = np.delete(held[:, :-1], largest, axis=1).sum(axis=1)
    names = [*(str(name) for name in solution.assets[0, largest]), CASH, "others"]
    areas = [*held[:, largest].T, held[:, -1], rest]
    lines = [Line(name, [round(float(v), 3) for v in area]) for name, area in zip(names, areas, strict=True)]
    periods = [str(day) for day in np.append(solution.dates[0, ordered], end)]
    caption = f"The {len(largest)} largest by name. Ordered weights; between orders they drift."
    return Chart(f"Weights: {label}", caption, periods, lines, "% of wealth", stacked=True)
