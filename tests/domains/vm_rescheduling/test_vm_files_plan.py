"""Plans as files: written by name, read back, refused where they do not belong to the cluster."""

import json

import numpy as np
import pytest

from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.files.plan_files import read_plan, write_plan
from headway.domains.vm_rescheduling.files.snapshot_csv import read_snapshot
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.errors import SolutionError

HEADER = "step,vm,from_machine,from_node,to_machine,to_node"


@pytest.fixture
def cluster(tmp_path):
    path = tmp_path / "small.csv"
    rows = ["a,ecs.c1.large,2,4096,1,0,0", "b,ecs.c1.8xlarge,32,65536,2,1,0+1", "c,ecs.c1.xlarge,4,8192,1,1,1"]
    path.write_text("\n".join(["vm_id,flavor,cpu,mem_mb,numa_count,pm,numa", *rows]))
    return read_snapshot(path, machines=3)


PLAN = Plan.of([(0, 1, 1), (1, 2, 0), (0, 0, 1)])


def test_csv_by_hand(cluster, tmp_path):
    text = write_plan(cluster, PLAN, tmp_path / "plan.csv").read_text()
    assert text.splitlines() == [HEADER, "1,a,0,0,1,1", "2,b,1,0+1,2,0+1", "3,a,1,1,0,1"]


def test_json_by_hand(cluster, tmp_path):
    content = json.loads(write_plan(cluster, PLAN, tmp_path / "plan.json").read_text())
    assert content["cluster"] == "small"
    step = {"step": 2, "vm": "b", "from_machine": "1", "from_node": "0+1", "to_machine": "2", "to_node": "0+1"}
    assert content["migrations"][1] == step


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz", ".txt"])
def test_round_trip(cluster, tmp_path, suffix):
    for plan in (PLAN, Plan.of([])):
        assert read_plan(cluster, write_plan(cluster, plan, tmp_path / f"p{suffix}")).moves() == plan.moves()


def test_round_trip_of_generated_clusters_with_padding(tmp_path):
    batch = snapshots(np.random.default_rng(0), 2, machines=8)
    for k in range(2):
        vm = int(np.flatnonzero(batch.vm_nodes[k] == 1)[-1])
        plan = Plan.of([(vm, 7, 1), (vm, 6, 0)])
        assert read_plan(batch[k], write_plan(batch[k], plan, tmp_path / "p.csv")).moves() == plan.moves()


@pytest.mark.parametrize(("row", "field"), [
    ("3,a,0,0,1,1", "step"), ("x,a,0,0,1,1", "step"), ("2,d,0,0,1,1", "vm"), ("2,a,0,0,1,1", "from_machine"),
    ("2,a,1,0,1,1", "from_node"), ("2,a,1,1,3,1", "to_machine"), ("2,a,1,1,0,2", "to_node"),
    ("2,a,1,1,0,0+1", "to_node"), ("2,b,1,0+1,2,0", "to_node"),
])  # fmt: skip
def test_malformed_plans_are_refused_with_line_and_field(cluster, tmp_path, row, field):
    path = tmp_path / "p.csv"
    path.write_text(f"{HEADER}\n1,a,0,0,1,1\n{row}\n")
    with pytest.raises(SolutionError, match=f"p.csv, line 3, field {field}"):
        read_plan(cluster, path)
    entries = [json.dumps(dict(zip(HEADER.split(","), line.split(","), strict=True))) for line in ("1,a,0,0,1,1", row)]
    (tmp_path / "p.json").write_text('{"cluster": "x", "migrations": [\n' + ",\n".join(entries) + "]}")
    with pytest.raises(SolutionError, match=f"p.json, line 3, field {field}"):
        read_plan(cluster, tmp_path / "p.json")


@pytest.mark.parametrize("text", ["", "[", "[]", '{"migrations": 3}', '{"migrations": [\n3]}', '{"migrations": [{}]}'])
def test_malformed_json_is_refused(cluster, tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(SolutionError, match=r"p\.json"):
        read_plan(cluster, tmp_path / "p.json")
