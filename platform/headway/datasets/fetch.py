"""Downloads that go on where they stopped, and count only when their digest is the published one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from headway.datasets.dataset import Dataset, File, digest_of
from headway.errors import DataError
from headway.storage.files import write_text

MANIFEST = "digests.json"  # digests of files that nobody has published one of, from their first download
PART = ".part"
State = Literal["good", "changed", "missing"]
Watch = Callable[[str, int, int], None]  # file, bytes so far, bytes in all (0: unknown)


def fetch(
    dataset: Dataset,
    patterns: tuple[str, ...] = (),
    folder: Path | None = None,
    watch: Watch = lambda name, done, total: None,
) -> list[Path]:
    """The files in ``folder`` (by default the cache); those that are there are checked and not asked for again.

    A download that was cut off leaves ``<file>.part``, and the next one goes on from there.

    Raises
    ------
    DataError
        The set is fetched by hand; there is no network; a file is not what was published; or one in the folder has
        another content, which is then neither used nor overwritten.
    UnknownNameError
        A pattern matches no file.
    """
    if dataset.byhand:
        raise DataError(f"{dataset.name} is fetched by hand", where=dataset.source, hint=dataset.byhand)
    folder = dataset.folder if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    return [_one(folder / name, file, watch) for name, file in dataset.files(patterns).items()]


def verify(dataset: Dataset, folder: Path | None = None) -> dict[str, State]:
    """What has become of each file of a data set in ``folder`` (by default the cache)."""
    folder = dataset.folder if folder is None else folder
    return {name: _state(folder / name, file) for name, file in dataset.files().items()}


def _state(path: Path, file: File) -> State:
    if not path.exists():
        return "missing"
    expected = file.digest or _recorded(path.parent).get(path.name, "")
    return "good" if not expected or digest_of(path, expected) == expected else "changed"


def _one(path: Path, file: File, watch: Watch) -> Path:
    state = _state(path, file)
    if state == "changed":
        raise DataError("a file has another content", where=path, got=digest_of(path, file.digest),
                        expected=file.digest or "what was first downloaded",
                        hint="delete it, or choose another folder")  # fmt: skip
    if state == "missing":
        part = path.with_name(path.name + PART)
        if file.write is not None:
            file.write(part)
        else:
            _download(part, file.url, watch)
        _accepted(part, path, file)
    return path


def _accepted(part: Path, path: Path, file: File) -> None:
    """The finished download takes its place, if it is what was published; else nothing of it is kept."""
    got = digest_of(part, file.digest)
    if file.digest and got != file.digest:
        part.unlink()
        raise DataError("the file is not what was published", where=file.url, got=got, expected=file.digest)
    if not file.digest:
        record = _recorded(path.parent) | {path.name: got}
        write_text(path.parent / MANIFEST, json.dumps(record, indent=2, sort_keys=True) + "\n")
    part.replace(path)


def _recorded(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _download(part: Path, url: str, watch: Watch) -> None:
    """The whole file, from wherever an earlier download stopped."""
    import requests

    begun = part.stat().st_size if part.exists() else 0
    try:
        with requests.get(url, headers=_range(begun), stream=True, timeout=30) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return  # all of it was there already; its digest decides
            answer.raise_for_status()
            _write(part, answer, begun if answer.status_code == requests.codes.partial_content else 0, watch)
    except requests.RequestException as error:
        hint = "try again: it goes on where it stopped; behind a proxy set HTTPS_PROXY"
        raise DataError("the download failed", where=url, got=error, expected=part.stem, hint=hint) from error


def _range(begun: int) -> Mapping[str, str]:
    # What is already there was written without compression, so the rest must come so, too.
    return {"Accept-Encoding": "identity"} | ({"Range": f"bytes={begun}-"} if begun else {})


def _write(part: Path, answer: Any, begun: int, watch: Watch) -> None:
    import requests

    total = begun + int(answer.headers.get("Content-Length", 0))
    with part.open("ab" if begun else "wb") as stream:
        for block in answer.iter_content(1 << 16):
            stream.write(block)
            watch(part.name.removesuffix(PART), stream.tell(), total)
        stream.flush()
        os.fsync(stream.fileno())
        if answer.headers.get("Content-Length") and stream.tell() < total:
            raise requests.ConnectionError(f"{stream.tell()} of {total} bytes came")
