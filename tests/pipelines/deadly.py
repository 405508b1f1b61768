"""Workers that die, for tests: importable by the processes that run them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from headway.errors import UnknownNameError
from headway.pipelines.cells import work as working
from headway.pipelines.cells.work import Filled


def work(task):
    """Dies so many times as the task's seed says; its options are a file that counts the attempts."""
    with Path(task.options).open("a") as file:
        file.write("x")
    if len(Path(task.options).read_text()) <= task.seed:
        os.kill(os.getpid(), signal.SIGKILL)
    return Filled(task.address, {"threads": os.environ["OMP_NUM_THREADS"].encode()})


def confess(task):
    """Answers a cell, then says whether it has MLflow loaded."""
    answered = working.work(task)
    return Filled(task.address, {**answered.files, "mlflow": str("mlflow" in sys.modules).encode()})


def refuse(task):
    """Raises an error with parts of its own."""
    raise UnknownNameError("knob", "spead", ["spread"], where="problem.spead")
