from __future__ import annotations

from headway.pipelines.configuration.schema import CheckConfig, TrainConfig
from headway.pipelines.configuration.show import leaves, settings


def test_settings_have_value_and_origin(tmp_path):
    """Every value of the resolved configuration is shown with where it was set."""
    (tmp_path / "f.yaml").write_text("problem:\n  name: routing/cvrp\n  customers: 7\n")
    rows = {
        row["key"]: row
        for row in settings(CheckConfig, "check", [f"config={tmp_path / 'f.yaml'}", "problem.capacity=9"])
    }
    assert rows["problem.customers"] == {"key": "problem.customers", "value": 7, "origin": f"{tmp_path / 'f.yaml'}:3"}
    assert rows["problem.capacity"]["origin"] == "command line: problem.capacity=9"
    assert rows["problem.demand"] == {"key": "problem.demand", "value": [1, 9], "origin": "default"}


def test_recommendations_show_their_file():
    """What ships for a problem is named with file and line."""
    rows = {row["key"]: row for row in settings(TrainConfig, "train", ["problem=routing/cvrp"])}
    assert rows["agent.name"]["origin"].startswith("configs/problem/routing/cvrp.yaml:")


def test_leaves_of_a_tree():
    """Mappings are opened, lists of plain values and empty mappings are values."""
    tree = {"a": {"b": 1, "c": {}}, "d": [1, 2], "e": [{"f": 3}]}
    assert dict(leaves(tree)) == {"a.b": 1, "a.c": {}, "d": [1, 2], "e.0.f": 3}
