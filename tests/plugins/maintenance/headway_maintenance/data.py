"""Plans as CSV: one line per period in which the crew worked."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from headway.errors import SolutionError
from headway_maintenance.instance import NOTHING, REPAIR, REPLACE, FleetInstance, Plan

HEADER = ["period", "machine", "work"]
WORK = {"repair": REPAIR, "replace": REPLACE}


def write_plan(plan: Plan, path: Path) -> Path:
    """Write the plan of one fleet."""
    names = {number: name for name, number in WORK.items()}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for t in np.flatnonzero(plan.work[0] != NOTHING):
            writer.writerow([t, plan.machine[0, t], names[plan.work[0, t]]])
    return path


def read_plan(instance: FleetInstance, path: Path) -> Plan:
    """Read the plan of one fleet.

    Raises
    ------
    SolutionError
        The file is missing or a line of it is malformed; the message names the line.
    """
    shape = (1, instance.uniform.shape[1])
    plan = Plan(np.full(shape, -1), np.full(shape, NOTHING))
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SolutionError("the file cannot be read", where=path, got=error, expected="a CSV file") from error
    if not lines or lines[0].split(",") != HEADER:
        raise SolutionError("no header", where=f"{path}:1", got=lines[:1], expected=",".join(HEADER))
    for number, line in enumerate(lines[1:], start=2):
        try:
            period, machine, work = line.split(",")
            plan.machine[0, int(period)], plan.work[0, int(period)] = int(machine), WORK[work]
        except (ValueError, IndexError, KeyError) as error:
            expected = f"period (below {shape[1]}), machine, {' or '.join(WORK)}"
            raise SolutionError("a malformed line", where=f"{path}:{number}", got=line, expected=expected) from error
    return plan
