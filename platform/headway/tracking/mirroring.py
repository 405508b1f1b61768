"""One client at work on one tracker: a run folder becomes MLflow runs, found again by a tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from headway.runs import Run
from headway.tracking import mirrored
from headway.tracking.description import description
from headway.tracking.tracker import experiment

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")

RUN = "headway.run"  # tag: what identifies a run
SEEN = "headway.seen"  # tag: time of the last metric that has been mirrored
LOCAL = {"cells", "checkpoints", "children"}  # what stays in the run folder only
ENDS = {"finished": "FINISHED", "failed": "FAILED", "lost": "FAILED", "interrupted": "KILLED"}


class Mirror:
    """Brings one tracker up to date with run folders; every method may be repeated."""

    def __init__(self, client: MlflowClient, uri: str) -> None:
        self.client, self.uri = client, uri

    def run(self, run: Run) -> str:
        """Mirror one run folder and, below it, its contestants and children."""
        run_id = self.entry(run)
        self.params(run_id, mirrored.params(run.config))
        self.curves(run_id, run)
        self.data(run_id, run)
        self.files(run_id, run)
        self.describe(run_id, run)
        self.contestants(run_id, run)
        for child in run.children:
            self.run(child)
        if run.status in ENDS:
            self.client.set_terminated(run_id, ENDS[run.status])
        return run_id

    def entry(self, run: Run) -> str:
        """The MLflow run of a run folder, below that of its parent, with its tags brought up to date."""
        facts, tags = run.provenance, mirrored.tags(run)
        if run.parent:
            tags["mlflow.parentRunId"] = self.entry(run.parent)
        found = self.found(facts["problem"], facts["run"])
        if found is None:
            return self.made(facts, facts["run"], tags)
        self.tags(found.info.run_id, tags)
        return str(found.info.run_id)

    def found(self, problem: str, key: str) -> Any:
        """The MLflow run with this identity, if there is one."""
        where = experiment(self.client, self.uri, problem)
        found = self.client.search_runs([where], f"tags.`{RUN}` = '{key}'", max_results=1)
        return found[0] if found else None

    def made(self, facts: Mapping[str, Any], key: str, tags: Mapping[str, str]) -> str:
        """A new MLflow run with this identity."""
        where = experiment(self.client, self.uri, facts["problem"])
        run = self.client.create_run(where, int(1000 * facts["started"]), {**tags, RUN: key})
        return str(run.info.run_id)

    def contestants(self, run_id: str, run: Run) -> None:
        """One nested run per contestant and seed. Results are final, so what is there stays."""
        facts = run.provenance
        self.metrics(run_id, mirrored.table(run))
        for part in mirrored.parts(run):
            name = f"{part.contestant} #{part.seed}"
            key = f"{facts['run']}/{mirrored.key(name)}"
            if self.found(facts["problem"], key):
                continue
            tags = {"mlflow.runName": name, "mlflow.parentRunId": run_id, "verb": facts["verb"]}
            part_id = self.made(facts, key, tags)
            self.params(part_id, part.params)
            self.metrics(part_id, part.points)
            self.client.set_terminated(part_id)

    def curves(self, run_id: str, run: Run) -> None:
        """What has been logged since the last mirroring."""
        seen = float(self.client.get_run(run_id).data.tags.get(SEEN, 0.0))
        new = [point for point in mirrored.curves(run) if point.time > seen]
        self.metrics(run_id, new)
        if new:
            self.tags(run_id, {SEEN: repr(new[-1].time)})

    def data(self, run_id: str, run: Run) -> None:
        """The digest of the instances, as a data set of the run."""
        from mlflow.data.code_dataset_source import CodeDatasetSource
        from mlflow.data.meta_dataset import MetaDataset
        from mlflow.entities import DatasetInput, InputTag

        if facts := mirrored.data(run):
            source = CodeDatasetSource({"instances": facts.source})
            dataset = MetaDataset(source, facts.name, facts.digest)._to_mlflow_entity()  # type: ignore[abstract]
            self.client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", facts.context)])])

    def files(self, run_id: str, run: Run) -> None:
        """Everything in the folder but checkpoints and children."""
        for path in run.folder.iterdir():
            if path.is_dir() and path.name not in LOCAL:
                self.client.log_artifacts(run_id, str(path), path.name)
            elif path.is_file() and not path.name.startswith("."):
                self.client.log_artifact(run_id, str(path))

    def describe(self, run_id: str, run: Run) -> None:
        """The description on the run's page: links, verdict, tables."""
        where = experiment(self.client, self.uri, run.provenance["problem"])
        self.tags(run_id, {"mlflow.note.content": description(run, where, run_id)})

    def file(self, run: Run, path: Path) -> None:
        """One more artifact of a run, which may lie anywhere."""
        self.client.log_artifact(self.entry(run), str(path))

    def metrics(self, run_id: str, points: Sequence[mirrored.Point]) -> None:
        """Metrics, a thousand to a call: many times cheaper than one by one."""
        from mlflow.entities import Metric

        for part in _batches(points, 1000):
            self.client.log_batch(run_id, metrics=[Metric(p.key, p.value, int(1000 * p.time), p.step) for p in part])

    def params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Parameters, as many to a call as MLflow takes."""
        from mlflow.entities import Param

        for part in _batches(list(params.items()), 100):
            self.client.log_batch(run_id, params=[Param(*item) for item in part])

    def tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Tags, as many to a call as MLflow takes."""
        from mlflow.entities import RunTag

        for part in _batches(list(tags.items()), 100):
            self.client.log_batch(run_id, tags=[RunTag(*item) for item in part])


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[i : i + size] for i in range(0, len(items), size))
