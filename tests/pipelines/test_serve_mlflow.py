"""A registered policy under MLflow's own server: the command of the guide, instances and observations over HTTP."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from headway.pipelines.commands.ui import environment
from headway.registry import make_problem
from headway.rollouts import rollout
from headway.runs import Run
from headway.storage.payload import jsonable
from headway.storage.stored import Description, StoredPolicy, save_policy
from headway.tracking import log_policy

GUIDE = Path(__file__).parents[2] / "docs" / "serve.md"


def post(port, path, body=None):
    """Status and content of an answer; proxies are for other machines."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"content-type": "application/json"})
    try:
        with opener.open(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def served(tmp_path, socket_enabled):
    """An untrained policy, registered as champion, and the port of MLflow's server on it."""
    problem = make_problem("routing/cvrp", customers=5)
    description = Description.of(problem.environment(), problem.network("pomo"), "greedy")
    policy = StoredPolicy(description.build(), description)
    with Run.create("train", {}, problem=problem.name, root=tmp_path / "runs") as run:
        save_policy(policy, run.folder / "policy")
    assert log_policy(run, run.folder / "policy", "cvrp", uri=f"sqlite:///{tmp_path}/mlflow.db", alias="champion")
    (line,) = re.findall(r"^MLFLOW_TRACKING_URI=\S+ (mlflow models serve .*)$", GUIDE.read_text(), re.MULTILINE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", *shlex.split(re.sub(r"-p \d+", f"-p {port}", line))]
    variables = {**environment(), "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=out, stderr=out, start_new_session=True)
    try:
        end = time.monotonic() + 200
        while not _up(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield problem, policy, port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _up(port):
    try:
        return post(port, "/ping")[0] == 200
    except OSError:
        return False


@pytest.mark.slow
def test_instances_in_scored_solutions_out(served):
    """What it answers is what the policy does here; what is no instance is refused with the field's name."""
    problem, policy, port = served
    instances = problem.instances("test", 2)
    rows = [{"instance": jsonable(instances[i])} for i in range(2)]
    rows.append({"instance": {"coords": [[0, 0], [1, 0], [0, 1]], "demand": [0, 1, 1], "capacity": 2}})
    status, text = post(port, "/invocations", {"dataframe_records": rows})
    assert status == 200, text
    *answers, small = json.loads(text)["predictions"]
    own = rollout(problem.environment(), policy, instances).solution
    scores = problem.evaluate(instances, own)
    assert [answer["objective"] for answer in answers] == pytest.approx(scores.objective.tolist(), rel=1e-9)
    assert all(answer["feasible"] for answer in [*answers, small])
    assert sorted(v for v in small["solution"]["visits"] if v > 0) == [1, 2]
    status, text = post(port, "/invocations", {"dataframe_records": [{"instance": {"demand": [0, 1], "capacity": 1}}]})
    assert (status, "coords" in text) == (400, True)

    environment = problem.environment()
    params = environment.prepare(instances[:1])
    state = environment.reset(params)
    seen, mask = environment.observe(params, state), environment.mask(params, state)
    row = {"observation": {name: array[0].tolist() for name, array in seen.items()}, "mask": mask[0].tolist()}
    status, text = post(port, "/invocations", {"dataframe_records": [row]})
    assert (status, json.loads(text)) == (200, {"predictions": policy.act(seen, mask)[0].tolist()})
