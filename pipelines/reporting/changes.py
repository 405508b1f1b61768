"""Two runs of one problem: under what other terms the second one took place, and how its contestants have changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from headway.contest import stats
from headway.contest.stats import Estimate
from headway.pipelines.comparison.results import Results
from headway.pipelines.reporting.curves import Floats, sign

OBJECTIVE = "objective"  # the series whose mean over periods is the objective
ROUNDING = 1e-12  # of the size of what is compared
Word = Literal["better", "worse", "no clear change", "the same"]


class Change(NamedTuple):
    """How much worse a contestant is than before (a ratio of means or a difference), and on how many of what."""

    estimate: Estimate
    basis: str

    @property
    def word(self) -> Word | None:
        """What the interval says; None where there are too few data for one."""
        if math.isnan(self.estimate.low):
            return None
        if self.estimate.low == self.estimate.high == 0:
            return "the same"
        return "worse" if self.estimate.low > 0 else "better" if self.estimate.high < 0 else "no clear change"


def terms(before: Results, after: Results) -> list[str]:
    """What else changed, beside the contestants: each makes a plain comparison of the two runs wrong."""
    return [*_options(before.problem["options"], after.problem["options"]), *_instances(before, after),
            *_budgets(before.budget or {}, after.budget or {})]  # fmt: skip


def measure(before: Results, after: Results) -> list[str]:
    """Why gaps of the two runs are not to the same values, though objectives may be compared."""
    same = dict(zip(before.instances["digests"], before.reference["values"], strict=False))
    pairs = [(same.get(key), value) for key, value in _references(after) if key in same]
    if before.problem["gap"] != after.problem["gap"]:
        return [f"gaps are {after.problem['gap']}s, not {before.problem['gap']}s"]
    if before.reference["name"] != after.reference["name"]:
        return [f"gaps are to {after.reference['name']}, not to {before.reference['name']}"]
    if any(a != b and not (a and b and math.isclose(a, b, rel_tol=1e-9)) for a, b in pairs):
        return [f"gaps are to other values of {after.reference['name']!r}"]
    return []


def changed(before: Results, after: Results, contestant: str) -> Change | None:
    """The paired difference of a contestant between two runs; None where they have nothing in common."""
    if before.verb != after.verb or before.problem["sense"] != after.problem["sense"]:
        return None
    found = _by_instance(before, after, contestant) if before.budget else _by_period(before, after, contestant)
    if found is None or not math.isfinite(found.estimate.value):
        return None
    size = 1.0 if after.problem["gap"] == "ratio" else max(abs(value or 0.0) for value in after.reference["values"])
    return Change(Estimate(*(_whole(value, size) for value in found.estimate)), found.basis)


def _whole(value: float, size: float) -> float:
    """Zero where only rounding is left: sums in another order are no change."""
    return 0.0 if abs(value) < ROUNDING * max(size, 1e-300) else value


# -- terms ------------------------------------------------------------------------------------------
def _options(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, "its default"), after.get(key, "its default")
        if old != new:
            yield f"{key} is {new}, not {old}"


def _instances(before: Results, after: Results) -> Iterator[str]:
    old, new = before.instances["digests"], after.instances["digests"]
    shared = len(set(old) & set(new))
    if sorted(old) != sorted(new):
        yield f"other instances ({shared} of {len(new)} are the same)"
    elif list(before.periods) != list(after.periods):
        yield "other periods of the same history"


def _budgets(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key, unit in (("cpu", "CPU-s"), ("threads", "threads")):
        if before.get(key) != after.get(key):
            yield f"{after.get(key):g} {unit} per instance, not {before.get(key):g}"


def _references(results: Results) -> list[tuple[str, float | None]]:
    # A backtest has one history, and its reference is a contestant.
    return list(zip(results.instances["digests"], results.reference["values"], strict=False))


# -- changes ----------------------------------------------------------------------------------------
def _by_instance(before: Results, after: Results, contestant: str) -> Change | None:
    """Over the instances that both runs solved with every seed; seeds are paired by number, as in a verdict."""
    first, second = (_objectives(results, contestant) for results in (before, after))
    shared = [key for key in first if key in second]
    if not shared:
        return None
    size = max(len(values) for found in (first, second) for values in found.values())
    old, new = (np.stack([np.resize(found[key], size) for key in shared], 1) for found in (first, second))
    estimate = stats.gap(
        new,
        old,
        sense=after.problem["sense"],
        kind=after.problem["gap"],
        confidence=after.confidence,
        resamples=after.resamples,
    )
    return Change(estimate, f"{len(shared)} instance{'s' * (len(shared) != 1)}")


def _objectives(results: Results, contestant: str) -> dict[str, Floats]:
    """Digest of an instance -> [S] objectives, for instances that were solved with every seed."""
    digests, found = results.instances["digests"], {}
    scores = [s for s in results.scores if s.contestant == contestant]
    for place, key in enumerate(digests):
        own = sorted((s.seed, s.objective if s.feasible else math.nan) for s in scores if s.instance == place)
        if own and all(math.isfinite(value) for _, value in own):
            found[key] = np.array([value for _, value in own])
    return found


def _by_period(before: Results, after: Results, contestant: str) -> Change | None:
    """Over the periods of one history, resampled in blocks."""
    old, new = (_series(results, contestant) for results in (before, after))
    same = before.instances["digests"] == after.instances["digests"] and list(before.periods) == list(after.periods)
    if not same or old is None or new is None or len(old) != len(new):
        return None
    worse, base = sign(after) * (new - old), np.abs(old.mean()) if after.problem["gap"] == "ratio" else 1.0
    if len(old) < stats.SHORT:
        return Change(Estimate(float(worse.mean() / base), math.nan, math.nan, math.nan), "one history")
    places, length = stats.blocks(worse, resamples=after.resamples)
    unit = np.abs(old[places].mean(1)) if after.problem["gap"] == "ratio" else 1.0
    estimate = stats.from_replicates(float(worse.mean() / base), worse[places].mean(1) / unit, after.confidence)
    return Change(estimate, f"{len(old)} periods, blocks of {length}")


def _series(results: Results, contestant: str) -> Floats | None:
    """[T] of the objective, the mean over seeds."""
    found = [entry[OBJECTIVE] for entry in results.series.get(contestant, ()) if OBJECTIVE in entry]
    return np.mean(np.array(found, float), axis=0) if found else None
