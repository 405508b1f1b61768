"""Who takes part: the entries of a configuration, resolved, grouped into rows, checked for leakage."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headway.contest.contestants import RANDOM, Contestant, resolve
from headway.errors import ConfigError, LeakageError
from headway.pipelines.comparison.results import Kind
from headway.pipelines.configuration.schema import Entry
from headway.problem import Problem

_UNNAMED = re.compile(r"\d{8}-\d{6}-.*-([0-9a-f]{6})")  # a run folder that nobody gave a name


@dataclass(frozen=True)
class Entrant:
    """One row of a comparison: a contestant run with several seeds, or the training seeds of one agent."""

    label: str
    kind: Kind
    members: tuple[Contestant, ...]

    def runs(self, seeds: int) -> list[tuple[int, Contestant]]:
        """Who runs with which seed: each member once, or the only member with every seed."""
        if len(self.members) > 1:
            return list(enumerate(self.members))
        return [(seed, self.members[0]) for seed in range(seeds)]

    @property
    def learned(self) -> bool:
        """It stands on the learned side of the question that a comparison answers."""
        return self.members[0].learned

    @property
    def ablation(self) -> Contestant:
        """The same code and environment with random actions."""
        return self.members[0].without_learning()

    @property
    def training_seconds(self) -> float:
        """CPU-seconds of training, all members together; NaN where nothing was trained or it is unknown."""
        spent = [record.get("cpu_seconds", math.nan) for record in self.training]
        return sum(spent) if spent else math.nan

    @property
    def training(self) -> list[dict[str, Any]]:
        """What ``training.json`` beside each stored policy says."""
        return [record for member in self.members for folder in member.policies if (record := _training(folder))]


def enter(
    entries: Sequence[Entry], problem: Problem[Any, Any], *, tracking: str | None = None, ablations: bool = False
) -> list[Entrant]:
    """The entrants, in order; entries that share a label are the training seeds of one.

    With ``ablations``, each learned one is followed by the same code with random actions.

    Raises
    ------
    ConfigError
        Two different contestants have one label.
    """
    grouped: dict[str, list[Contestant]] = {}
    for entry in entries:
        label = entry.label or _label(entry.name)
        member = resolve(entry.name, problem, entry.options, label=label, tracking=tracking)
        grouped.setdefault(member.label, []).append(member)
    entrants = [_entrant(label, members) for label, members in grouped.items()]
    return with_ablations(entrants) if ablations else entrants


def pairs(entrants: Sequence[Entrant]) -> dict[str, str]:
    """Learned -> its ablation, where that takes part."""
    labels = {entrant.label for entrant in entrants}
    return {e.label: e.ablation.label for e in entrants if e.learned and e.ablation.label in labels}


def refuse_leakage(entrants: Iterable[Entrant], digests: Collection[str]) -> None:
    """Raise LeakageError where a learned contestant has trained, or was selected, on one of these instances."""
    for entrant in entrants:
        for record in entrant.training:
            seen = set(digests).intersection(record.get("digests", ()))
            if seen:
                raise LeakageError(
                    f"{entrant.label} was trained or selected on an instance of this comparison",
                    where=f"instance {sorted(seen)[0][:12]}…",
                    got=f"{len(seen)} of {len(digests)} instances seen in training",
                    expected="instances that training never saw",
                    hint="compare on other files, or on the test split with another seed",
                )


def _entrant(label: str, members: Sequence[Contestant]) -> Entrant:
    first = members[0]
    if any(not m.learned for m in members[1:]) or (len(members) > 1 and not first.learned):
        raise ConfigError(
            "two contestants have one label",
            where=f"contestants, label {label!r}",
            got=[m.name for m in members],
            expected="one label each; only learned ones share theirs, as training seeds",
        )
    return Entrant(label, _kind(first), tuple(members))


def _kind(contestant: Contestant) -> Kind:
    if contestant.oracle:
        return "oracle"
    if contestant.kind == "policy":
        return "learned"
    if contestant.learned:
        return "hybrid"
    guide = contestant.guide or contestant
    return "ablation" if guide.name == RANDOM else "classical"


def with_ablations(entrants: Sequence[Entrant]) -> list[Entrant]:
    """All of them and, for each learned one that lacks it, the same code with random actions."""
    everyone: dict[str, Entrant] = {entrant.label: entrant for entrant in entrants}
    for entrant in entrants:
        if entrant.learned:
            ablation = entrant.ablation
            everyone.setdefault(ablation.label, Entrant(ablation.label, "ablation", (ablation,)))
    return list(everyone.values())


def _label(name: str) -> str | None:
    """A short label for a run folder without a name of its own: its agent and the end of its id."""
    unnamed, config = _UNNAMED.fullmatch(Path(name).name), Path(name) / "config.yaml"
    if unnamed is None or not config.is_file():
        return None
    agent = (yaml.safe_load(config.read_text(encoding="utf-8")) or {}).get("agent", {})
    agent = agent.get("name") if isinstance(agent, dict) else agent
    return f"{agent or 'policy'} {unnamed[1]}"


def _training(policy: Path) -> dict[str, Any]:
    path = policy.parent / "training.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
