"""The verb ``promote``: the alias ``champion`` moves only where a paired test on fresh instances says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headway.errors import DataError
from headway.pipelines.compare import compare
from headway.pipelines.comparison.results import Results, read
from headway.pipelines.configuration.schema import CompareConfig, Entry, Named, PromoteConfig
from headway.tracking.model_registry import SCHEME, count_promotion, fetch_policy, move_alias, versions

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
FRESH = 2_000_000_000  # seeds of promotions are from here on


@dataclass(frozen=True)
class Promotion:
    """What became of a challenger: whether the alias moved, why, and the comparison behind it, where one was needed."""

    promoted: bool
    reason: str
    version: str
    comparison: Path | None


def promote(config: PromoteConfig) -> Promotion:
    """Compare ``NAME@challenger`` with ``NAME@champion`` on fresh instances; the alias moves if the challenger wins.

    The instances are the test split's with a seed of this promotion's own, beyond those that anybody uses: no training,
    selection, tuning or earlier promotion has seen them. Where there is no champion yet, the challenger has to answer
    all of them feasibly.

    Raises
    ------
    DataError
        There is no challenger.
    """
    known = versions(config.name, config.tracking.uri)
    if CHALLENGER not in known:
        raise DataError("the registered model has no challenger", where=config.name, got=known or "no alias",
                        expected=CHALLENGER, hint="headway train ... tracking.register_as=NAME")  # fmt: skip
    if known.get(CHAMPION) == known[CHALLENGER]:
        return Promotion(False, "the challenger is the champion already", known[CHALLENGER], None)
    rivals = [CHALLENGER, *([CHAMPION] if CHAMPION in known else [])]
    run = compare(_comparison(config, rivals, seed=FRESH + count_promotion(config.name, config.tracking.uri)))
    promoted, reason = _decided(read(run.folder), lone=len(rivals) == 1)
    if promoted:
        move_alias(config.name, CHAMPION, known[CHALLENGER], config.tracking.uri)
    return Promotion(promoted, reason, known[CHALLENGER], run.folder)


def _comparison(config: PromoteConfig, rivals: list[str], seed: int) -> CompareConfig:
    entries = tuple(Entry(name=f"{SCHEME}{config.name}@{alias}", label=alias) for alias in rivals)
    shared: dict[str, Any] = {key: getattr(config, key) for key in PromoteConfig.model_fields if key != "name"}
    problem = config.problem or _trained_for(f"{SCHEME}{config.name}@{CHALLENGER}", config.tracking.uri)
    return CompareConfig(**shared | {"problem": problem, "contestants": entries, "seed": seed, "ablations": False})


def _trained_for(reference: str, uri: str | None) -> Named:
    from headway.storage.stored import load_policy

    policy = load_policy(fetch_policy(reference, uri))
    return Named(name=policy.problem_name, options=policy.problem_options)


def _decided(results: Results, *, lone: bool) -> tuple[bool, str]:
    """Whether the challenger becomes champion, and the sentence that says why."""
    if lone:
        feasible = all(score.feasible for score in results.scores)
        return feasible, "the first champion" if feasible else "there is no champion, and not all answers are feasible"
    found = results.decision
    # Not `clear`: whoever is ahead by feasible answers alone may be clearly worse where both have one.
    won = found is not None and found.winner == CHALLENGER and found.low > 0
    return won, results.verdict
