"""Graphs from networkx and from files, and what is refused in them."""

from __future__ import annotations

import json

import networkx as nx
import numpy as np
import pytest

from headway.components import build
from headway.domains.inventory.supply.catalogue import CATALOGUE
from headway.domains.inventory.supply.graph import node_link, to_networkx
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.network import Network
from headway.errors import DataError, UnknownNameError
from headway.testing.same import require_same


def shop():
    """A plant with two outlets, as a networkx graph."""
    graph = nx.DiGraph()
    graph.add_node("mill", outside=True)
    graph.add_node("plant", holding=0.5, stock=40)
    for name, mean in (("north", 4.0), ("south", 6.0)):
        graph.add_node(name, holding=1, penalty=9, lost=True, demand="poisson", demand_mean=mean)
        graph.add_edge("plant", name, lead_time=1, capacity=20.0)
    graph.add_edge("mill", "plant", lead_time=3, unit_cost=2.0)
    return graph


def test_a_networkx_graph_is_a_problem():
    problem = Network(graph=shop())
    path = problem.instances("validation", 3)
    assert path.nodes[0].tolist() == ["plant", "north", "south"]
    links = {(int(t), int(h)): e for e, (t, h) in enumerate(zip(path.tail[0], path.head[0], strict=True))}
    assert path.lead_time[0, links[-1, 0]] == 3
    assert path.capacity[0, links[0, 1]] == 20
    assert np.isinf(path.capacity[0, links[-1, 0]])
    assert path.stock[0].tolist() == [40, 8, 12]
    assert path.node_scale[0].tolist() == [10, 4, 6]
    assert path.lot[0].tolist() == [1, 1, 1]
    assert (path.demand[:, :, 0] == 0).all()
    assert path.demand[:, :, 2].mean() == pytest.approx(6, abs=0.5)
    assert path.lost[0].tolist() == [False, True, True]


def test_a_problem_with_a_graph_is_rebuilt_from_its_configuration():
    """What a configuration holds is plain JSON, not a networkx object."""
    problem = Network(graph=shop())
    again = Network(graph=json.loads(json.dumps(problem.graph)))
    require_same(again.instances("train", 2), problem.instances("train", 2), "another problem")


@pytest.mark.parametrize("suffix", [".json", ".graphml"])
def test_a_file_is_the_same_problem(tmp_path, suffix):
    file = tmp_path / f"shop{suffix}"
    if suffix == ".json":
        file.write_text(json.dumps(nx.node_link_data(shop(), edges="edges")))
    else:
        nx.write_graphml(shop(), file)
    path, expected = (Network(graph=g).instances("validation", 2) for g in (str(file), shop()))
    assert path.digest() == expected.digest()


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_to_networkx_and_back_keeps_the_network(name):
    path = Network(graph=name, horizon=4, warmup=0).instances("validation", 1)
    graph = to_networkx(path)
    for i, node in enumerate(path.nodes[0]):
        if path.penalty[0, i]:
            graph.nodes[node]["demand"] = {"law": "poisson", "mean": float(path.node_scale[0, i])}
    again = Network(graph=graph, horizon=4, warmup=0).instances("validation", 1)
    for field in ("nodes", "holding", "penalty", "lost", "stock", "node_scale"):
        order = [again.nodes[0].tolist().index(node) for node in path.nodes[0]]
        np.testing.assert_array_equal(getattr(again, field)[0, order], getattr(path, field)[0])
    assert sorted(again.lead_time[0].tolist()) == sorted(path.lead_time[0].tolist())


def test_parallel_links_and_several_suppliers_get_names():
    path = Network(graph="two_warehouses", horizon=4, warmup=0).instances("validation", 1)
    graph = to_networkx(path)
    assert {name for name in graph if graph.nodes[name].get("outside")} == {"outside 1", "outside 2"}
    doubled = SupplyPath(**path.arrays() | {"tail": path.tail[:, :], "head": np.where(path.head == 3, 2, path.head)})
    assert isinstance(to_networkx(doubled), nx.MultiDiGraph)


def changed(node=None, link=None, **graph):
    """Node-link data of the shop with one thing changed."""
    data = node_link(shop()) | graph
    if node:
        name, attributes = node
        next(entry for entry in data["nodes"] if entry["id"] == name).update(attributes)
    if link:
        (source, target), attributes = link
        ends = {"source": source, "target": target}
        next(entry for entry in data["edges"] if ends.items() <= entry.items()).update(attributes)
    return data


WAY = ("plant", "north")


@pytest.mark.parametrize(
    ("data", "told", "where"),
    [
        (changed(link=(WAY, {"lead_time": 1.5})), "lead time of the wrong type", "link 'plant' -> 'north', lead_time"),
        (changed(link=(WAY, {"lead_time": "2"})), "lead time of the wrong type", "'2' (str)"),
        (changed(link=(WAY, {"lead_time": -1})), "lead time of the wrong type", "-1 (int)"),
        (changed(link=(WAY, {"lead_time": True})), "lead time of the wrong type", "True (bool)"),
        (changed(link=(WAY, {"capacity": -3})), "a number that cannot be", "link 'plant' -> 'north', capacity"),
        (changed(link=(WAY, {"cost": 3})), "an unknown attribute", "link 'plant' -> 'north', cost"),
        (changed(link=(WAY, {"source": "plnt"})), "an unknown node", "did you mean 'plant'?"),
        (changed(link=(WAY, {"target": "mill"})), "a link into an outside supplier", "'plant' -> 'mill'"),
        (changed(link=(("mill", "plant"), {"source": "north"})), "in a cycle", "plant -> north -> plant"),
        (changed(link=(("mill", "plant"), {"target": "north"})), "nobody supplies a node", "node 'plant'"),
        (changed(node=("north", {"holding": -1})), "a number that cannot be", "node 'north', holding"),
        (changed(node=("north", {"holding": float("nan")})), "a number that cannot be", "node 'north', holding"),
        (changed(node=("north", {"penalty": 0})), "demand without a penalty", "node 'north', penalty"),
        (changed(node=("north", {"lost": "yes"})), "neither true nor false", "node 'north', lost"),
        (changed(node=("north", {"demand": "poison"})), "unknown law", "did you mean 'poisson'?"),
        (changed(node=("north", {"demand_mean": -4.0})), "greater than 0", "node 'north', demand"),
        (changed(node=("north", {"demnd": "poisson"})), "an unknown attribute", "did you mean 'demand'?"),
        (changed(directed=False), "an undirected graph", "problem.graph"),
        (changed(nodes=[]), "no list of objects", "problem.graph, nodes"),
        (changed(nodes=[1]), "no list of objects", "problem.graph, nodes"),
        (changed(nodes=[{"id": "a"}, {"id": "a"}]), "no names of their own", "problem.graph, nodes"),
    ],
)
def test_a_bad_graph_is_refused_with_place_and_field(data, told, where):
    with pytest.raises(DataError, match=told) as refusal:
        Network(graph=data).instances("validation", 1)
    assert where in str(refusal.value)


def test_a_cyclic_file_is_refused_by_its_name(tmp_path):
    graph = shop()
    graph.add_edge("north", "plant")
    file = tmp_path / "shop.graphml"
    nx.write_graphml(graph, file)
    with pytest.raises(DataError, match="goods would go round in a cycle") as refusal:
        Network(graph=str(file)).instances("validation", 1)
    assert str(file) in str(refusal.value.where)


@pytest.mark.parametrize(("content", "suffix"), [("{", ".json"), ("[1]", ".json"), ("<graphml", ".graphml")])
def test_a_damaged_file_is_refused(tmp_path, content, suffix):
    file = tmp_path / f"graph{suffix}"
    file.write_text(content)
    with pytest.raises(DataError, match="the graph cannot be read") as refusal:
        Network(graph=str(file)).instances("validation", 1)
    assert refusal.value.where == file


def test_names_that_are_not_known_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'tree'"):
        Network(graph="tre").instances("validation", 1)
    with pytest.raises(DataError, match="cannot be read"):
        Network(graph=str(tmp_path / "none.json")).instances("validation", 1)
    with pytest.raises(UnknownNameError, match="did you mean 'store 1'") as refusal:
        build(Network, {"demand": {"store1": {"law": "poisson"}}}, where="problem").instances("validation", 1)
    assert refusal.value.where == "problem.demand.store1"


def test_laws_are_given_apart_from_the_graph():
    problem = Network(demand={"store 2": {"law": "uniform", "low": 0, "high": 4, "whole": True}})
    path = problem.instances("validation", 8)
    place = path.nodes[0].tolist().index("store 2")
    assert path.demand[:, :, place].max() == 4
    assert path.node_scale[0, place] == 2
