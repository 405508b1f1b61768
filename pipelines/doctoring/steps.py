"""The steps of the self-test: what a user does with a problem, in small."""

from __future__ import annotations

import http.client
import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from headway import registry
from headway.batch import Instance
from headway.components import givens
from headway.contest import runner
from headway.contest.contestants import resolve
from headway.errors import ContractError
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import CompareConfig, Entry, Limits, TrainConfig
from headway.pipelines.listing import describe
from headway.problem import lookup
from headway.registry import make_problem, problem_class
from headway.runs import Run
from headway.solver import Budget

STEPS: dict[str, tuple[str, ...]] = {
    "generate": (), "episode": ("generate",), "train": (), "resume": ("train",), "solve": ("generate",),
    "evaluate": ("solve",), "compare": ("train",), "tracking": ("compare",), "serve": ("train", "generate"),
}  # fmt: skip
"""Each step, and those it needs."""


class SelfTestConfig(Limits, TrainConfig):
    """A short training, and the classical contestant beside it: ``configs/doctor/<domain>.yaml``."""

    contestant: Entry = Field(description="the best baseline")


class Steps:
    """One domain's first steps, each a method that says what it found and raises what is wrong."""

    instances: Instance
    solution: Any
    trained: Run
    compared: Run

    def __init__(self, domain: str, folder: Path) -> None:
        self.folder = folder / domain
        self.uri = f"sqlite:///{folder}/mlflow.db"  # one for all domains: making it takes a second
        tokens = [*_settings(domain), f"runs={self.folder}", f"tracking={self.uri}"]
        self.config = compose(SelfTestConfig, "doctor", tokens).config
        self.problem: Any = make_problem(self.config.problem.name, **self.config.problem.options)

    def generate(self) -> str:
        """Instances that survive being written and read, and are the same when drawn again."""
        self.instances = self.problem.instances("validation", 4)
        file = self.instances.save(self.folder / "instances.npz")
        for other in (self.problem.load(file), self.problem.instances("validation", 4)):
            _same(self.instances.digest(), other.digest(), "instances, read or drawn again")
        return f"{len(self.instances)} instances, digest {self.instances.digest()[:12]}"

    def episode(self) -> str:
        """Random legal play to the end in the default environment."""
        from headway.testing.play import legal, play

        environment = self.problem.environment()
        _, actions = environment.spaces(environment.prepare(self.instances))
        done = play(environment, self.instances, legal(actions))
        score = self.problem.evaluate(self.instances, done.solution)
        return f"{len(self.instances)} random episodes of {done.length.mean():.0f} steps, mean {_mean(score)}"

    def train(self) -> str:
        """A short training."""
        from headway.pipelines.train import train

        shared = {key: getattr(self.config, key) for key in TrainConfig.model_fields}
        self.trained = train(TrainConfig(**shared | {"name": "trained"}), quiet=True)
        facts = json.loads((self.trained.folder / "training.json").read_text())
        first, best = facts["curve"][0]["objective"], facts["best"]
        return f"{self.config.agent.name}, {facts['steps']} steps, validation {first:.4g} -> {best:.4g}"

    def resume(self) -> str:
        """The same training as a killed one leaves it, continued: nothing may differ."""
        from headway.pipelines.train import resume
        from headway.storage.checkpoint import checkpoints
        from headway.storage.folders import read_folder

        killed = self.folder / "killed"
        shutil.copytree(self.trained.folder, killed)
        stored = checkpoints(killed / "checkpoints")
        shutil.rmtree(stored[0])
        shutil.rmtree(killed / "policy")
        Run(killed).finish("interrupted")
        again = resume(killed, quiet=True)
        _same(read_folder(again.folder / "policy"), read_folder(self.trained.folder / "policy"), "the resumed policy")
        logs = [[(m.step, m.metrics) for m in run.metrics()] for run in (again, self.trained)]
        _same(repr(logs[0]), repr(logs[1]), "the log of the resumed training")
        return f"from step {stored[1].name.removeprefix('step_').lstrip('0')} on, bit for bit the same"

    def solve(self) -> str:
        """The best baseline on one instance, in a process of its own."""
        entry = self.config.contestant
        contestant = resolve(entry.name, self.problem, entry.options)
        (outcome,) = runner.run(contestant, self.problem, self.instances[:1], Budget(cpu=self.config.budget))
        if not outcome.feasible:
            raise ContractError(f"{entry.name} gave no feasible answer", where="solve", got=outcome.message)
        self.solution = outcome.solution
        return f"{entry.name}: {outcome.objective:.4g} {self.problem.unit} in {outcome.cpu_seconds:.2f} CPU-s"

    def evaluate(self) -> str:
        """Its solution, written and read again, scores the same."""
        one = self.instances[:1]
        file = self.problem.write_solution(one, self.solution, self.folder / "solution.npz")
        before, after = (self.problem.evaluate(one, s) for s in (self.solution, self.problem.read_solution(one, file)))
        _same(float(after.objective[0]), float(before.objective[0]), "the score of a solution read from its file")
        return f"its solution from a file: {_mean(after)}, feasible"

    def compare(self) -> str:
        """The trained policy beside the baseline, mirrored to MLflow."""
        from headway.pipelines.compare import compare
        from headway.pipelines.comparison.results import read

        learned = Entry(name=str(self.trained.folder), label="learned")
        shared = {key: getattr(self.config, key) for key in ("problem", "runs", "tracking", *Limits.model_fields)}
        config = CompareConfig(**shared, name="compared", contestants=(self.config.contestant, learned), n=2,
                               ablations=False, pictures=0, report=False, resamples=200)  # fmt: skip
        self.compared = compare(config)
        return read(self.compared.folder).verdict.partition(" (")[0]

    def tracking(self) -> str:
        """What MLflow says of the comparison is what its folder says."""
        from headway.pipelines.comparison.results import read
        from headway.tracking import mirror
        from headway.tracking.mirrored import key
        from headway.tracking.tracker import connect

        run_id = mirror(self.compared, self.uri)
        if run_id is None:
            raise ContractError("nothing was written to MLflow", where=self.uri)
        data = connect(self.uri).get_run(run_id).data
        for row in read(self.compared.folder).rows:
            _same(data.metrics.get(key(f"objective/{row.contestant}")), row.objective, "a metric in MLflow")
        return f"{len(data.params)} parameters, {len(data.metrics)} metrics and {len(data.tags)} tags came back"

    def serve(self) -> str:
        """One instance over HTTP to the trained policy."""
        from headway.pipelines.configuration.schema import ServeConfig
        from headway.pipelines.serve import serving
        from headway.storage.payload import jsonable

        settings = ServeConfig(contestant=Entry(name=str(self.trained.folder)), port=0, budget=self.config.budget)
        with serving(settings) as port:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            body = json.dumps(jsonable(self.instances[:1]))
            line.request("POST", "/solve", body, {"content-type": "application/json"})
            reply = line.getresponse()
            answer = json.loads(reply.read())
            line.close()
        _same(reply.status, 200, "the status of an answer")
        return f"answered over HTTP: {answer['objective']:.4g} {self.problem.unit}, feasible: {answer['feasible']}"


def _settings(domain: str) -> list[str]:
    """What ships for a domain; for one from outside its first problem, an agent that fits, its first baseline."""
    if (files("headway.configs") / "doctor" / f"{domain}.yaml").is_file():
        return [f"config=doctor/{domain}"]
    name = f"{domain}/{next(iter(registry.domains()[domain].problems))}"
    agents = next(iter(describe(name)["environments"].values()))["agents"]
    baselines = problem_class(name).baselines
    whole = [each for each in baselines if "policy" not in givens(lookup("contestant", each, baselines))]
    named = [f"problem={name}", f"agent={next(iter(agents), 'none')}", f"contestant={next(iter(whole), 'random')}"]
    return [*named, "steps=4096", "validation.n=4", "validation.every=2048", "checkpoint_every=1024"]


def _mean(score: Any) -> str:
    return f"{float(np.mean(score.objective)):.4g}"


def _same(got: Any, expected: Any, what: str) -> None:
    if got != expected:
        raise ContractError(f"{what} differ", where="self-test", got=str(got)[:200], expected=str(expected)[:200])
