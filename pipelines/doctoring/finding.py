"""What the doctor says of one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One thing looked at; ``todo`` says what to do about it. ``bad``: something will fail."""

    subject: str
    state: Literal["good", "note", "bad"]
    found: str
    todo: str = ""
    cpu_seconds: float | None = None  # of a step of the self-test


Look = Callable[[], Iterator[Finding]]


def first_line(error: object) -> str:
    """What an error says, in a line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def version_of(name: str) -> str | None:
    """The installed version of a distribution; None where there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
