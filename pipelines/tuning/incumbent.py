"""The incumbent's test: beside the untuned default, on instances and with seeds that no trial has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headway.pipelines.children import finished
from headway.pipelines.compare import compare
from headway.pipelines.configuration.schema import CompareConfig, Entry, Tracking, TuneConfig
from headway.pipelines.tuning.space import Options, with_knobs
from headway.pipelines.tuning.trials import training
from headway.runs import Run

DEFAULT, TUNED = "default", "tuned"


def tested(config: TuneConfig, incumbents: Sequence[Options], run: Run) -> Run:
    """A comparison of the default with every incumbent, on test instances, in a child run called ``test``.

    Gaps are to the default, instance by instance: below zero is better than it.
    """
    labels = [TUNED] if len(incumbents) == 1 else [f"{TUNED} {i}" for i in range(len(incumbents))]
    rivals: dict[str, Options] = {DEFAULT: {}} | dict(zip(labels, incumbents, strict=True))
    entries = [entry for label, options in rivals.items() for entry in _entries(config, label, options, run)]
    own = {key: getattr(config, key) for key in CompareConfig.model_fields if key in TuneConfig.model_fields}
    settings: dict[str, Any] = {
        "contestants": tuple(entries),
        "name": "test",
        "n": config.test_n or config.n,
        "reference": DEFAULT,
        "seeds": 1 if config.agent else config.test_seeds,
        "ablations": False,
        "tracking": Tracking(uri=None),
    }
    return finished(run, "test") or compare(CompareConfig(**own | settings), root=run.folder / "children")


def _entries(config: TuneConfig, label: str, options: Options, run: Run) -> list[Entry]:
    if config.contestant is not None:
        values = with_knobs(config.contestant.options, options.get("contestant", {}))
        return [Entry(name=config.contestant.name, options=values, label=label)]
    from headway.pipelines.train import train

    names = {seed: f"{label.replace(' ', '-')}-{seed}" for seed in range(config.test_seeds)}
    runs = [
        finished(run, name) or train(training(config, options, seed, name), parent=run, quiet=True)
        for seed, name in names.items()
    ]
    return [Entry(name=str(made.folder), label=label) for made in runs]
