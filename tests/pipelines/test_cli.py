from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headway.errors import HeadwayError
from headway.pipelines.cli import VERBS
from headway.pipelines.commands.arguments import keyed
from headway.pipelines.configuration import schema
from headway.pipelines.configuration.compose import compose

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "plugins" / "trouble"


@pytest.fixture(scope="module", autouse=True)
def outside(tmp_path_factory):
    """The domain `trouble`, as a package that was installed from outside."""
    facts = tmp_path_factory.mktemp("installed") / "trouble-0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: trouble\nVersion: 0\n")
    (facts / "entry_points.txt").write_text("[headway.domains]\ntrouble = trouble:domain\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join((str(PLUGIN), str(facts.parent))))
        patch.setenv("COLUMNS", "120")
        yield


def headway(*arguments, cwd, **env):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "headway.pipelines.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False)


def answer(done):
    """The one JSON value on standard output."""
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with a file of three instances."""
    folder = tmp_path_factory.mktemp("work")
    made = answer(headway("generate", "problem=trouble/guess", "n=3", "seed=1", "out=f.npz", "--json", cwd=folder))
    assert made["out"] == "f.npz"
    return folder


def test_help_names_every_verb_and_exit_code(tmp_path):
    """The overview shows all verbs, and what exit codes mean."""
    done = headway("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert all(f" {verb} " in done.stdout for verb in VERBS)
    codes = {cls.exit_code for cls in _tree(HeadwayError)} | {130, 143}
    assert all(f"{code} " in done.stdout for code in codes)


def test_help_loads_nothing_heavy(tmp_path):
    """``headway --help`` is instant: no array library, no tracker, not even the schema."""
    code = """
import sys
from headway.pipelines.cli import app
try:
    app(["--help"])
except SystemExit:
    own = {"headway.pipelines.configuration.schema", "headway.registry"}
    heavy = {"numpy", "torch", "pandas", "mlflow", "omegaconf"} | own
    print("HEAVY", sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("HEAVY []\n")


@pytest.mark.parametrize("verb", ["train", "compare"])
def test_help_of_a_verb_lists_its_keys(verb, tmp_path):
    """Keys, defaults and meanings come from the schema."""
    done = headway(verb, "--help", cwd=tmp_path)
    assert "tracking.uri" in done.stdout
    assert "sqlite:///mlflow.db" in done.stdout
    assert "required" in done.stdout
    assert "Example: headway" in done.stdout


def test_list_needs_no_torch(tmp_path, monkeypatch):
    """Listing shows problems, parts and agents from class attributes alone."""
    monkeypatch.delenv("PYTHONPATH")
    code = """
import sys
from headway.pipelines.cli import app
try:
    app(["list", "--json"])
except SystemExit:
    print(sorted({"torch", "pandas", "mlflow", "stable_baselines3", "ortools", "gymnasium"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    listed, heavy = done.stdout.splitlines()
    assert heavy == "[]"
    assert {"problem", "environments", "baselines", "oracles", "networks"} <= set(json.loads(listed)[0])


def test_solve_and_evaluate(folder):
    """A solution from a file scores what the solver said, with the keys that other programs rely on."""
    tokens = ["problem=trouble/guess", "instance=f.npz", "index=1"]
    solved = answer(headway("solve", *tokens, "contestant=exact", "budget=0.5", "out=g.npz", "--json", cwd=folder))
    assert {"feasible", "objective", "violations", "seconds", "cpu_seconds", "contestant"} <= set(solved)
    scored = answer(headway("evaluate", *tokens, "solution=g.npz", "--json", cwd=folder))
    assert (scored["feasible"], scored["objective"], scored["violations"]) == (True, 1.0, {"too_high": 0.0})


def test_an_infeasible_solution_is_an_answer(folder):
    """Scoring is not judging: an infeasible solution exits with 0 and says what is broken."""
    tokens = ["problem=trouble/guess", "instance=f.npz", "contestant=infeasible", "budget=0.5", "--json"]
    solved = answer(headway("solve", *tokens, cwd=folder))
    assert solved["feasible"] is False
    assert solved["violations"] == {"too_high": 7.0}


def test_compare_prints_rows_and_nothing_else(folder):
    """``compare --json`` is a list of rows on standard output, whatever contestants print meanwhile."""
    tokens = ["problem=trouble/guess", "instances=f.npz", "contestants=exact,chatty", "budget=0.5", "tracking=off"]
    rows = answer(headway("compare", *tokens, "report=false", "--json", cwd=folder))
    keys = {"contestant", "n", "feasible", "objective", "gap", "gap_low", "gap_high", "seconds"}
    assert all(keys <= set(row) for row in rows)
    assert {row["contestant"] for row in rows} == {"exact", "chatty"}
    assert Path(folder, rows[0]["run"], "results.json").is_file()


def test_people_get_tables(folder):
    """Without ``--json`` the verdict comes first, then the table."""
    tokens = ["problem=trouble/guess", "instances=f.npz", "contestants=exact,noisy", "budget=0.5", "tracking=off"]
    done = headway("compare", *tokens, "report=false", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "exact [classical]" in done.stdout.split("\n", 1)[0]
    assert "95% interval" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["train", "problem=trouble/gues", "agent=ppo"], 2, "UnknownNameError"),
        (["solve", "problem=trouble/guess"], 2, "ConfigError"),
        (["evaluate", "problem=trouble/guess", "instance=none.npz", "solution=g.npz"], 3, "InstanceError"),
        (["train", "problem=trouble/guess", "agent=sac", "tracking=off"], 4, "CapabilityError"),
        (["solve", "problem=trouble/guess", "instance=f.npz", "contestant=raises", "budget=0.5"], 6, "SolverError"),
        (["show", "everything"], 2, "UnknownNameError"),
        (["report", "no_such_run"], 3, "DataError"),
        (["resume", "no_such_run"], 3, "DataError"),
        (["list", "guess"], 2, "UnknownNameError"),
    ],
)
def test_errors_have_their_exit_code(arguments, code, kind, folder):
    """With ``--json`` an error is an object on standard output; its exit code tells its kind."""
    done = headway(*arguments, "--json", cwd=folder)
    assert done.returncode == code, done.stderr
    error = json.loads(done.stdout)["error"]
    assert (error["type"], error["exit_code"]) == (kind, code)
    assert error["what"]


def test_errors_are_told_without_a_traceback(folder):
    """People see what, where, got, expected and what to do; a traceback only where they ask for one."""
    tokens = ["generate", "problem=trouble/gues", "out=g.npz"]
    done = headway(*tokens, cwd=folder)
    assert done.stderr.startswith(
        "error: unknown problem 'trouble/gues'\n  where: command line: problem=trouble/gues\n"
    )
    assert "did you mean 'trouble/guess'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert "Traceback" in headway(*tokens, cwd=folder, HEADWAY_DEBUG="1").stderr


def test_an_unknown_verb_has_a_nearest_spelling(tmp_path):
    """Usage errors exit with 2."""
    done = headway("trian", cwd=tmp_path)
    assert done.returncode == 2
    assert "'train'" in done.stderr


def test_the_current_folder_is_not_changed_nor_littered(tmp_path):
    """A refused command leaves nothing behind."""
    headway("train", "problem=trouble/guess", "agent=ppo", "agent.lrr=1", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_a_run_as_interrupted(number, code, tmp_path):
    """SIGTERM and Ctrl-C leave with the shell's exit codes and a run that says it was interrupted."""
    tokens = ["problem=trouble/guess", "contestants=hang", "n=1", "budget=60", "tracking=off", "report=false", "name=r"]
    command = [sys.executable, "-m", "headway.pipelines.cli", "compare", *tokens]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    status = tmp_path / "runs" / "r" / "status.json"
    for _ in range(600):
        if status.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err.decode()
    assert json.loads(status.read_text())["status"] == "interrupted"


def test_an_interrupted_training_run_says_how_to_resume(tmp_path):
    """The command it prints continues the very run; the exit code stays the shell's."""
    tokens = [
        "problem=routing/cvrp",
        "problem.customers=4",
        "steps=10000000",
        "validation.n=2",
        "tracking=off",
        "name=r",
    ]
    command = [sys.executable, "-m", "headway.pipelines.cli", "train", *tokens]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "runs" / "r" / "metrics.jsonl"
    for _ in range(600):
        if metrics.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert out == ""
    assert err.splitlines()[-1] == "interrupted; to go on: headway resume runs/r"
    assert list((tmp_path / "runs" / "r" / "checkpoints").iterdir())


def _tree(cls):
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)


UNFINISHED = (
    "<",
    "…",
    "\\",
    "...",
    "=mine.yaml",
    "=bakery.yaml",
    "=signals.yaml",
)  # of commands that a reader completes
BARE = {"serve": ("contestant",), "promote": ("name",)}  # keys that may be left out


def _documented():
    """Every example in help and in the documentation: the verb and its arguments."""
    for verb, about in VERBS.items():
        yield verb, shlex.split(about.example)
    for page in sorted((ROOT / "docs").glob("*.md")):
        for line in page.read_text(encoding="utf-8").splitlines():
            command = line.removeprefix("$ ").strip()
            if command.startswith("headway ") and line[:1] in " h$" and not any(mark in command for mark in UNFINISHED):
                _, verb, *arguments = shlex.split(command, comments=True)
                yield verb, arguments


@pytest.mark.parametrize(("verb", "arguments"), list(_documented()))
def test_documented_commands_are_accepted(verb, arguments):
    """Every key in an example exists, and every value is of its type."""
    name = VERBS[verb].schema
    if name and verb not in {"report", "mirror"}:  # these begin with folders
        assert compose(getattr(schema, name), verb, keyed(arguments, *BARE.get(verb, ()))).config


def test_the_version(tmp_path):
    """``--version`` prints it and nothing else."""
    from headway import __version__

    assert headway("--version", cwd=tmp_path).stdout == f"{__version__}\n"
