"""What learning is measured against: a reference and the hand rules, on the same validation instances."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headway.contest import runner
from headway.contest.contestants import Contestant, resolve
from headway.pipelines.comparison.leaderboard import choose_reference
from headway.pipelines.configuration.budget import budget
from headway.pipelines.configuration.compose import preset
from headway.pipelines.configuration.schema import CurvesConfig, Entry
from headway.problem import Problem
from headway.storage.files import write_text

FILE = "reference.json"


@dataclass(frozen=True)
class Ground:
    """Where the gap is zero, and what the rules reach.

    Attributes
    ----------
    reference : its name
    value : mean over the validation instances
    rules : mean objective of each contestant; NaN where it did not solve all of them
    """

    reference: str
    value: float
    rules: dict[str, float]

    def gap(self, problem: Problem[Any, Any], objective: float) -> float:
        """How much worse a mean objective is: a share of the reference, or the difference where the problem says so."""
        worse = (objective - self.value) * (1 if problem.sense == "min" else -1)
        return worse / abs(self.value) if problem.gap == "ratio" else worse


def ground(config: CurvesConfig, problem: Problem[Any, Any], folder: Path) -> Ground:
    """The reference as a comparison on the validation instances would choose it; read where it has been worked out."""
    file = folder / FILE
    if not file.exists():
        found = _worked_out(config, problem)
        record = {"reference": found.reference, "value": found.value, "rules": found.rules}
        write_text(file, json.dumps(record, indent=2) + "\n")
    return Ground(**json.loads(file.read_text(encoding="utf-8")))


def rules(config: CurvesConfig, problem: Problem[Any, Any]) -> list[Entry]:
    """The contestants that are given; else those of the recommended comparison that nobody trained."""
    if config.contestants:
        return list(config.contestants)
    usual = preset("problem", *config.problem.name.split("/")).tree.get("compare", {}).get("contestants", [])
    entries = [Entry.model_validate(entry) for entry in usual]
    return [entry for entry in entries if not _entered(entry, problem, config).learned]


def _worked_out(config: CurvesConfig, problem: Problem[Any, Any]) -> Ground:
    instances = problem.instances("validation", config.validation)
    entered = [_entered(entry, problem, config) for entry in rules(config, problem)]
    found = {}
    for rule in entered:
        outcomes = runner.run(rule, problem, instances, budget(config))
        found[rule.label] = np.array([[o.objective if o.feasible else math.nan for o in outcomes]])
    oracles = [rule.label for rule in entered if rule.oracle]
    name, reference = choose_reference(problem, problem.references(instances), found, config.reference, oracles)
    return Ground(name, float(np.mean(reference.value)), {label: float(x.mean()) for label, x in found.items()})


def _entered(entry: Entry, problem: Problem[Any, Any], config: CurvesConfig) -> Contestant:
    return resolve(entry.name, problem, entry.options, label=entry.label, tracking=config.tracking.uri)
