"""What the doctor finds of the machine, of packages, solvers, domains and data, and what it says to do."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import namedtuple
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from headway import registry
from headway.datasets import Dataset, File
from headway.pipelines import doctor
from headway.pipelines.configuration.schema import DoctorConfig
from headway.pipelines.doctoring import content, machine, packages, solvers, tiny


def by_subject(findings):
    return {finding.subject: finding for finding in findings}


def test_a_healthy_installation(monkeypatch, tmp_path):
    """Here nothing is bad, and every note says what to do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(packages, "_compiled", lambda: iter(()))
    monkeypatch.setattr(solvers, "look", lambda: iter(()))
    findings = list(doctor.examine(DoctorConfig()))
    assert not [finding for finding in findings if finding.state == "bad"]
    assert all(finding.todo for finding in findings if finding.state == "note")
    assert {"python", "processor", "threads", "git", "packages", "domains", "data", "mlflow.db", "disk", "runs"} <= set(
        by_subject(findings)
    )
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_looked_at_is_a_finding(monkeypatch, tmp_path):
    """One broken corner hides no other."""

    def broken():
        raise RuntimeError("no such luck")

    monkeypatch.chdir(tmp_path)
    for part in (machine, packages, solvers):
        monkeypatch.setattr(part, "look", broken)
    found = by_subject(doctor.examine(DoctorConfig()))
    assert found["machine"].state == "bad"
    assert "no such luck" in found["solvers"].found
    assert found["domains"].state == "good"


# -- packages -----------------------------------------------------------------------------------------
def test_missing_and_outdated_packages(monkeypatch):
    """A requirement that is missing or out of range is bad, with who asks for it and the command that mends it."""
    asks = {"headway": ["numpy>=99", "nothing-of-this-name>=1", "x; extra == 'dev'", "mlflow"], "mlflow": ["pyarrow<1"]}
    monkeypatch.setattr(metadata, "requires", lambda name: asks.get(name))
    found = by_subject(packages._conflicts())
    assert (found["numpy"].state, found["numpy"].todo) == ("bad", 'pip install "numpy>=99"')
    assert found["nothing-of-this-name"].found.startswith("missing")
    assert "mlflow needs <1" in found["pyarrow"].found
    assert "x" not in found


def test_highspy_beside_ortools(monkeypatch):
    """Two copies of HiGHS in one process fail, so the second one is to go."""
    assert not list(packages._highs())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    (finding,) = packages._highs()
    assert finding.state == "bad"
    assert "uninstall highspy" in finding.todo


def test_a_missing_shared_library_is_named(monkeypatch):
    """The system package to install is read from the loader's message."""
    error = "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory"
    monkeypatch.setattr(
        subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 1, "", f"Traceback\n{error}\n")
    )
    finding = next(packages._compiled())
    assert (finding.state, finding.found) == ("bad", error)
    assert "libgomp.so.1" in finding.todo


# -- the machine --------------------------------------------------------------------------------------
def test_unpinned_threads_are_a_note(monkeypatch):
    for name in machine.THREAD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    finding = machine._threads()
    assert finding.state == "note"
    assert "export OMP_NUM_THREADS=1" in finding.todo
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert machine._threads().state == "good"


def test_limits_of_a_container(tmp_path, monkeypatch):
    """Cores that are seen and not given, and memory that is not the machine's own."""
    monkeypatch.setattr(machine, "cpu", lambda: {"usable": 8})
    assert list(machine._quota(tmp_path)) == []
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert list(machine._quota(tmp_path)) == []
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (finding,) = machine._quota(tmp_path)
    assert (finding.state, finding.found) == ("note", "the time of 1.5 cores, 8 to be seen")
    assert finding.todo.endswith("at most 1")
    (tmp_path / "memory.max").write_text("1000000000\n")
    assert machine._memory(tmp_path).found.endswith("of 1.0 GB free")
    assert machine._memory(tmp_path).state == "note"


def test_a_full_disk_is_a_note(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**9, 10**9))
    assert machine._disk().state == "note"


# -- solvers ------------------------------------------------------------------------------------------
def test_solvers_are_known_by_their_answers(monkeypatch):
    """A right answer gives a version; a wrong one, an abort and a missing extra say what to do."""
    wrong, aborts = ("ortools", "wrong"), ("pyvrp", "aborts")
    known = {"GLOP": tiny.SOLVERS["GLOP"], "SCIP": wrong, "PyVRP": aborts, "HGS": ("hygese", "missing")}
    monkeypatch.setattr(tiny, "SOLVERS", known)
    real = subprocess.run
    ends = {"SCIP": "raise SystemExit('answered 7 instead of 8')", "PyVRP": "import os; os.abort()",
            "HGS": "import hygese_that_is_not_there"}  # fmt: skip

    def run(command, **options):
        return real([sys.executable, "-c", ends[command[-1]]] if command[-1] in ends else command, **options)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(solvers, "version_of", lambda name: None if name == "hygese" else "9")
    found = by_subject(solvers.look())
    assert found["solvers"].found == f"GLOP {metadata.version('ortools')}"
    assert (found["SCIP"].state, found["SCIP"].found) == ("bad", "answered 7 instead of 8")
    assert found["SCIP"].todo == "pip install --force-reinstall --no-deps ortools==9"
    assert found["PyVRP"].state == "bad"
    assert (found["HGS"].state, found["HGS"].todo) == ("note", "pip install 'headway[hgs]' if you need it")


@pytest.mark.parametrize("name", [name for name, (package, _) in tiny.SOLVERS.items() if package != "hygese"])
def test_every_solver_solves_its_tiny_problem(name):
    found, expected, version = tiny.SOLVERS[name][1]()
    assert found == pytest.approx(expected, abs=1e-3)
    assert version[0].isdigit()


# -- what packages bring ------------------------------------------------------------------------------
@pytest.mark.parametrize("target", ["no_module_of_this_name:X", "headway.errors:NoSuchObject"])
def test_a_broken_domain_is_found(monkeypatch, target):
    """A third-party domain that cannot be loaded is bad; the others are still listed."""
    real = content.entry_points
    broken = EntryPoint("broken", target, registry.DOMAINS)
    monkeypatch.setattr(
        content, "entry_points", lambda group: [*real(group=group), *([broken] if group == registry.DOMAINS else [])]
    )
    found = by_subject(content.domains())
    assert found["broken"].state == "bad"
    assert "pip uninstall" in found["broken"].todo
    assert "routing (" in found["domains"].found
    assert "ppo" in found["agents"].found


def test_a_broken_problem_is_found(monkeypatch, tmp_path):
    """Only the problem that cannot be loaded is named."""
    (tmp_path / "half_good.py").write_text(
        "from headway.registry import Domain\n"
        "domain = Domain('half', '', {'right': 'headway.problem:Problem', 'wrong': 'headway.problem:Nothing'})\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("half", "half_good:domain", registry.DOMAINS)
    monkeypatch.setattr(content, "entry_points", lambda group: [point] if group == registry.DOMAINS else [])
    found = by_subject(content.domains())
    assert "half/right" not in found
    assert found["half/wrong"].state == "bad"


def test_data_on_this_machine(monkeypatch, tmp_path):
    """Files are verified; what was changed and what was cut off has its own line, with the command that mends it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    digest = "sha256:" + "0" * 64
    files = {"a.csv": File("http://nowhere/a.csv", digest), "b.csv": File("http://nowhere/b.csv")}
    set_ = Dataset("prices", "", "free", "nobody", listing=lambda: files)
    monkeypatch.setattr(registry, "datasets", lambda: {"prices": ""})
    monkeypatch.setattr(registry, "dataset", lambda name: set_)
    assert "not here: prices" in [finding.found for finding in content.data()][1]
    set_.folder.mkdir(parents=True)
    Path(set_.folder, "a.csv").write_text("changed")
    Path(set_.folder, "b.csv").write_text("good")
    Path(set_.folder, "c.csv.part").write_text("half")
    bad, note, good = content.data()
    assert (bad.state, note.state, good.state) == ("bad", "note", "good")
    assert "a.csv" in bad.found
    assert bad.todo.endswith("headway data fetch prices")
    assert "prices (1 of 2 files, verified)" in good.found
