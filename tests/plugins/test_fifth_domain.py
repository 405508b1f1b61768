"""A fifth domain, installed from outside, is listed, checked, trained and compared without an edit to the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "maintenance"
PROBLEM = ("problem=maintenance/fleet", "problem.periods=30")
SMALL = ("agent.num_envs=16", "agent.rollout=32", "validation.every=2000", "validation.n=16")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The toy package, built and installed by pip into a folder of its own, offline."""
    folder = tmp_path_factory.mktemp("outside")
    source = shutil.copytree(SOURCE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "--target", str(folder / "site"), str(source)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def headway(site, tmp_path_factory):
    """Run a verb in an empty folder of its own and return what it prints as JSON."""
    folder = tmp_path_factory.mktemp("work")

    def run(*arguments: str) -> Any:
        code = "from headway.pipelines.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--json"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def policy(headway) -> str:
    """A policy trained for a few thousand steps."""
    trained = headway("train", *PROBLEM, "agent=maskable_ppo", *SMALL, "steps=4000", "seed=0", "tracking=off")
    assert trained["status"] == "finished"
    assert trained["steps"] >= 4000
    return trained["policy"]


def test_it_is_listed_with_the_agents_that_can_train_it(headway):
    """Its parts and capabilities come from its own declarations."""
    (listed,) = [entry for entry in headway("list") if entry["problem"] == "maintenance/fleet"]
    assert listed["baselines"] == ["dp", "age_threshold", "run_to_failure"]
    assert listed["oracles"] == ["foresight"]
    assert "maskable_ppo" in listed["environments"]["crew"]["agents"]
    assert "pathwise" not in listed["environments"]["crew"]["agents"]


def test_it_keeps_the_contract(headway):
    """`headway check` runs every check and exits with 0."""
    checks = headway("check", *PROBLEM)
    assert len(checks) >= 40
    assert all(check["passed"] for check in checks)


def test_it_trains_and_compares_with_its_baselines(headway, policy):
    """Each contestant is scored on the same instances; the reference policy is the measure of all gaps."""
    contestants = f"contestants=dp,age_threshold,run_to_failure,{policy}"
    rows = headway("compare", *PROBLEM, contestants, "n=6", "budget=1", "tracking=off", "report=false")
    table = {row["contestant"]: row for row in rows}
    assert {"dp", "age_threshold", "run_to_failure"} < set(table)
    assert all(row["feasible"] == 1.0 and row["n"] == 6 for row in rows)
    assert table["dp"]["gap"] == 0.0
    (learned,) = [row for row in rows if row["kind"] == "learned"]
    assert learned["training_seconds"] > 0
    assert {row["kind"] for row in rows} == {"classical", "learned", "ablation"}


def test_it_is_solved_and_evaluated_on_a_file(headway, site):
    """Instances are generated to a file; the solution written for one scores the same when read again."""
    headway("generate", *PROBLEM, "n=1", "split=validation", "out=fleet.npz")
    files = ("instance=fleet.npz", *PROBLEM)
    solved = headway("solve", *files, "contestant=foresight", "budget=1", "out=plan.csv")
    scored = headway("evaluate", *files, "solution=plan.csv")
    assert solved["feasible"]
    assert scored["feasible"]
    assert scored["objective"] == pytest.approx(solved["objective"], rel=1e-12)


def test_gymnasium_makes_it_by_its_id(site):
    """The id follows from domain and problem."""
    code = (
        "import gymnasium; env = gymnasium.make('headway.envs.registration:headway/maintenance-fleet-v0', periods=30)\n"
        "print(sorted(env.reset(seed=0)[0]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['age', 'chosen', 'phase', 'present']"
