"""What is installed, what is wrong with it, and what to do."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

from headway.errors import HeadwayError
from headway.runs.provenance import commit, cpu, packages

EXTRAS = {"tune": ("optuna",), "ray": ("ray",), "peers": ("stockpyl", "cvxportfolio", "PyPortfolioOpt")}


class Finding(NamedTuple):
    """One thing looked at; ``todo`` says what to do about it. ``bad``: something will fail."""

    subject: str
    state: Literal["good", "note", "bad"]
    found: str
    todo: str = ""


def examine() -> list[Finding]:
    """All findings, the machine first."""
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python, _machine, _threads, _git, _requirements, _libraries, _extras, _highs, _domains, _tracking, _disk,
    )  # fmt: skip
    return [finding for look in looks for finding in look()]


def _python() -> Iterator[Finding]:
    isolated = sys.prefix != sys.base_prefix
    yield Finding("python", "good" if isolated else "note", f"{sys.version.split()[0]} in {sys.prefix}",
                  "" if isolated else "install headway into a virtual environment: `make install`")  # fmt: skip


def _machine() -> Iterator[Finding]:
    facts = cpu()
    yield Finding("cpu", "good", ", ".join(f"{key} {value}" for key, value in facts.items()))


def _threads() -> Iterator[Finding]:
    asked = os.environ.get("OMP_NUM_THREADS")
    cores = len(os.sched_getaffinity(0))
    if asked is None:
        yield Finding("threads", "note", f"OMP_NUM_THREADS is not set; libraries will start {cores} threads each",
                      "export OMP_NUM_THREADS=1 for timings that can be compared")  # fmt: skip
    else:
        yield Finding("threads", "good", f"OMP_NUM_THREADS={asked} of {cores} cores")


def _git() -> Iterator[Finding]:
    state = commit(Path(__file__).parent)
    if not shutil.which("git"):
        yield Finding("git", "note", "not found", "install git, so that runs record the commit they came from")
    elif state is None:
        yield Finding("git", "good", "headway is installed from a package, not from a checkout")
    else:
        dirty = bool(state["dirty"])
        yield Finding("git", "note" if dirty else "good", f"{state['commit'][:12]}{' with changes' if dirty else ''}",
                      "commit, so that results can be traced to code" if dirty else "")  # fmt: skip


def _requirements() -> Iterator[Finding]:
    """Every dependency against the range that headway asks for."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires("headway") or [] if "extra ==" not in line]
    have = packages()
    for requirement in wanted:
        version = have.get(requirement.name.lower())
        if version is None:
            yield Finding(requirement.name, "bad", "missing", f'pip install "{requirement}"')
        elif not requirement.specifier.contains(version, prereleases=True):
            yield Finding(requirement.name, "bad", f"{version}, not {requirement.specifier}",
                          f'pip install "{requirement}"')  # fmt: skip
    main = ("headway", "torch", "stable-baselines3", "gymnasium", "ortools", "mlflow", "numpy", "pandas")
    yield Finding("packages", "good", ", ".join(f"{name} {have[name]}" for name in main if name in have))


def _libraries() -> Iterator[Finding]:
    """Compiled parts load only where their shared libraries do."""
    import subprocess

    modules = ("torch", "ortools.constraint_solver.pywrapcp", "pyvrp", "pyarrow", "matplotlib.pyplot")
    broken = 0
    for module in modules:
        # A library that aborts must not take the doctor with it.
        done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            missing = re.search(r"(lib[\w.+-]+\.so[\w.]*)", last)
            todo = f"install the system package with {missing[1]}" if missing else f"reinstall {module.split('.')[0]}"
            broken += 1
            yield Finding(module, "bad", last, todo)
    if not broken:
        yield Finding("libraries", "good", f"{', '.join(m.split('.')[0] for m in modules)} load")


def _extras() -> Iterator[Finding]:
    for extra, names in EXTRAS.items():
        missing = [name for name in names if not _version(name)]
        found = ", ".join(f"{name} {_version(name)}" for name in names if name not in missing)
        yield Finding(f"extra {extra}", "note" if missing else "good", found or "not installed",
                      f"pip install 'headway[{extra}]' if you need it" if missing else "")  # fmt: skip


def _highs() -> Iterator[Finding]:
    if importlib.util.find_spec("highspy") is not None:
        yield Finding("highspy", "bad", f"{_version('highspy')} beside ortools: whichever is imported second fails",
                      "pip uninstall highspy; HiGHS is reached through ortools")  # fmt: skip


def _domains() -> Iterator[Finding]:
    from headway.registry import domains, problem_class

    for name, domain in domains().items():
        for problem in domain.problems:
            try:
                problem_class(f"{name}/{problem}")
            except (ImportError, AttributeError, HeadwayError) as error:
                yield Finding(f"{name}/{problem}", "bad", f"{type(error).__name__}: {error}",
                              "reinstall or remove the package that brings this domain")  # fmt: skip
    yield Finding("domains", "good", ", ".join(f"{name} ({len(d.problems)})" for name, d in domains().items()))


def _tracking() -> Iterator[Finding]:
    import sqlite3
    from contextlib import closing

    path = Path("mlflow.db")
    if not path.exists():
        yield Finding("mlflow.db", "good", f"not there yet; the first run makes it in {Path.cwd()}")
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            runs = database.execute("select count(*) from runs").fetchone()[0]
        yield Finding("mlflow.db", "good", f"{runs} runs, {path.stat().st_size / 1e6:.1f} MB")
    except sqlite3.Error as error:
        yield Finding("mlflow.db", "bad", str(error), "move it away: runs keep their results in their own folders")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    yield Finding("disk", "good" if free > 2 else "note", f"{free:.1f} GB free here",
                  "" if free > 2 else "runs with checkpoints need room")  # fmt: skip


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
