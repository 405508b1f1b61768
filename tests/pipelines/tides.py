"""A history to walk through: guess the next tide; each change of mind costs.

``seen`` records what every planner and every fit was shown, so that tests can look for the future.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces

from headway.batch import Batch, Instance
from headway.components import component, given
from headway.environment import Environment, Transition
from headway.evaluation import Evaluation, Reference
from headway.findings import Chart, Column, Findings, Line, Table
from headway.policy import Planner
from headway.problem import Problem
from headway.registry import Domain
from headway.solver import Solver

DAYS, TEST, WINDOW = 120, 60, 12
seen: list[tuple[str, int]] = []  # who was shown how many levels
started: list[float] = []  # the value that each fit of the mean started from
studies: list[Any] = []  # what the problem was handed to find something in


def levels():
    """Slow tides of both signs."""
    day = np.arange(DAYS)
    return np.sin(day / 7) + 0.3 * np.sin(day * 1.7)


@dataclass(frozen=True)
class Tides(Instance):
    dates: np.ndarray  # datetime64[D] [B, T]
    level: np.ndarray  # float64 [B, T]
    start: np.ndarray  # int64 [B]: levels known before the first guess


@dataclass(frozen=True)
class Guesses(Batch):
    value: np.ndarray  # float64 [B, D]


class Params(NamedTuple):
    level: Any
    start: Any


class State(NamedTuple):
    period: Any
    last: Any


@component
class Watch(Environment[Tides, Guesses, Params, State]):
    def prepare(self, instance):
        return Params(instance.level, instance.start)

    def reset(self, params):
        return State(params.start.copy(), np.zeros(len(params.start)))

    def observe(self, params, state):
        now = np.take_along_axis(params.level, state.period[:, None] - 1, 1)[:, 0]
        return {"state": np.stack([now, state.last], axis=1).astype(np.float32)}

    def spaces(self, params):
        return spaces.Dict({"state": spaces.Box(-9, 9, (2,), np.float32)}), spaces.Box(-2, 2, (1,), np.float32)

    def decode(self, observation, action):
        return action[:, 0].astype(float)

    def step(self, params, state, decision):
        now = np.take_along_axis(params.level, state.period[:, None], 1)[:, 0]
        scored = params.level.shape[1] - params.start
        reward = -(np.abs(decision - now) + 0.5 * np.abs(decision - state.last)) / scored
        done = state.period + 1 == params.level.shape[1]
        return Transition(State(state.period + 1, decision), reward, done, ~done & False)

    def solution(self, instance, decisions, length, state):
        return Guesses(decisions)

    def period(self, params, state):
        return state.period


@component
class TideGuess(Problem[Tides, Guesses]):
    name: ClassVar[str] = "tiny/tides"
    unit: ClassVar[str] = "metres"
    gap: ClassVar = "difference"
    resampling: ClassVar = "blocks"
    timeline: ClassVar[bool] = True
    instance_type: ClassVar = Tides
    solution_type: ClassVar = Guesses
    environments: ClassVar = {"watch": "tides:Watch"}
    baselines: ClassVar = {
        "same": "tides:Same",
        "mean": "tides:Mean",
        "zero": "tides:Zero",
        "broken": "tides:Broken",
        "solver": "tides:Foresight",
    }
    oracles: ClassVar = {"foresight": "tides:Foresight"}

    known: Any = given(None)  # float64 [T]

    @property
    def path(self):
        return levels() if self.known is None else self.known

    def generate(self, rng, n, split):
        """Windows; the last fifth of what is known validates."""
        cut = len(self.path) * 4 // 5 if self.known is not None else DAYS - TEST
        low, high = {"train": (0, cut - WINDOW), "validation": (cut - WINDOW, len(self.path) - WINDOW)}.get(
            split, (DAYS - TEST, DAYS - WINDOW)
        )
        first = rng.integers(low, max(high, low + 1), n)
        return _cut(self.path, first, WINDOW, 2)

    def history(self, start=None, end=None):
        first = DAYS - TEST if start is None else int((np.datetime64(start) - np.datetime64("2020-01-01")).astype(int))
        return _cut(self.path, np.array([0]), DAYS, first)

    def view(self, instance, period):
        known = {"dates": instance.dates[:, :period], "level": instance.level[:, :period], "start": instance.start}
        return Tides.made(known)

    def recent(self, view, periods):
        parts = {"dates": view.dates[:, -periods:], "level": view.level[:, -periods:], "start": view.start}
        return Tides.made(parts)

    def until(self, view):
        return dataclasses.replace(self, known=view.level[0])

    def evaluate(self, instance, solution):
        aim = instance.level[:, int(instance.start[0]) :]
        change = np.abs(np.diff(solution.value, axis=1, prepend=0.0))
        cost = np.abs(solution.value - aim) + 0.5 * change
        hit = (np.abs(solution.value - aim) < 0.25).astype(float)
        return Evaluation(cost.mean(1), {}, {"hit": hit.mean(1)}, {"objective": cost, "hit": hit})

    def measures(self, series):
        return {"hit": series["hit"].mean(1)}

    def findings(self, study):
        """All of it, so that tests can look at what a problem is handed."""
        studies.append(study)
        hits = [(label, study.measures[label]["hit"][:3]) for label in study.attempts if study.measures[label]]
        line = Line("tide", study.history.level[0, -2:], low=[-1.0, -1.0], high=[1.0, 1.0])
        return Findings(
            ("The moon was full.",),
            (Table("Hits", (Column("who", "text"), Column("hit", "percent")), hits),),
            (Chart("Tide", "Two days.", ["2020-04-28", "2020-04-29"], [line]),),
        )

    def references(self, instance):
        return {"same": Reference("policy", np.full(len(instance), np.nan), "as yesterday")}


def _cut(path, first, days, start):
    rows = first[:, None] + np.arange(days)
    dates = np.datetime64("2020-01-01") + rows
    return Tides(dates, path[rows], np.full(len(first), start))


@component
class Same(Planner[Tides]):
    """As it was last."""

    def plan(self, problem, view, state):
        seen.append(("same", view.level.shape[1]))
        return view.level[0, -1]


@component
class Zero(Planner[Tides]):
    def plan(self, problem, view, state):
        return np.float64(0.0)


@component
class Mean(Planner[Tides]):
    """The mean at its last fit."""

    value: float = np.pi

    def fit(self, problem, view):
        seen.append(("fit", view.level.shape[1]))
        started.append(self.value)
        return Mean(value=float(view.level.mean()))

    def learned(self):
        return {"mean": self.value}

    def plan(self, problem, view, state):
        return np.float64(self.value)


@component
class Broken(Planner[Tides]):
    def plan(self, problem, view, state):
        raise ArithmeticError("the barometer fell")


@component
class Foresight(Solver[Tides, Guesses]):
    def solve(self, problem, instance, search):
        return Guesses(instance.level[:, int(instance.start[0]) :])


domain = Domain("tiny", "tides", {"tides": "tides:TideGuess"})
