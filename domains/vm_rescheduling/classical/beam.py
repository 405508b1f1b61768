"""Beam search over migrations."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.beam_kernel import successors
from headway.domains.vm_rescheduling.classical.begun import begun
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.cluster.state import State, carry, copied
from headway.domains.vm_rescheduling.exact.answers import Answers
from headway.solver import Search, Solver

SHAPES = (0.1, 0.3, 0.05, 0.6, 0.2)
Moves = tuple[tuple[int, int, int], ...]


class Entry(NamedTuple):
    """A state in the beam, how it was reached, and its sum of gains, shaped and in slots."""

    state: State
    moves: Moves
    gain: float
    slots: float
    key: int


@component
class Beam(Solver[Snapshot, Plan]):
    """The best states after each migration are kept and extended, in one beam after the other.

    States are ranked by slots and by the squares of the fragments, so that a migration can pay later: with a beam of
    one state already, plans are much better than greedy's. States that hold the same counts are kept once. Objective
    ``fragments`` only; greedy's plan is the first incumbent.

    Attributes
    ----------
    width : of the first beams; once all shapes had their turn beams are twice as wide
    shapes : what the square of a fragment's share of its slot is worth in the ranking, in slots
    """

    width: Annotated[int, Field(ge=1)] = 1
    shapes: tuple[Annotated[float, Field(ge=0)], ...] = SHAPES

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        answers, width = begun(problem, instance, search), self.width
        while search.left > 0 and answers.setting.terms.worth.any():
            for shape in self.shapes:
                swept(answers, width, shape, search.rng)
            width *= 2
        return answers.setting.plan(answers.best.moves)


def swept(answers: Answers, width: int, shape: float, rng: np.random.Generator, reserve: float = 0.0) -> None:
    """One beam, to the limit or until nothing can be migrated; ``reserve`` CPU-seconds stay unspent."""
    setting = answers.setting
    marks = rng.integers(1, 2**62, setting.counts.count.shape)
    beam = [Entry(setting.state(), (), 0.0, 0.0, 0)]
    best = beam[0]
    for _ in range(setting.limit):
        beam = _extended(answers, beam, width, shape, marks)
        if not beam or answers.left() <= reserve:
            break
        best = max(best, *beam, key=lambda entry: entry.slots)
    answers.offer(setting.best_prefix(np.array(best.moves, np.int64).reshape(-1, 3)))


def _extended(answers: Answers, beam: list[Entry], width: int, shape: float, marks: NDArray[np.int64]) -> list[Entry]:
    """The best states one migration on."""
    options: dict[int, tuple[float, float, Entry, tuple[int, int, int]]] = {}
    for entry in beam:
        if answers.left() <= 0:
            break
        moves, gains, slots = successors(entry.state, answers.setting.terms, shape)
        for i in np.argsort(-gains, kind="stable")[: 2 * width].tolist():
            source, kind, target = moves[i].tolist()
            key = (entry.key - int(marks[source, kind]) + int(marks[target, kind])) % 2**63
            value = entry.gain + float(gains[i])
            if key not in options or value > options[key][0]:
                options[key] = (value, entry.slots + float(slots[i]), entry, (source, kind, target))
    kept = sorted(options.items(), key=lambda option: -option[1][0])[:width]
    return [_made(entry, move, gain, slots, key) for key, (gain, slots, entry, move) in kept]


def _made(entry: Entry, move: tuple[int, int, int], gain: float, slots: float, key: int) -> Entry:
    state = copied(entry.state)
    carry(state, *move)
    return Entry(state, (*entry.moves, move), gain, slots, key)
