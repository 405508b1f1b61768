"""How contestants are drawn: the same in every figure and in the tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from headway.pipelines.comparison.results import Row

COLOURS = 8  # variables --s0 to --s7 of the page's style sheet; the last one is grey


class Look(NamedTuple):
    """How a contestant is drawn, in every figure and in the table; ``series`` numbers its colour."""

    series: int
    dash: Literal["-", "--", ":", "-."]
    width: float

    @property
    def dashes(self) -> str:
        """``dash`` as SVG has it."""
        return {"-": "", "--": "5 3", ":": "2 2", "-.": "5 2 1 2"}[self.dash]


PLAIN = Look(COLOURS - 1, "-", 1.5)


def looks(rows: Iterable[Row]) -> dict[str, Look]:
    """A colour per contestant in the order of the table; the last one, dotted, for ablations and oracles."""
    found: dict[str, Look] = {}
    colour = 0
    for row in rows:
        if row.contestant in found:
            continue
        if row.kind in ("ablation", "oracle"):
            found[row.contestant] = Look(COLOURS - 1, ":" if row.kind == "ablation" else "--", 1.3)
            continue
        learned = row.kind in ("learned", "hybrid")
        dash: Literal["-", "-."] = "-" if colour < COLOURS - 1 else "-."
        found[row.contestant] = Look(colour % (COLOURS - 1), dash, 2.4 if learned else 1.5)
        colour += 1
    return found
