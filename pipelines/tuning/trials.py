"""One trial: an agent trained with its values or a solver given them, scored on tuning instances by the contest."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from headway.contest import runner
from headway.contest.contestants import Contestant, resolve
from headway.contest.outcome import Outcome
from headway.pipelines.configuration.budget import budget
from headway.pipelines.configuration.schema import Entry, Named, Tracking, TrainConfig, TuneConfig
from headway.pipelines.training.validation import Score
from headway.pipelines.tuning.goals import Goal
from headway.pipelines.tuning.space import Options, with_knobs
from headway.problem import Problem
from headway.runs import Run

if TYPE_CHECKING:
    from optuna.trial import Trial

SEEDS = 1_000_000_000  # trials run with seeds from here on; users' own, and those of tests, are below


class Pruned(Exception):
    """Optuna gives the trial up."""


class Bench:
    """Where trials are measured: a study's configuration, its tuning instances, and its goals."""

    def __init__(self, config: TuneConfig, problem: Problem[Any, Any], goals: Sequence[Goal], run: Run) -> None:
        self.config, self.problem, self.goals, self.run = config, problem, goals, run
        self.instances = problem.instances("tuning", config.n, config.seed)
        self.budget = budget(config)

    def measure(self, trial: Trial, options: Options) -> list[float]:
        """The value of each goal, over all instances and seeds; CPU-seconds are kept with the trial.

        Raises
        ------
        Pruned
            The trial does worse than others did by then.
        """
        outcomes: list[Outcome] = []
        trained: list[float] = []
        try:
            for seed in range(SEEDS, SEEDS + self.config.seeds):
                if self.config.contestant is not None:
                    contestant = self._given(self.config.contestant, options)
                else:
                    contestant = self._trained(trial, options, seed, trained)
                self._answer(trial, contestant, seed, outcomes)
        finally:
            answered = [o.cpu_seconds for o in outcomes if math.isfinite(o.cpu_seconds)]
            trial.set_user_attr("cpu_seconds", sum(trained) + sum(answered))
            trial.set_user_attr("message", next((f"{o.status}: {o.message}" for o in outcomes if not o.feasible), ""))
        return [goal.value(outcomes) for goal in self.goals]

    def _given(self, fixed: Entry, options: Options) -> Contestant:
        """The solver with a trial's values."""
        values = with_knobs(fixed.options, options["contestant"])
        return resolve(fixed.name, self.problem, values, tracking=self.config.tracking.uri)

    def _trained(self, trial: Trial, options: Options, seed: int, trained: list[float]) -> Contestant:
        """The policy that a trial's values train; what that took in CPU-seconds is added to ``trained``."""
        from headway.pipelines.train import train

        hopeless = False

        def heard(steps: int, score: Score) -> bool:
            nonlocal hopeless
            if seed == SEEDS and len(self.goals) == 1:
                trial.report(score.objective, steps)
                hopeless = trial.should_prune()
            return hopeless

        name = f"trial-{trial.number}-{seed - SEEDS}"
        run = train(training(self.config, options, seed, name), parent=self.run, quiet=True, heard=heard)
        trained.append(json.loads((run.folder / "training.json").read_text(encoding="utf-8"))["cpu_seconds"])
        if hopeless:
            raise Pruned
        return resolve(str(run.folder), self.problem)

    def _answer(self, trial: Trial, contestant: Contestant, seed: int, outcomes: list[Outcome]) -> None:
        """One more outcome an instance; a solver that does worse on them than others did is stopped in between."""

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if self.config.contestant is not None and len(self.goals) == 1:
                if not outcome.feasible:
                    raise Pruned  # whatever the others are, the mean is the worst there is
                trial.report(self.goals[0].value([outcome]), len(outcomes) - 1)
                if trial.should_prune():
                    raise Pruned

        runner.run(contestant, self.problem, self.instances, self.budget, seed, done=done)


def training(config: TuneConfig, options: Options, seed: int, name: str) -> TrainConfig:
    """The training that a trial's ``options`` mean."""
    shared = {key: getattr(config, key) for key in TrainConfig.model_fields}
    parts = {key: _merged(shared[key], options.get(key, {})) for key in ("agent", "env", "network")}
    return TrainConfig(**shared | parts | {"seed": seed, "name": name, "tracking": Tracking(uri=None)})


def _merged(named: Named | None, options: dict[str, Any]) -> Named | None:
    return named if named is None else named.model_copy(update={"options": with_knobs(named.options, options)})
