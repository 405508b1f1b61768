"""The self-test: a problem of each domain from its first instance to a served answer, each domain in a process.

``python -m headway.pipelines.doctoring.selftest DOMAIN FOLDER`` tests one domain in a scratch folder, and prints a
finding per step as a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from headway.errors import HeadwayError
from headway.pipelines.doctoring.finding import Finding, first_line
from headway.pipelines.doctoring.steps import STEPS, Steps
from headway.registry import domains

LIMIT = 300.0  # wall seconds for a domain
MARK = "finding: "  # of the lines that are ours: libraries print, too


def selftest(jobs: int) -> Iterator[Finding]:
    """Findings of all domains as they come, ``jobs`` domains at a time."""
    found: SimpleQueue[Finding | None] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="headway-doctor-") as folder, ThreadPoolExecutor(jobs) as pool:

        def work(domain: str) -> None:
            try:
                for finding in _tested(domain, Path(folder)):
                    found.put(finding)
            finally:
                found.put(None)

        for domain in (names := list(domains())):
            pool.submit(work, domain)
        left = len(names)
        while left:
            finding = found.get()
            if finding is None:
                left -= 1
            else:
                yield finding


def _tested(domain: str, folder: Path) -> Iterator[Finding]:
    """What a domain's process prints; and what became of the process, where it died."""
    command = [sys.executable, "-m", __spec__.name, domain, str(folder)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\nkilled after {LIMIT:.0f} s"
    for line in out.splitlines():
        if line.startswith(MARK):
            yield Finding(**json.loads(line.removeprefix(MARK)))
    if process.returncode:
        last = (err.strip().splitlines() or [""])[-1]
        yield Finding(domain, "bad", f"its process ended with code {process.returncode}: {last}",
                      f"see it alone: {' '.join(command[:-1])} FOLDER")  # fmt: skip


def examined(domain: str, folder: Path) -> Iterator[Finding]:
    """The steps of one domain, here; those that need one that failed are left out."""
    steps, failed = Steps(domain, folder), set[str]()
    for name, needs in STEPS.items():
        if failed & set(needs):
            failed.add(name)
            continue
        finding = _step(steps, name)
        if finding.state == "bad":
            failed.add(name)
        yield finding


def _step(steps: Steps, name: str) -> Finding:
    subject, before = f"{steps.problem.name} {name}", _spent()
    try:
        said = getattr(steps, name)()
    except Exception as error:  # whatever a domain raises is what there is to find
        hint = error.hint if isinstance(error, HeadwayError) else None
        todo = hint or f"headway check {steps.problem.name} names the broken clause"
        return Finding(subject, "bad", f"{type(error).__name__}: {first_line(error)}", todo, _spent() - before)
    return Finding(subject, "good", said, cpu_seconds=_spent() - before)


def _spent() -> float:
    """CPU-seconds of this process and of all that it has started and that have ended."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def main(domain: str, folder: str) -> None:
    """Print what is found of one domain."""
    for finding in examined(domain, Path(folder)):
        print(f"{MARK}{json.dumps(finding._asdict())}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
