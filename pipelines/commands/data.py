"""The verb ``data``: which public data sets there are, fetched with their digests, verified again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import ConfigError
from headway.pipelines.commands.answer import Answer

if TYPE_CHECKING:
    from rich.console import Console

    from headway.datasets import Dataset

CHANGED = "changed"
_EXPECTED = "list, fetch NAME [FILE...] [to=FOLDER], or verify [NAME...] [to=FOLDER]"


def data(arguments: list[str]) -> Answer:
    """``list``, ``fetch NAME [FILE...]`` or ``verify [NAME...]``; files may be patterns."""
    actions = {"list": _list, "fetch": _fetch, "verify": _verify}
    named = [argument for argument in arguments if not argument.startswith("to=")]
    folders = [argument.removeprefix("to=") for argument in arguments if argument.startswith("to=")]
    if not named or named[0] not in actions or len(folders) > 1:
        raise ConfigError(
            "what about the data?", where="data", got=" ".join(arguments) or "nothing", expected=_EXPECTED
        )
    return actions[named[0]](named[1:], Path(folders[0]) if folders else None)


def _list(names: list[str], folder: Path | None) -> Answer:
    rows = [
        {"name": d.name, "state": _state(d, folder), "licence": d.licence, "summary": d.summary, "source": d.source,
         "how": d.byhand or d.use}
        for d in _sets(names)
    ]  # fmt: skip
    return Answer(rows, lambda console: _show(console, rows))


def _fetch(names: list[str], folder: Path | None) -> Answer:
    from headway.datasets import fetch
    from headway.pipelines.training.progress import progress
    from headway.registry import dataset

    if not names:
        raise ConfigError("which data set?", where="data fetch", got="nothing", expected=_EXPECTED)
    found = dataset(names[0])
    with progress(f"{found.name} files", max(len(found.files(tuple(names[1:]))), 1)) as show:
        begun: list[str] = []

        def watch(name: str, done: int, total: int) -> None:
            begun.extend([name] if name not in begun else [])
            show(len(begun), f"{name} {done / 2**20:.1f} of {total / 2**20:.1f} MB")

        files = [str(path) for path in fetch(found, tuple(names[1:]), folder, watch)]
    return Answer(
        {"licence": found.licence, "source": found.source, "files": files}, lambda console: _tell(console, found, files)
    )


def _verify(names: list[str], folder: Path | None) -> Answer:
    from headway.datasets import verify
    from headway.errors import DataError

    states = {d.name: verify(d, folder) for d in _sets(names) if d.files()}
    changed = [f"{name}/{file}" for name, files in states.items() for file, state in files.items() if state == CHANGED]
    if changed:
        raise DataError("files are not what was published", where=str(folder or "cache"), got=", ".join(changed),
                        expected="the published digests", hint="delete them and fetch them again")  # fmt: skip
    counts = {name: list(files.values()) for name, files in states.items()}
    return Answer(states, lambda console: _counted(console, counts))


def _sets(names: list[str]) -> list[Dataset]:
    from headway.registry import dataset, datasets

    return [dataset(name) for name in names or datasets()]


def _state(found: Dataset, folder: Path | None) -> str:
    from headway.datasets import verify

    if found.byhand:
        return "by hand"
    states: list[Any] = list(verify(found, folder).values())
    if not states:
        return "ships"
    if CHANGED in states:
        return CHANGED
    have = states.count("good")
    return "not here" if not have else "here" if have == len(states) else f"{have} of {len(states)} files"


def _show(console: Console, rows: list[dict[str, str]]) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("data set", "state", "licence", "what it is"):
        table.add_column(heading, no_wrap=heading != "what it is")
    for row in rows:
        table.add_row(row["name"], row["state"], row["licence"].partition(" (")[0].partition(";")[0], row["summary"])
    console.print(table)


def _tell(console: Console, found: Dataset, files: list[str]) -> None:
    console.print(f"[dim]{found.source}; licence: {found.licence}[/]")
    for file in files:
        console.print(file, markup=False, highlight=False)


def _counted(console: Console, counts: dict[str, list[Any]]) -> None:
    for name, states in counts.items():
        console.print(f"{name}: {states.count('good')} of {len(states)} files here, all as published")
