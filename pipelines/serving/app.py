"""The HTTP face of a service: ``POST /solve``, ``GET /health``, and the OpenAPI schema at ``/docs``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from headway import __version__
from headway.errors import DataError
from headway.pipelines.serving.service import BusyError, Service
from headway.storage.payload import Payload


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
    app.add_middleware(_Limit, body=body)
    app.exception_handler(DataError)(_refused)
    app.exception_handler(BusyError)(_busy)
    _routes(app, service)
    return app


def _routes(app: FastAPI, service: Service) -> None:
    problem, payload = service.problem, Payload(service.problem)

    def solve(instance: Any) -> Any:
        """The answer to one instance, scored."""
        # A response as it is: FastAPI would check and copy every number of it once more.
        return JSONResponse({**service.solve(payload.instance(instance)), "unit": problem.unit})

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


class _Limit:
    """Refuses large bodies unread. As plain ASGI: FastAPI's own kind of middleware costs more than many a policy."""

    def __init__(self, app: ASGIApp, body: int) -> None:
        self.app, self.body = app, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = dict(scope.get("headers", ())).get(b"content-length", b"").decode("latin-1")
        if scope.get("method") == "POST" and not (length.isdigit() and int(length) <= self.body):
            refusal = {"what": "the body is too large, or of unknown length", "got": length or None,
                       "expected": f"at most {self.body} bytes"}  # fmt: skip
            await JSONResponse({"error": refusal}, 413)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": _parts(error)}, 422)


async def _busy(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": _parts(error)}, 503, headers={"Retry-After": "1"})


def _parts(error: Any) -> dict[str, Any]:
    parts = ("what", "where", "got", "expected", "hint")
    return {name: None if (value := getattr(error, name)) is None else str(value) for name in parts}
