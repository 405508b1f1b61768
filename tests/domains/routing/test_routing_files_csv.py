"""Tables of customers, matrices and road networks: what is read, and that what is wrong is named with its line."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.evaluate import evaluate
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import used
from headway.domains.routing.files.load import load
from headway.domains.routing.files.roads import on_roads, read_network
from headway.errors import InstanceError

SHOPS = """# from the depot's planning sheet
# capacity: 10
# name: shops
id,x,y,demand,earliest,latest,service,_address
yard,0,0,,0,100,,Main Street 1
anna,3,4,4,5,10,1,"Elm Street 2, rear"
bert,6,8,5,,,2,
carl,-3,4,6,20,30,3,
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="shops.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_what_is_read(written):
    """Empty cells are neutral; the first row is the depot; distances are not rounded."""
    instance = load(written(SHOPS))
    assert instance.name.tolist() == ["shops"]
    assert instance.capacity.tolist() == [10]
    assert instance.demand[0].tolist() == [0, 4, 5, 6]
    assert instance.latest[0].tolist() == [100, 10, np.inf, 30]
    assert instance.service[0].tolist() == [0, 1, 2, 3]
    assert instance.convention.tolist() == ["float"]
    assert evaluate(instance, Routes.of([[1, 2], [3]])).objective.tolist() == [30.0]


def test_spreadsheets(written):
    """Semicolons, and lines of settings that a spreadsheet has filled up with empty cells."""
    text = SHOPS.replace(", rear", " rear").replace(",", ";").replace("# capacity: 10", "# capacity: 10;;;;;;;")
    assert load(written(text)).digest() == load(written(SHOPS, "b.csv")).digest()


def test_only_places(written):
    """A table of places is a tour for vehicles of any capacity; ids are numbers."""
    instance = load(written("x,y\n0,0\n3,4\n0,4\n"))
    assert used(instance) == frozenset()
    assert evaluate(instance, Routes.of([[1, 2]])).objective.tolist() == [12.0]


def test_rules_and_depots(written):
    """Depots anywhere; pairs by id; prizes; what belongs to all vehicles."""
    text = """# capacity: 5
# fleet: 1
# limit: 40
# open: yes
# convention: nint
id,depot,x,y,demand,pickup,origin,prize
a,,1,0,,3,,
north,1,0,5,,,,
b,no,2,1,3,,a,
south,true,0,-5,,,,
c,0,1,1,2,,,7.5
"""
    instance = load(written(text))
    assert used(instance) == {"depots", "fleet", "limit", "open", "pairs", "prizes"}
    assert instance.coords[0, :, 1].tolist() == [5, 0, 1, 1, -5]
    assert instance.origin[0].tolist() == [0, 0, 1, 0, 0]
    assert instance.prize[0].tolist() == [np.inf, np.inf, np.inf, 7.5, np.inf]
    # From the south: sqrt(26) -> 5 to a, sqrt(2) -> 1 to b; c is left out.
    assert evaluate(instance, Routes.of([[1, 2]], [1])).objective.tolist() == [13.5]


BROKEN = [
    ("# capacity: 10\n", "", None, "# capacity: 40"),
    ("# capacity: 10", "# capacity: ten", 2, "'ten'"),
    ("# capacity: 10", "# capacity: 2.5", 2, "an integer"),
    ("# capacity: 10", "# capacity: 0", 2, "at least 1"),
    ("# capacity: 10", "# capacity: 5", 8, "at most the capacity"),
    ("# capacity: 10", "# capasity: 10", 2, "capacity"),
    ("# name: shops", "# capacity: 11", 3, "once each"),
    ("# name: shops", "# limit: 9", 6, "distance limit"),
    ("# name: shops", "# limit: inf", 3, "'inf'"),
    ("# name: shops", "# open: maybe", 3, "'maybe'"),
    ("# name: shops", "# convention: ceil", 3, "nint"),
    ("# name: shops", "# convention: matrix", 3, "nint"),
    ("# name: shops", "# distances: none.csv", "none.csv", "cannot be read"),
    ("# name: shops", "# roads: none.graphml", "none.graphml", "cannot be read"),
    ("id,x,y,demand", "id,x,y,demnad", 4, "demand"),
    ("id,x,y,demand", "id,x,y,y", 4, "once each"),
    ("id,x,y", "id,_x,y", 5, "''"),
    ("anna", "bert", 7, "bert"),
    ("bert,6,8", "bert,6", 7, "8 cells"),
    ("bert,6,8", "bert,nan,8", 7, "'nan'"),
    ("bert,6,8", "bert,1e400,8", 7, "'1e400'"),
    ("bert,6,8", "bert,,8", 7, "''"),
    ("bert,6,8,5", "bert,6,8,-5", 7, "not negative"),
    ("bert,6,8,5", "bert,6,8,11", 7, "at most the capacity"),
    ("bert,6,8,5", "bert,6,8,5.5", 7, "an integer"),
    ("anna,3,4,4,5,10", "anna,3,4,4,5,4", 6, "at least earliest"),
    ("anna,3,4,4,5,10", "anna,3,4,4,1,4", 6, "in time"),
    ("anna,3,4,4,5,10,1", "anna,3,4,4,5,10,-1", 6, "not negative"),
    ("yard,0,0,", "yard,0,0,1", 5, "0 at a depot"),
    ("anna,3,4,4,5,10,1", 'anna,3,4,4,5,10,"1"x', 6, "comma-separated"),
    ("\nanna", "\n#anna", None, None),
]


@pytest.mark.parametrize(("old", "new", "line", "part"), BROKEN, ids=[f"{i}" for i in range(len(BROKEN))])
def test_broken_table_is_refused_where_it_breaks(written, old, new, line, part):
    """The message names file, line, what was there and what belongs there; a row taken out is no error."""
    assert old in SHOPS
    path = written(SHOPS.replace(old, new, 1))
    if part is None:
        assert load(path).customers.tolist() == [2]
        return
    with pytest.raises(InstanceError) as caught:
        load(path)
    where = path if line is None else path.parent / line if isinstance(line, str) else f"{path}, line {line}"
    assert str(caught.value.where) == str(where)
    assert part in str(caught.value)
    assert caught.value.got is not None
    assert caught.value.expected is not None


@pytest.mark.parametrize("text", ["", "x,y\n", "x,y\n0,0\n", "depot,x,y\n0,0,0\n0,1,1\n", "# name: a\n"])
def test_tables_without_customers(written, text):
    """Nothing, no rows, no customer, no depot."""
    with pytest.raises(InstanceError, match=r"shops\.csv"):
        load(written(text))


def test_rules_that_the_problem_lacks(written):
    """With the line that asks for them, where one line does."""
    with pytest.raises(InstanceError) as caught:
        load(written(SHOPS.replace("# name: shops", "# fleet: 2")), allowed=frozenset({"windows"}))
    assert str(caught.value.where).endswith("shops.csv, line 3")
    with pytest.raises(InstanceError, match="windows"):
        load(written(SHOPS), allowed=CVRP.rules)


@settings(max_examples=200)
@given(data=st.data())
def test_mutants_are_read_or_refused_with_their_place(mutant, data):
    """A cell replaced, a line lost, doubled or cut: never an error of Python's own."""
    lines, instance = mutant(data, SHOPS, ".csv", ",", ('"', "#"))
    if instance is not None:
        assert np.isfinite(instance.distances()).all()
        assert instance.customers[0] == sum(not line.startswith("#") and bool(line.strip()) for line in lines) - 2


# -- matrices -----------------------------------------------------------------------------------
PLACES = "# distances: far.csv\n# durations: long.csv\nid,x,y\na,0,0\nb,1,0\nc,2,0\n"
PLAIN = "0,1,2\n3,0,4\n5,6,0\n"
NAMED = "from,c,a,x,b\nb,4,3,9,0\na,2,0,9,1\nx,9,9,0,9\nc,0,5,9,6\n"


@pytest.mark.parametrize("text", [PLAIN, NAMED, NAMED.replace("from", ""), NAMED.replace(",", ";")])
def test_matrices(written, text):
    """With names in any order, and more than asked for; without them in the order of the rows."""
    written(text, "far.csv")
    written(PLAIN, "long.csv")
    instance = load(written(PLACES))
    assert instance.matrix[0].tolist() == [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
    assert instance.durations()[0].tolist() == [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
    assert evaluate(instance, Routes.of([[1, 2]])).objective.tolist() == [1 + 4 + 5]


def test_matrix_without_places(written):
    """Places for pictures are made up so that distances resemble."""
    written("0,3,4\n3,0,5\n4,5,0\n", "far.csv")
    instance = load(written("# distances: far.csv\nid\na\nb\nc\n"))
    apart = np.linalg.norm(instance.coords[0, :, None] - instance.coords[0, None], axis=-1)
    np.testing.assert_allclose(apart, instance.matrix[0], atol=1e-9)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("0,1,2\n3,0,4\n5,6\n", ", line 3", "3 entries"),
        ("0,1,2\n3,0,x\n5,6,0\n", ", line 2", "'x'"),
        ("0,1,2\n3,0,inf\n5,6,0\n", ", line 2", "'inf'"),
        ("0,1,2\n3,0,4\n", "", "2 rows"),
        (NAMED.replace("c,0", "d,0"), "", "'c'"),
        (NAMED.replace("from,c", "from,d"), "", "'c'"),
        (NAMED.replace("x,9", "c,9"), "", "'c'"),
        (NAMED.replace("b,4,3,9,0", "b,4,3,9,"), ", line 2", "''"),
    ],
)
def test_broken_matrices(written, text, line, part):
    """With file and line of the matrix."""
    path = written(text, "far.csv")
    written(PLAIN, "long.csv")
    with pytest.raises(InstanceError) as caught:
        load(written(PLACES))
    assert str(caught.value.where) == f"{path}{line}"
    assert part in str(caught.value)


@pytest.mark.parametrize(("entry", "part"), [("3,0,-4", "not negative"), ("3,1,4", "0 on the diagonal")])
def test_impossible_matrices(written, entry, part):
    """What breaks a rule of instances is named with the row's place."""
    written(PLAIN.replace("3,0,4", entry), "far.csv")
    written(PLAIN, "long.csv")
    with pytest.raises(InstanceError, match=part) as caught:
        load(written(PLACES))
    assert str(caught.value.where).endswith("shops.csv, line 5")


# -- road networks ------------------------------------------------------------------------------
# a - b 2, b - c 3, a - c 9 (quicker, but longer); d -> a one way 1, c - d 1.
ROADS = """from,to,length,time,oneway
a,b,2,20,
b,c,3,30,
a,c,9,1,
d,a,1,10,1
c,d,1,10,0
a,b,2,15,
"""
TOWN = "# roads: roads.csv\n# capacity: 9\nid,x,y,node,demand\nyard,0,0,a,\none,1,1,c,1\ntwo,2,2,d,1\nthree,3,3,c,1\n"


def test_roads(written):
    """Shortest by length: a -> c is 5, in 15 + 30 by the quicker of two parallel roads; back c -> d -> a is 2."""
    written(ROADS, "roads.csv")
    instance = load(written(TOWN))
    assert instance.matrix[0].tolist() == [[0, 5, 6, 5], [2, 0, 1, 0], [1, 1, 0, 1], [2, 0, 1, 0]]
    assert instance.duration[0, 0].tolist() == [0, 45, 55, 45]
    assert instance.duration[0, 1].tolist() == [20, 0, 10, 0]
    assert instance.coords[0, 3].tolist() == [3, 3]
    assert evaluate(instance, Routes.of([[1, 3, 2]])).objective.tolist() == [5 + 0 + 1 + 1]


def test_graphs(written, tmp_path):
    """GraphML, and any networkx graph; against its own all-pairs search."""
    graph = nx.gnp_random_graph(30, 0.15, seed=3, directed=True)
    rng = np.random.default_rng(0)
    nx.set_edge_attributes(graph, {edge: float(rng.uniform(1, 9)) for edge in graph.edges}, "length")
    nodes = [0, 7, 7, 21]
    matrix = on_roads(graph, nodes)["matrix"]
    expected = dict(nx.all_pairs_dijkstra_path_length(graph, weight="length"))
    np.testing.assert_allclose(matrix, [[expected[i][j] for j in nodes] for i in nodes])
    nx.write_graphml(graph, tmp_path / "town.graphml")
    rows = "\n".join(f"{node},{node}" for node in nodes)
    instance = load(written(f"# roads: town.graphml\nnode,_note\n{rows}\n"))
    np.testing.assert_allclose(instance.matrix[0], matrix)


@pytest.mark.parametrize(
    ("old", "new", "where", "part"),
    [
        ("d,a,1,10,1\nc,d,1,10,0", "d,a,1,10,1\nc,d,1,10,1", None, None),
        ("c,d,1,10,0", "d,c,1,10,1", "shops.csv, line 6", "no path from 'a' to 'd'"),
        ("d,a,1,10,1\nc,d,1,10,0", "a,b,1,1,0", "shops.csv, line 6", "'d'"),
        ("b,c,3", "b,c,-3", "roads.csv, line 3", "negative"),
        ("b,c,3", "b,c,nan", "roads.csv, line 3", "'nan'"),
        ("b,c,3", "b,,3", "roads.csv, line 3", "two ends"),
        ("b,c,3,30,", "b,c,3,30,perhaps", "roads.csv, line 3", "'perhaps'"),
        ("from,to,length", "from,to,meters", "roads.csv, line 1", "length"),
    ],
)
def test_broken_roads(written, old, new, where, part):
    """Places nobody can reach, nodes that are not there, roads that are none."""
    assert old in ROADS
    written(ROADS.replace(old, new, 1), "roads.csv")
    if part is None:
        assert load(written(TOWN)).customers.tolist() == [3]
        return
    with pytest.raises(InstanceError) as caught:
        load(written(TOWN))
    assert str(caught.value.where).endswith(where)
    assert part in str(caught.value)


def test_roads_without_lengths(tmp_path):
    """A missing weight would count 1: refused, with the road."""
    graph = nx.path_graph(3)
    with pytest.raises(InstanceError, match="road 0 -> 1"):
        on_roads(graph, [0, 2])
    (tmp_path / "a.graphml").write_text("no xml")
    with pytest.raises(InstanceError, match=r"a\.graphml"):
        read_network(tmp_path / "a.graphml")
