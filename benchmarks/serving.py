"""What serving costs: the time of a request less the contestant's own, at batch one, beside `mlflow models serve`.

Each contestant is served by a process of its own and asked the same instances over one kept connection. The
contestant's own time is what its worker measured. On a busy machine wall times are too long: beside them stand the
CPU-milliseconds that the service's own process (not its workers) spends on a request. MLflow's server decodes, runs the
policy and scores in one process, so its column is the whole request, the policy included.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import psutil

from headway import make_problem
from headway.pipelines.commands.ui import environment
from headway.problem import Problem
from headway.runs import Run
from headway.storage.payload import jsonable
from headway.tracking import log_policy

CASES = {
    "CVRP, 20 customers, `pomo`": ("routing/cvrp", {"customers": 20}, "pomo"),
    "CVRP, 100 customers, `pomo`": ("routing/cvrp", {"customers": 100}, "pomo"),
    "lost sales, `base_stock`": ("inventory/lost_sales", {}, "base_stock"),
    "portfolio, `residual`": ("portfolio/allocation", {}, "residual"),
}
WARM = 20


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def process(command: list[str], port: int, alive: str, folder: Path, **variables: str) -> Iterator[psutil.Process]:
    """A server, once it answers at ``alive``; it and all it started end with the block."""
    with (folder / "log").open("ab") as log:
        run = subprocess.Popen(command, cwd=folder, env={**environment(), **variables}, stdout=log, stderr=log,
                               start_new_session=True)  # fmt: skip
    try:
        while not answers(port, alive):
            assert run.poll() is None, (folder / "log").read_text()
            time.sleep(0.2)
        yield psutil.Process(run.pid)
    finally:
        os.killpg(run.pid, signal.SIGTERM)
        run.wait()


def answers(port: int, path: str) -> bool:
    try:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        line.request("GET", path)
        return line.getresponse().status == 200
    except OSError:
        return False


def asked(
    server: psutil.Process, port: int, path: str, bodies: list[str], own: Callable[[Any], float]
) -> dict[str, object]:
    """p50 and p95 of the milliseconds of a request, less the contestant's ``own``; CPU of the server's process."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    rest = []
    for i, body in enumerate(bodies[:WARM] + bodies):
        if i == WARM:
            before = server.cpu_times()
        began = time.perf_counter()
        line.request("POST", path, body, {"content-type": "application/json"})
        reply = line.getresponse()
        content = reply.read()
        spent = time.perf_counter() - began
        assert reply.status == 200, content
        rest.append(spent - own(json.loads(content)))
    after = server.cpu_times()
    cpu = (after.user + after.system - before.user - before.system) / len(bodies)
    low, high = 1e3 * np.quantile(rest[WARM:], [0.5, 0.95])
    return {"p50 ms": f"{low:.1f}", "p95 ms": f"{high:.1f}", "CPU ms": f"{1e3 * cpu:.1f}"}


def registered(problem: Problem[Any, Any], name: str, folder: Path) -> None:
    """A policy that ships, in a registry in ``folder``."""
    with Run.create("train", {}, problem=problem.name, root=folder / "runs") as run:
        pass
    log_policy(run, problem.policy_folder(name) / "policy", "served", uri=f"sqlite:///{folder}/mlflow.db")


def measure(options: argparse.Namespace) -> None:
    """The table."""
    rows: list[dict[str, object]] = []
    for label, (name, changes, contestant) in CASES.items():
        problem = make_problem(name, **changes)
        instances = problem.instances("validation", options.n)
        bodies = [json.dumps(jsonable(instances[i])) for i in range(options.n)]
        row: dict[str, object] = {"served": label, "bytes": f"{np.mean([len(b) for b in bodies]):,.0f}"}
        with tempfile.TemporaryDirectory() as path:
            folder, port = Path(path), free_port()
            knobs = [f"problem.{key}={value}" for key, value in changes.items()]
            headway = [sys.executable, "-m", "headway.pipelines.cli", "serve", contestant, f"problem={name}", *knobs,
                       f"port={port}", "budget=10", "tracking=off"]  # fmt: skip
            with process(headway, port, "/health", folder) as server:
                ours = asked(server, port, "/solve", bodies, lambda answer: float(answer["seconds"]))
            row |= {f"headway serve, {key}": value for key, value in ours.items()}
            if contestant in problem.policies:
                registered(problem, contestant, folder)
                theirs = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/served@challenger",
                          "--env-manager", "local", "-p", str(port)]  # fmt: skip
                wrapped = [json.dumps({"dataframe_records": [{"instance": json.loads(body)}]}) for body in bodies]
                with process(theirs, port, "/ping", folder, MLFLOW_TRACKING_URI="sqlite:///mlflow.db") as server:
                    worker = max([server, *server.children(recursive=True)], key=lambda p: p.memory_info().rss)
                    found = asked(worker, port, "/invocations", wrapped, lambda answer: 0.0)
                row |= {f"mlflow, whole request, {key}": value for key, value in found.items()}
        print(row, file=sys.stderr)
        rows.append(row)
    keys = dict.fromkeys(key for row in rows for key in row)
    table([{key: row.get(key, "-") for key in keys} for row in rows], f"{options.n} requests one after the other")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=200, help="requests")
    print_tables(parser, {"overhead": measure})


if __name__ == "__main__":
    main()
