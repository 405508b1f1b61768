"""Folders that are written whole or not at all, and whose members are verified when they are read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from headway.errors import CheckpointError

MANIFEST = "MANIFEST.json"
DRAFT = ".tmp-"


def write_folder(folder: Path, members: Mapping[str, bytes]) -> Path:
    """Replace ``folder`` by these files and a manifest of their sizes and SHA-256 digests.

    The files are written beside it, flushed to the disk and renamed: a crash at any moment leaves
    the old folder, the new one, or (between two renames) the old one under a draft's name.

    Raises
    ------
    CheckpointError
        The disk refuses (full, read-only); the old folder is still there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=DRAFT))
    except OSError as error:
        raise _refused(folder, error) from error
    try:
        for name, data in {**members, MANIFEST: _manifest(members)}.items():
            _write(draft / name, data)
        draft.chmod(0o755)
        _sync(draft)
        _swap(draft, folder)
        _sync(folder.parent)
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def read_folder(folder: Path, names: Iterable[str] | None = None) -> dict[str, bytes]:
    """The members of ``folder`` (all of its manifest, or these), each checked against the manifest.

    Raises
    ------
    CheckpointError
        The manifest or a member is missing or damaged; the message names the file.
    """
    listed = _listed(folder)
    members = {}
    for name in listed if names is None else names:
        if name not in listed:
            raise _damaged(folder / name, "not in the manifest", "a member of the folder")
        members[name] = _verified(folder / name, listed[name])
    return members


def sweep(root: Path) -> None:
    """Remove the drafts that killed processes left in ``root``."""
    for draft in root.glob(f"{DRAFT}*"):
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Delete a folder that `write_folder` made; half deleted, it never looks like one."""
    grave = Path(tempfile.mkdtemp(dir=folder.parent, prefix=DRAFT))
    folder.rename(grave / folder.name)
    shutil.rmtree(grave, ignore_errors=True)


# -- inner --------------------------------------------------------------------------------------
def _manifest(members: Mapping[str, bytes]) -> bytes:
    return _dumped({name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in members.items()})


def _dumped(facts: Mapping[str, tuple[int, str]]) -> bytes:
    listed = {name: {"bytes": size, "sha256": digest} for name, (size, digest) in facts.items()}
    return (json.dumps(listed, indent=2, sort_keys=True) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(draft: Path, folder: Path) -> None:
    if not folder.exists():
        draft.rename(folder)
        return
    grave = Path(tempfile.mkdtemp(dir=folder.parent, prefix=DRAFT))
    old = grave / folder.name
    try:
        folder.rename(old)
        try:
            draft.rename(folder)
        except OSError:
            old.rename(folder)
            raise
    finally:
        if folder.exists():  # else the old one, which could not be put back, is in the grave
            shutil.rmtree(grave, ignore_errors=True)


def _listed(folder: Path) -> dict[str, tuple[int, str]]:
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        facts = {str(name): (int(fact["bytes"]), str(fact["sha256"])) for name, fact in json.loads(data).items()}
    except OSError as error:
        raise _damaged(path, error.strerror, "a readable manifest") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error, "names with sizes and SHA-256 digests") from error
    if data != _dumped(facts):
        raise _damaged(path, "other bytes", "the manifest as it was written")
    return facts


def _verified(path: Path, fact: tuple[int, str]) -> bytes:
    size, digest = fact
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged(path, error.strerror, "a readable file") from error
    if len(data) != size:
        raise _damaged(path, f"{len(data)} bytes", f"{size} bytes")
    if (got := hashlib.sha256(data).hexdigest()) != digest:
        raise _damaged(path, f"SHA-256 {got}", f"SHA-256 {digest}")
    return data


def _damaged(path: Path, got: object, expected: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is missing or damaged", where=path, got=got, expected=expected, hint="use an older checkpoint"
    )


def _refused(folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        "a folder cannot be written", where=folder, got=error, expected="a writable disk with space left"
    )
