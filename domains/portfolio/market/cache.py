"""Validated downloads on disk: a Parquet file and a JSON manifest with its SHA-256."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import DataError
from headway.storage.files import write_text

if TYPE_CHECKING:
    import pandas as pd


def read_cached(folder: Path, request: str) -> pd.DataFrame | None:
    """The table kept for ``request``, verified against its manifest; None where there is none.

    Raises
    ------
    DataError
        A file was changed or damaged after it was written.
    """
    import pandas as pd

    manifest = _manifest(folder, request)
    if not manifest.exists():
        return None
    try:
        expected = json.loads(manifest.read_text(encoding="utf-8"))["sha256"]
        table = _table(folder, expected)
        got = hashlib.sha256(table.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(manifest, error, "a manifest and its table") from error
    if got != expected:
        raise _damaged(table, got, expected)
    return pd.read_parquet(table)


def write_cached(folder: Path, request: str, frame: pd.DataFrame) -> None:
    """Keep ``frame`` for ``request``; the manifest comes last, so half a download is none.

    The table is named by its content, so that two processes that download at once do no harm.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".tmp-")
    draft = Path(temporary)
    try:
        os.close(handle)
        frame.to_parquet(draft)
        digest = hashlib.sha256(draft.read_bytes()).hexdigest()
        draft.replace(_table(folder, digest))
    finally:
        draft.unlink(missing_ok=True)
    record: dict[str, Any] = {
        "request": json.loads(request),
        "sha256": digest,
        "rows": len(frame),
        "first": str(frame.index[0].date()),
        "last": str(frame.index[-1].date()),
        "fetched": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("yfinance", "pandas", "pyarrow")},
    }
    write_text(_manifest(folder, request), json.dumps(record, indent=2) + "\n")


def _manifest(folder: Path, request: str) -> Path:
    return folder / f"{hashlib.sha256(request.encode()).hexdigest()[:16]}.json"


def _table(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.parquet"


def _damaged(file: Path, got: object, expected: object) -> DataError:
    return DataError(
        "a cached download is damaged", where=file, got=got, expected=expected, hint="delete it, or set refresh=true"
    )
