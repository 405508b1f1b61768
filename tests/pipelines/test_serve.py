"""The HTTP service: what it takes, what it answers, and what it refuses."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from starlette.testclient import TestClient

from headway.errors import ConfigError, InstanceError
from headway.pipelines.configuration.schema import ServeConfig
from headway.pipelines.serve import service
from headway.pipelines.serving.app import make_app
from headway.pipelines.serving.service import BusyError
from headway.registry import make_problem
from headway.storage.payload import Payload, jsonable

SQUARE = {"coords": [[0, 0], [1, 0], [0, 1], [1, 1]], "demand": [0, 1, 1, 1], "capacity": 2}
CVRP = {"problem": "routing/cvrp", "contestant": "savings", "tracking": "off"}


def made(**changes):
    return service(ServeConfig.model_validate({**CVRP, **changes}))


@pytest.fixture(scope="module")
def client():
    with TestClient(make_app(made(), body=2_000)) as found:
        yield found


def test_an_answer_is_scored(client):
    """Three customers, two to a vehicle: the shortest pair of routes is 2 + 2 + sqrt 2 less what two share."""
    answer = client.post("/solve", json=SQUARE).json()
    assert answer["feasible"]
    assert answer["objective"] == pytest.approx(4 + math.sqrt(2))
    assert answer["unit"] == "distance"
    assert sorted(v for v in answer["solution"]["visits"] if v > 0) == [1, 2, 3]
    assert set(answer["violations"].values()) == {0.0}


def test_it_is_healthy(client):
    facts = client.get("/health").json()
    assert (facts["status"], facts["problem"], facts["contestant"]) == ("ok", "routing/cvrp", "savings")


def test_the_schema_is_that_of_the_instance(client):
    """OpenAPI lists the fields of the instance type; only those without a neutral value are required."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["RoutingInstance"]["required"]) == {"coords", "demand", "capacity"}
    assert "latest" in schemas["RoutingInstance"]["properties"]
    assert {"objective", "feasible", "solution"} <= set(schemas["Answer"]["properties"])


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"demand": [0, 1, 1, 9]}, "demand"),
        ({"demand": [0, 1, 1]}, "coords"),  # its rows are counted against the demands
        ({"coords": [[0, 0], [1], [0, 1], [1, 1]]}, "coords"),
        ({"demand": "four"}, "demand"),
        ({"colour": [1]}, "colour"),
    ],
)
def test_what_is_no_instance_is_refused_by_field(client, changes, place):
    response = client.post("/solve", json={**SQUARE, **changes})
    assert response.status_code == 422
    assert place in response.text


def test_too_large_a_body_is_refused(client):
    response = client.post("/solve", content=b" " * 2_001, headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert "2000 bytes" in response.json()["error"]["expected"]


def test_a_body_of_unknown_length_is_refused(client):
    """A stream could go on for ever."""
    response = client.post("/solve", content=iter([b"{}"]), headers={"content-type": "application/json"})
    assert response.status_code == 413


def test_a_dead_worker_is_replaced(client):
    """A request after the worker was killed is answered by a fresh one."""
    busy = made()
    try:
        first = busy.solve(busy.problem.instances("validation", 1))
        busy._all[0]._process.kill()
        lost = busy.solve(busy.problem.instances("validation", 1))
        again = busy.solve(busy.problem.instances("validation", 1))
    finally:
        busy.close()
    assert lost["status"] == "crash"
    assert lost["solution"] is None
    assert again["objective"] == first["objective"]


def test_no_worker_free_is_said():
    """Rather than queueing without end."""
    busy = made()
    busy.patience = 0.01
    taken = busy._free.get()
    try:
        with pytest.raises(BusyError, match="all workers are busy"):
            busy.solve(busy.problem.instances("validation", 1))
    finally:
        busy._free.put(taken)
        busy.close()


def test_two_workers_answer_at_the_same_time():
    two = made(workers=2)
    instances = two.problem.instances("validation", 4)
    found: dict[int, float] = {}

    def ask(i: int) -> None:
        found[i] = two.solve(instances[i])["objective"]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    two.close()
    assert len(found) == 4


def test_a_baseline_needs_a_problem():
    with pytest.raises(ConfigError, match="only a trained policy says what it solves"):
        service(ServeConfig.model_validate({"contestant": "savings", "tracking": "off"}))


@pytest.mark.parametrize(
    "name", ["routing/vrptw", "inventory/lost_sales", "portfolio/allocation", "vm_rescheduling/rescheduling"]
)
def test_instances_survive_the_journey(name):
    """Written as JSON and read again, an instance is what it was; null stands for no bound and for none."""
    problem = make_problem(name)
    payload, instance = Payload(problem), problem.instances("validation", 1)
    body = payload.model.model_validate(jsonable(instance))
    again = payload.instance(body)
    for field, array in instance.arrays().items():
        got = getattr(again, field)
        assert np.array_equal(got, array, equal_nan=array.dtype.kind in "fM"), field


def test_ragged_arrays_are_named():
    payload = Payload(make_problem("routing/cvrp"))
    body = payload.model.model_construct(coords=[[0.0, 0.0], [1.0]], demand=[0, 1], capacity=2)
    with pytest.raises(InstanceError, match="coords"):
        payload.instance(body)
