"""The run folder: the truth about one run, on disk before anything else hears of it.

``config.yaml``      the resolved configuration
``provenance.json``  verb, problem, code, versions, machine, command (`headway.runs.provenance`)
``metrics.jsonl``    one JSON object per line: ``{"step", "time", "metrics"}``
``status.json``      running, finished, failed or interrupted; process and heartbeat (`headway.runs.status`)
``children/``        runs that belong to this one
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import yaml

from headway.errors import ConfigError, DataError
from headway.runs.provenance import provenance
from headway.runs.status import Outcome, State, Status, read_status, write_status
from headway.storage.files import write_text

HEARTBEAT = 10.0  # seconds between two signs of life


class Metrics(NamedTuple):
    """One line of the metrics file; ``time`` is Unix seconds."""

    step: int
    time: float
    metrics: dict[str, float]


class Run:
    """One run folder: made by `create`, read by `open`, ended by `finish` or by leaving its ``with`` block.

    Attributes
    ----------
    folder : where it is
    id : the folder's name
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.id = folder, folder.name
        self._metrics = folder / "metrics.jsonl"
        self._beaten = -math.inf
        self._whole = False

    @classmethod
    def create(
        cls,
        verb: str,
        config: Mapping[str, Any],
        *,
        problem: str,
        root: Path = Path("runs"),
        name: str | None = None,
        parent: Run | None = None,
    ) -> Run:
        """A new folder ``<time>-<verb>-<problem>-<6 hex>`` (or ``name``) under ``root``, whole or not at all.

        With ``parent`` it is made among that run's children, and ``root`` is ignored.

        Raises
        ------
        ConfigError
            A run of that name exists.
        """
        root = parent.folder / "children" if parent else Path(root)
        slug = re.sub(r"[^\w.]+", "-", problem)
        folder = root / (name or f"{time.strftime('%Y%m%d-%H%M%S')}-{verb}-{slug}-{secrets.token_hex(3)}")
        if folder.exists():
            raise ConfigError("a run of this name exists", where=folder, hint="choose another name")
        root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=root, prefix=".tmp-"))
        try:
            _describe(draft, verb, problem, config)
            draft.chmod(0o755)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return cls(folder)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Run:
        """An existing run, to read or to continue. Raises DataError where the folder is no run."""
        folder = Path(folder)
        if not (folder / "provenance.json").is_file():
            raise DataError("not a run folder", where=folder, expected="a folder with config.yaml and provenance.json")
        return cls(folder)

    # -- what it says ---------------------------------------------------------------------------
    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        return dict(yaml.safe_load((self.folder / "config.yaml").read_text()))

    @property
    def provenance(self) -> dict[str, Any]:
        """What `headway.runs.provenance` says, the run's ``verb`` and ``problem``, and ``run``, unique in the world."""
        return dict(json.loads((self.folder / "provenance.json").read_text()))

    @property
    def status(self) -> State:
        """What became of it; ``lost`` where its process died without a word."""
        return read_status(self.folder).state

    @property
    def parent(self) -> Run | None:
        """The run this one belongs to."""
        return Run.open(self.folder.parent.parent) if self.folder.parent.name == "children" else None

    @property
    def children(self) -> list[Run]:
        """The runs that belong to this one, by name (so by time)."""
        return [Run.open(path.parent) for path in sorted((self.folder / "children").glob("[!.]*/provenance.json"))]

    def metrics(self) -> list[Metrics]:
        """All metrics in the order they were logged. A torn last line, from a killed process, is left out.

        Raises
        ------
        DataError
            Any other line is damaged.
        """
        lines = self._metrics.read_bytes().split(b"\n")[:-1] if self._metrics.exists() else []
        return [_parse(line, f"{self._metrics}:{number}") for number, line in enumerate(lines, 1)]

    # -- what is written to it ------------------------------------------------------------------
    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Append one line of metrics, and give a sign of life."""
        self._mend()
        with self._metrics.open("ab", buffering=0) as file:
            file.write(_line(Metrics(int(step), time.time(), dict(metrics))).encode())
        self.beat()

    def rewind(self, step: int) -> None:
        """Forget metrics after ``step`` (and a torn last line): what a continued run will log again."""
        write_text(self._metrics, "".join(_line(m) for m in self.metrics() if m.step <= step))

    def beat(self) -> None:
        """Say that the run is alive; cheap enough for every iteration."""
        if time.monotonic() - self._beaten > HEARTBEAT:
            write_status(self.folder, Status.running())
            self._beaten = time.monotonic()

    def _mend(self) -> None:
        """Cut off the torn last line that a killed process left, once, before anything is appended to it."""
        if not self._whole and self._metrics.exists():
            data = self._metrics.read_bytes()
            os.truncate(self._metrics, data.rfind(b"\n") + 1)
        self._whole = True

    def finish(self, status: Outcome, error: str | None = None) -> None:
        """Record how the run ended."""
        write_status(self.folder, Status.ended(status, error))

    def __enter__(self) -> Self:
        self._beaten = -math.inf
        self.beat()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish("finished")
        else:
            outcome: Outcome = "failed" if isinstance(error, Exception) else "interrupted"
            self.finish(outcome, f"{type(error).__name__}: {error}")


def _describe(folder: Path, verb: str, problem: str, config: Mapping[str, Any]) -> None:
    from pydantic_core import to_jsonable_python

    text = yaml.safe_dump(to_jsonable_python(dict(config)), sort_keys=False, allow_unicode=True)
    write_text(folder / "config.yaml", text)
    facts = {"run": uuid.uuid4().hex, "verb": verb, "problem": problem, **provenance(text.encode())}
    write_text(folder / "provenance.json", json.dumps(facts, indent=2) + "\n")
    write_status(folder, Status.running())


def _line(record: Metrics) -> str:
    numbers = {name: float(value) for name, value in record.metrics.items()}
    # JSON has no NaN and no infinity; as strings they stay readable by everyone.
    safe = {name: value if math.isfinite(value) else str(value) for name, value in numbers.items()}
    return json.dumps({"step": record.step, "time": record.time, "metrics": safe}) + "\n"


def _parse(line: bytes, where: str) -> Metrics:
    try:
        record = json.loads(line)
        return Metrics(record["step"], record["time"], {k: float(v) for k, v in record["metrics"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        got = line[:80].decode(errors="replace")
        raise DataError("a damaged line of metrics", where=where, got=got, expected="one JSON object") from error
