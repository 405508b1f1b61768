"""Agents in a backtest: trained afresh at every refit, on nothing but what is known by then."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.components import build
from headway.contest.contestants import Contestant, setting
from headway.pipelines.comparison.walkforward import Entrant
from headway.pipelines.configuration.schema import BacktestConfig, Entry, Named, TrainConfig
from headway.problem import Problem
from headway.registry import agent_class, agents
from headway.runs import Run

# Keys of an entry that configure the training; the others are hyper-parameters of the agent.
TRAINING = ("env", "network", "steps", "validation", "checkpoint_every")


@dataclass(frozen=True)
class Trainee(Contestant):
    """An agent entered by name, as ``{name: pathwise, steps: 20000, lr: 1e-3}``; it has no policy yet."""

    config: TrainConfig | None = None

    @property
    def learned(self) -> bool:
        """It will be."""
        return True

    def load(self, problem: Problem[Any, Any]) -> Any:
        """Until its first refit, which comes before its first decision, it has nothing to say."""
        from headway.contest.chance import RandomPolicy

        return RandomPolicy()

    def without_learning(self) -> Contestant:
        """Random actions in the environment it would be trained in."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(Contestant)}
        return Contestant(**fields).without_learning()


class Retrain:
    """A refit that trains an agent on the problem as it was known, in a child run of the backtest.

    Parameters
    ----------
    warm : later trainings start from the weights of the last one
    steps : of later trainings; None: as many as of the first

    ``children`` are the training runs so far; they are called ``<name>-<seed>-<number of the refit>``.
    """

    def __init__(
        self, config: TrainConfig, parent: Run, name: str, seed: int, *, warm: bool = False, steps: int | None = None
    ) -> None:
        self.config, self.parent, self.name, self.seed = config, parent, name, seed
        self.later = {} if steps is None else {"steps": steps}
        self.warm, self.children = warm, list[Run]()

    def __call__(self, entrant: Entrant, problem: Problem[Any, Any], view: Instance) -> Entrant:
        from headway.pipelines.train import train
        from headway.storage.stored import load_policy

        name = f"{self.name}-{self.seed}-{len(self.children)}"
        update: dict[str, Any] = {"seed": self.seed, "name": name}
        if self.children:
            update |= self.later | ({"init": str(self.policy)} if self.warm else {})
        config = self.config.model_copy(update=update)
        self.children.append(train(config, parent=self.parent, quiet=True, problem=problem.until(view)))
        return load_policy(self.policy)

    @property
    def policy(self) -> Path:
        """Where the last trained policy lies."""
        return self.children[-1].folder / "policy"

    @property
    def cpu_seconds(self) -> float:
        """Of all its training runs."""
        files = [child.folder / "training.json" for child in self.children]
        return sum(float(json.loads(file.read_text(encoding="utf-8"))["cpu_seconds"]) for file in files)


def is_agent(entry: Entry, problem: Problem[Any, Any]) -> bool:
    """The entry names an agent to be trained in the backtest, not a contestant that exists."""
    return entry.name in agents() and entry.name not in {**problem.baselines, **problem.oracles}


def trainee(entry: Entry, problem: Problem[Any, Any], config: BacktestConfig) -> Trainee:
    """The contestant that an agent's entry means. Raises ConfigError for what training would refuse."""
    options = dict(entry.options)
    settings: dict[str, Any] = {key: options.pop(key) for key in TRAINING if key in options}
    build(agent_class(entry.name), options, where=entry.name)
    training = TrainConfig(
        problem=config.problem,
        agent=Named(name=entry.name, options=options),
        threads=config.threads,
        tracking=config.tracking.model_copy(update={"uri": None}),  # the backtest mirrors its children
        **settings,
    )
    env = training.env or Named(name=next(iter(problem.environments)))
    return Trainee(
        entry.label or entry.name,
        "policy",
        entry.name,
        environment=env.name,
        environment_options=env.options,
        setting=setting(problem, env.name, env.options),
        config=training,
    )
