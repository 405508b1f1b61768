"""Live plans as CSV: read as written, and refused where something is wrong."""

from __future__ import annotations

import pytest

from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.live.plan_file import read_live_plan, write_live_plan
from headway.errors import SolutionError

PLAN = LivePlan.stamped(Plan.of([(3, 1, 0), (2, 2, 0), (0, 2, 1)]), [0.1, 0.1 + 0.2, 1e-9 + 7])


@pytest.mark.parametrize("name", ["plan.csv", "plan.sol", "plan.npz"])
def test_a_plan_is_read_as_it_was_written(cluster, tmp_path, name):
    path = write_live_plan(cluster(), PLAN, tmp_path / name)
    restored = read_live_plan(cluster(), path)
    assert restored.decided() == PLAN.decided()
    assert restored.digest() == PLAN.digest()


def test_an_operator_can_read_it(cluster, tmp_path):
    lines = write_live_plan(cluster(), PLAN, tmp_path / "plan.csv").read_text().splitlines()
    assert lines[:3] == ["ready,vm,to_machine,to_node", "0.1,3,b,0", f"{0.1 + 0.2!r},2,c,0+1"]


def test_an_empty_plan_is_a_header(cluster, tmp_path):
    path = write_live_plan(cluster(), LivePlan.stamped(Plan.of([]), []), tmp_path / "plan.csv")
    assert not read_live_plan(cluster(), path).length.any()


@pytest.mark.parametrize(
    ("row", "field"),
    [("1.0,9,b,0", "vm"), ("1.0,5,b,0", "vm"), ("1.0,3,z,0", "to_machine"), ("1.0,3,b,0+1", "to_node"),
     ("1.0,2,b,0", "to_node"), ("soon,3,b,0", "ready")],
)  # fmt: skip
def test_what_is_wrong_is_quoted_with_line_and_field(cluster, tmp_path, row, field):
    path = tmp_path / "plan.csv"
    path.write_text(f"ready,vm,to_machine,to_node\n0.5,0,c,1\n{row}\n")
    with pytest.raises(SolutionError, match=rf"plan\.csv, line 3, field {field}"):
        read_live_plan(cluster(), path)


@pytest.mark.parametrize("ready", ["0.4", "nan", "-1", "inf"])
def test_seconds_out_of_order_are_refused(cluster, tmp_path, ready):
    path = tmp_path / "plan.csv"
    path.write_text(f"ready,vm,to_machine,to_node\n0.5,0,c,1\n{ready},3,b,0\n")
    with pytest.raises(SolutionError, match=r"LivePlan\.ready\[0, 1\]"):
        read_live_plan(cluster(), path)
