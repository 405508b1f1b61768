"""The one error tree: every message says what, where, got, expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any, ClassVar


class HeadwayError(Exception):
    """Root of all errors a user can cause or must see.

    Each subclass carries the exit code of the command line. The parts are kept as
    attributes, so that ``--json`` can print them apart.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        got: object = None,
        expected: object = None,
        hint: str | None = None,
    ) -> None:
        self.what, self.where, self.got, self.expected, self.hint = what, where, got, expected, hint
        parts = {"where": where, "got": got, "expected": expected, "to do": hint}
        lines = [what] + [f"  {name}: {part}" for name, part in parts.items() if part is not None]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[Callable[..., HeadwayError], tuple[Any, ...]]:
        """What other processes send back when they raise it: its text and its parts."""
        return _again, (type(self), str(self), self.__dict__)


def _again(cls: type[HeadwayError], text: str, parts: dict[str, Any]) -> HeadwayError:
    error = cls.__new__(cls, text)
    error.__dict__.update(parts)
    return error


class ConfigError(HeadwayError):
    """A key, value or name in a configuration that the schema refuses."""

    exit_code = 2


class UnknownNameError(ConfigError):
    """A problem, agent, contestant or key that is not registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: object = None) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else None
        super().__init__(
            f"unknown {kind} {name!r}", where=where, got=name, expected=", ".join(known) or "(none)", hint=hint
        )


class DataError(HeadwayError):
    """A file, table or download that is missing, malformed or incomplete."""

    exit_code = 3


class InstanceError(DataError):
    """An instance whose arrays break its own rules."""


class SolutionError(DataError):
    """A solution that cannot be read, or does not belong to its instance."""


class CapabilityError(HeadwayError):
    """An agent or method asked of a problem that does not declare what it needs."""

    exit_code = 4


class LeakageError(HeadwayError):
    """Training or tuning reached for test instances."""

    exit_code = 5


class SolverError(HeadwayError):
    """A solver that crashed, hung, ran out of memory or answered nonsense."""

    exit_code = 6


class CheckpointError(HeadwayError):
    """A checkpoint that is missing, damaged or of another run."""

    exit_code = 7


class NumericalError(HeadwayError):
    """A NaN or infinity in an observation, reward, loss or gradient."""

    exit_code = 8


class ContractError(HeadwayError):
    """A problem or environment that breaks the contract (`headway check` names the clause)."""

    exit_code = 9
