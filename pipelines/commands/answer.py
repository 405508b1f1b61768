"""What a verb answers, and how it reaches people or programs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from headway.errors import HeadwayError

if TYPE_CHECKING:
    from rich.console import Console

INTERRUPTED, TERMINATED = 130, 143


class Answer(NamedTuple):
    """The result of a verb: ``data`` for programs (one object or list), ``show`` prints it for people.

    ``code`` is the exit code: 0, but for verbs whose finding is that something is wrong.
    """

    data: Any
    show: Callable[[Console], None]
    code: int = 0


def answer(function: str, arguments: Sequence[str], *, as_json: bool) -> int:
    """Run the verb ``module:function``, print what it answers or the error it raises, return the exit code.

    Ctrl-C and SIGTERM pass through, once what they interrupted is said.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        with _output_aside() if as_json else contextlib.nullcontext():
            module, _, name = function.partition(":")
            result: Answer = getattr(import_module(module), name)(list(arguments))
    except HeadwayError as error:
        _print_error(error, as_json)
        return error.exit_code
    except (KeyboardInterrupt, SystemExit) as stop:
        _print_stop(stop, as_json)
        raise
    if as_json:
        _print_json(result.data)
    else:
        result.show(console())
    return result.code


def console(*, error: bool = False) -> Console:
    """A console for people: as wide as the terminal, and wide enough for tables where there is none."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 120
    return Console(file=stream, width=width, highlight=False)


def _print_json(data: Any) -> None:
    from headway.pipelines.comparison.results import plain

    print(json.dumps(plain(data), allow_nan=False, default=str))  # noqa: T201


def _print_error(error: HeadwayError, as_json: bool) -> None:
    if os.environ.get("HEADWAY_DEBUG") == "1":
        traceback.print_exception(error)
    if as_json:
        parts = {key: getattr(error, key) for key in ("what", "where", "got", "expected", "hint")}
        texts = {key: None if part is None else str(part) for key, part in parts.items()}
        _print_json({"error": {"type": type(error).__name__, **texts, "exit_code": error.exit_code}})
    else:
        from rich.text import Text

        what, *rest = str(error).split("\n")
        console(error=True).print(
            Text.assemble(("error: ", "bold red"), (what, "bold"), *(f"\n{line}" for line in rest))
        )


def _print_stop(stop: KeyboardInterrupt | SystemExit, as_json: bool) -> None:
    """Say that the verb was interrupted, and how to go on where a note on ``stop`` knows it."""
    hint = "; ".join(getattr(stop, "__notes__", [])) or None
    if as_json:
        code = stop.code if isinstance(stop, SystemExit) else INTERRUPTED
        nothing = dict.fromkeys(("where", "got", "expected"))
        error = {"type": "Interrupted", "what": "interrupted", **nothing, "hint": hint, "exit_code": code}
        _print_json({"error": error})
    elif hint is not None:
        print(f"interrupted; to go on: {hint}", file=sys.stderr)  # noqa: T201


@contextlib.contextmanager
def _output_aside() -> Iterator[None]:
    """Send whatever is printed meanwhile, by libraries and child processes too, to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _terminate(number: int, frame: object) -> NoReturn:
    """End as after Ctrl-C: the run is marked as interrupted, temporary files go, children end."""
    raise SystemExit(TERMINATED)
