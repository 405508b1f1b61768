"""Installed packages: whether versions fit together, and whether what is compiled loads."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from headway.pipelines.doctoring.finding import Finding, version_of
from headway.runs.provenance import commit

if TYPE_CHECKING:
    from packaging.requirements import Requirement

MAIN = ("headway", "torch", "stable-baselines3", "gymnasium", "ortools", "mlflow", "numpy", "pandas")
TIGHT = ("protobuf", "pyarrow", "scipy", "cloudpickle")  # what upgrades of something else like to pull out of range
EXTRAS = {"tune": ("optuna",), "ray": ("ray",), "peers": ("stockpyl", "cvxportfolio")}
COMPILED = ("torch", "ortools.constraint_solver.pywrapcp", "pyvrp", "pyarrow", "matplotlib.pyplot", "numba")


def look() -> Iterator[Finding]:
    """Versions, what contradicts them, and what does not load."""
    yield _git()
    yield _versions("packages", MAIN)
    yield _versions("pinned by others", TIGHT)
    yield from _conflicts()
    yield from _highs()
    yield from _compiled()
    yield from _extras()


def _git() -> Finding:
    state = commit(Path(__file__).parents[1])
    if not shutil.which("git"):
        return Finding("git", "note", "not found", "install git, so that runs record the commit they came from")
    if state is None:
        return Finding("git", "good", "headway is installed from a package, not from a checkout")
    dirty = bool(state["dirty"])
    return Finding("git", "note" if dirty else "good", f"{state['commit'][:12]}{' with changes' if dirty else ''}",
                   "commit, so that results can be traced to code" if dirty else "")  # fmt: skip


def _versions(subject: str, names: tuple[str, ...]) -> Finding:
    have = {name: version_of(name) for name in names}
    return Finding(subject, "good", ", ".join(f"{name} {version}" for name, version in have.items() if version))


def _conflicts() -> Iterator[Finding]:
    """Every package that headway needs, directly or through others, against the ranges all of them ask for."""
    have = {_plain(d.metadata["Name"]): d.version for d in metadata.distributions() if d.metadata["Name"]}
    asked = list(_asked("headway", have, set()))
    wrong = [(by, r) for by, r in asked if not r.specifier.contains(have.get(_plain(r.name), ""), prereleases=True)]
    for by, requirement in wrong:
        found = f"{have.get(_plain(requirement.name), 'missing')}; {by} needs {requirement.specifier or 'it'}"
        yield Finding(requirement.name, "bad", found, f'pip install "{requirement.name}{requirement.specifier}"')
    if not wrong:
        yield Finding("requirements", "good", f"{len(asked)} requirements of {len({by for by, _ in asked})} packages")


def _asked(name: str, have: Mapping[str, str], seen: set[str]) -> Iterator[tuple[str, Requirement]]:
    """(who asks, for what): those of ``name``, and of all that these bring."""
    from packaging.requirements import Requirement

    seen.add(_plain(name))
    for line in metadata.requires(name) or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield name, requirement
            inner = _plain(requirement.name)
            if inner in have and inner not in seen:
                yield from _asked(requirement.name, have, seen)


def _plain(name: str) -> str:
    """A distribution's name in the one spelling that compares."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _highs() -> Iterator[Finding]:
    if importlib.util.find_spec("highspy") is not None:
        yield Finding("highspy", "bad", f"{version_of('highspy')} beside ortools: whichever is imported second fails",
                      "pip uninstall highspy; HiGHS is reached through ortools")  # fmt: skip


def _compiled() -> Iterator[Finding]:
    """Compiled parts load only where their shared libraries do."""
    broken = 0
    for module in COMPILED:
        # A library that aborts must not take the doctor with it.
        done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            missing = re.search(r"(lib[\w.+-]+\.so[\w.]*)", last)
            todo = f"install the system package with {missing[1]}" if missing else f"reinstall {module.split('.')[0]}"
            broken += 1
            yield Finding(module, "bad", last, todo)
    if not broken:
        yield Finding("libraries", "good", f"{', '.join(m.split('.')[0] for m in COMPILED)} load")


def _extras() -> Iterator[Finding]:
    for extra, names in EXTRAS.items():
        missing = [name for name in names if not version_of(name)]
        found = ", ".join(f"{name} {version_of(name)}" for name in names if name not in missing)
        yield Finding(f"extra {extra}", "note" if missing else "good", found or "not installed",
                      f"pip install 'headway[{extra}]' if you need it" if missing else "")  # fmt: skip
