"""What every fit of a backtest saw and learned: a line each in ``fits.csv``, a folder each in ``fits/``.

``fits/<contestant>/<seed>/<period>/fit.json`` has the line's values and what the fit has learned (`Policy.learned`):
the parameters of a rule, the digests of an agent's weights, whose policy lies in the child run that it names. Where
that is empty the contestant learns nothing at a refit: it decides, or estimates, from what is known at each decision.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.clock import shown
from headway.components import options
from headway.findings import Column, Table
from headway.pipelines.comparison.periods import at
from headway.pipelines.comparison.results import plain, slug
from headway.pipelines.comparison.walkforward import Entrant, Fitted
from headway.problem import Problem
from headway.storage.files import write_rows, write_text

FILE, FOLDER = "fits.csv", "fits"
COLUMNS = (
    Column("contestant", "text"),
    Column("fits", places=0),
    Column("the first saw", "text"),
    Column("the last saw", "text"),
    Column("fewest periods", places=0),
    Column("most periods", places=0),
    Column("CPU-seconds"),
)
CAPTION = "All seeds together; fits.csv has a line for each, with the SHA-256 of what it saw."


@dataclass(frozen=True)
class Fit:
    """One line.

    Attributes
    ----------
    contestant, seed : whose fit
    period, date : of the first decision that was made with it
    first, last, periods : the periods whose outcome it saw, and how many they are
    data : SHA-256 of all that it was handed (`Instance.digest`)
    cpu_seconds : of fitting
    fitted : SHA-256 of what decides from then on: its kind, its options, and what was learned
    policy : folder of the trained policy, from the run's folder; empty for what is no agent
    """

    contestant: str
    seed: int
    period: int
    date: str
    first: str
    last: str
    periods: int
    data: str
    cpu_seconds: float
    fitted: str
    policy: str


class Fits:
    """The fits of one backtest, written as they come.

    Parameters
    ----------
    folder : of the run
    history : what is walked through
    """

    def __init__(self, folder: Path, problem: Problem[Any, Any], history: Instance) -> None:
        self.folder, self.problem, self.history = folder, problem, history
        self.lines: list[Fit] = []
        self.learners = dict[str, None]()  # labels of contestants whose fits have learned something

    def keep(self, label: str, seed: int, fitted: Fitted, policy: Path | None = None) -> None:
        """A fit that was just made; ``policy`` is where its trained policy lies."""
        seen = self.problem.clock(fitted.view)
        first, last = (shown(seen[0]), shown(seen[-1])) if len(seen) else ("", "")
        learned = plain(fitted.learned)
        line = Fit(
            contestant=label,
            seed=seed,
            period=fitted.period,
            date=at(self.problem, self.history, fitted.period),
            first=first,
            last=last,
            periods=len(seen),
            data=fitted.view.digest(),
            cpu_seconds=round(fitted.cpu_seconds, 6),
            fitted=_digest(fitted.entrant, learned),
            policy="" if policy is None else policy.relative_to(self.folder).as_posix(),
        )
        self.lines.append(line)
        self.learners |= {label: None} if learned else {}
        place = self.folder / FOLDER / slug(label) / str(seed) / str(fitted.period)
        place.mkdir(parents=True)
        write_text(place / "fit.json", json.dumps(asdict(line) | {"learned": learned}, indent=2) + "\n")
        write_rows(self.folder / FILE, [[f.name for f in fields(Fit)], *(asdict(one).values() for one in self.lines)])

    def tables(self) -> list[Table]:
        """What those saw that learn from it: a row a contestant, all seeds together; none where nobody does."""
        mine = {label: [line for line in self.lines if line.contestant == label] for label in self.learners}
        rows = [
            (
                label,
                float(len(fits)),
                f"{fits[0].first} to {fits[0].last}",
                f"{fits[-1].first} to {fits[-1].last}",
                float(min(fit.periods for fit in fits)),
                float(max(fit.periods for fit in fits)),
                sum(fit.cpu_seconds for fit in fits),
            )
            for label, fits in mine.items()
        ]
        return [Table("What fits have seen", COLUMNS, rows, CAPTION)] if rows else []


def _digest(entrant: Entrant, learned: Any) -> str:
    """Of JSON: the same fit has the same one, in whatever process it was made."""
    from pydantic_core import to_json

    knobs: dict[str, Any] = options(entrant) if is_dataclass(entrant) else {}
    return hashlib.sha256(to_json([type(entrant).__qualname__, knobs, learned], fallback=str)).hexdigest()


def seen_until(policy: Path) -> str | None:
    """The last period that a backtest's fit saw, whose policy lies in this folder; None for any other policy."""
    run = policy.parents[2] if len(policy.parents) > 2 else policy
    if not (run / FILE).is_file():
        return None
    with (run / FILE).open(encoding="utf-8", newline="") as file:
        place = policy.relative_to(run).as_posix()
        return next((line["last"] for line in csv.DictReader(file) if line["policy"] == place), None)
