"""The HTTP face of a service: ``POST /solve``, ``GET /health``, and the OpenAPI schema at ``/docs``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from headway import __version__
from headway.errors import DataError
from headway.storage.payload import Payload
from headway.pipelines.serving.service import BusyError, Service


class Answer(BaseModel):
    """What ``/solve`` returns."""

    feasible: bool = Field(description="the scorer found no broken constraint")
    objective: float | None = Field(description="in the problem's unit; null without an answer")
    unit: str
    violations: dict[str, float] = Field(description="by how much each constraint is broken; 0 where it is kept")
    metrics: dict[str, float | None]
    solution: dict[str, Any] | None = Field(description="the arrays of the solution; null without an answer")
    status: str = Field(description="finished, infeasible, late, none, invalid, error, crash, hang or memory")
    message: str
    seconds: float | None = Field(description="wall seconds that the answer took")
    bound: float | None = Field(description="a proven bound on the objective, where one was found")


class Health(BaseModel):
    """What ``/health`` returns."""

    status: str
    problem: str
    contestant: str
    budget: float = Field(description="CPU-seconds an answer may cost")
    version: str


def make_app(service: Service, *, body: int) -> FastAPI:
    """The application; requests with more than ``body`` bytes are refused unread."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(title=f"headway: {service.contestant.label}", version=__version__, lifespan=lifespan)
    app.middleware("http")(_limit(body))
    app.exception_handler(DataError)(_refused)
    app.exception_handler(BusyError)(_busy)
    _routes(app, service)
    return app


def _routes(app: FastAPI, service: Service) -> None:
    problem, payload = service.problem, Payload(service.problem)

    def solve(instance: Any) -> Any:
        """The answer to one instance, scored."""
        return {**service.solve(payload.instance(instance)), "unit": problem.unit}

    solve.__annotations__["instance"] = payload.model  # made at run time, from the problem's own type
    app.post("/solve", response_model=Answer)(solve)

    @app.get("/health")
    def health() -> Health:
        """It answers, and for whom."""
        return Health(
            status="ok",
            problem=problem.name,
            contestant=service.contestant.label,
            budget=service.budget.cpu,
            version=__version__,
        )


def _limit(body: int) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def limit(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length")
        if request.method == "POST" and (length is None or not length.isdigit() or int(length) > body):
            return JSONResponse({"error": {"what": "the body is too large, or of unknown length", "got": length,
                                           "expected": f"at most {body} bytes"}}, 413)  # fmt: skip
        return await go_on(request)

    return limit


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": _parts(error)}, 422)


async def _busy(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": _parts(error)}, 503, headers={"Retry-After": "1"})


def _parts(error: Any) -> dict[str, Any]:
    parts = ("what", "where", "got", "expected", "hint")
    return {name: None if (value := getattr(error, name)) is None else str(value) for name in parts}
