"""Folders with a manifest: whole or not at all, whatever the disk or a kill does, and damage is named."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from headway.errors import CheckpointError
from headway.storage import folders
from headway.storage.folders import DRAFT, MANIFEST, read_folder, remove_folder, sweep, write_folder

OLD = {"a.bin": b"old" * 100, "b.json": b'{"x": 1}'}
NEW = {"a.bin": b"new" * 90, "b.json": b'{"x": 2}'}


def test_round_trip(tmp_path):
    """Members come back as they were written, all of them or some by name, and no draft is left."""
    folder = write_folder(tmp_path / "f", OLD)
    assert read_folder(folder) == OLD
    assert read_folder(folder, ["b.json"]) == {"b.json": OLD["b.json"]}
    write_folder(folder, NEW)
    assert read_folder(folder) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "deleted":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(data[:-1])
    elif how == "emptied":
        path.write_bytes(b"")
    elif how == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    else:
        path.write_bytes(b"x" * len(data))


@pytest.mark.parametrize("how", ["deleted", "truncated", "emptied", "flipped", "replaced"])
@pytest.mark.parametrize("member", ["a.bin", "b.json", MANIFEST])
def test_damage_is_found_and_named(member, how, tmp_path):
    """Every kind of damage to every file is an error that names a file of this folder."""
    folder = write_folder(tmp_path / "f", OLD)
    damage(folder / member, how)
    with pytest.raises(CheckpointError) as caught:
        read_folder(folder)
    where = Path(str(caught.value.where))
    assert where.parent == folder
    if member != MANIFEST:
        assert where.name == member


def test_a_member_of_another_folder_is_found(tmp_path):
    """A file swapped in from a folder of the same kind, sound there, is damage here."""
    one, other = write_folder(tmp_path / "one", OLD), write_folder(tmp_path / "two", NEW)
    shutil.copy(other / "b.json", one / "b.json")
    with pytest.raises(CheckpointError, match=r"b\.json"):
        read_folder(one)


class FaultyDisk:
    """Fails the n-th of all operations that change the disk, half of a write having been done."""

    def __init__(self, monkeypatch, fail_at: int, code: int) -> None:
        self.count, self.fail_at, self.code = 0, fail_at, code
        self.names: list[str] = []
        for owner, name in ((folders, "_write"), (os, "fsync"), (Path, "rename"), (folders.tempfile, "mkdtemp")):
            monkeypatch.setattr(owner, name, self.wrapped(name, getattr(owner, name)))

    def wrapped(self, name, original):
        def operation(*args, **kwargs):
            self.count += 1
            self.names.append(name)
            if self.count == self.fail_at:
                if name == "_write":
                    args[0].write_bytes(args[1][: len(args[1]) // 2])
                raise OSError(self.code, os.strerror(self.code))
            return original(*args, **kwargs)

        return operation


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_every_single_fault_leaves_a_whole_folder(code, tmp_path, monkeypatch):
    """Whichever operation fails, the error is clear and the folder is the old one or the new one."""
    for n in range(1, 100):
        folder = write_folder(tmp_path / str(n), OLD)
        with monkeypatch.context() as patch:
            disk = FaultyDisk(patch, n, code)
            with contextlib.suppress(CheckpointError):
                write_folder(folder, NEW)
        assert read_folder(folder) in (OLD, NEW)
        assert not list(tmp_path.glob(f"{DRAFT}*"))
        if disk.count < n:
            break
    assert n > 8
    assert set(disk.names) == {"_write", "fsync", "rename", "mkdtemp"}


def test_a_full_disk_says_so(tmp_path, monkeypatch):
    """The error names the folder and what the system answered."""
    FaultyDisk(monkeypatch, 2, errno.ENOSPC)
    with pytest.raises(CheckpointError, match="No space left") as caught:
        write_folder(tmp_path / "f", NEW)
    assert caught.value.where == tmp_path / "f"


def test_a_kill_never_leaves_a_torn_folder(tmp_path):
    """A process that does nothing but write is killed at random moments: every folder it left verifies."""
    moments = random.Random(0)
    written = 0
    for attempt in range(25):
        root = tmp_path / str(attempt)
        child = os.fork()
        if child == 0:
            for step in range(10_000):
                write_folder(root / f"step_{step}", {"a": bytes([step % 256]) * 300_000, "b": b"1" * step})
            os._exit(0)
        while not list(root.glob("step_*")):
            time.sleep(0.001)
        time.sleep(moments.random() / 50)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for folder in root.glob("step_*"):
            read_folder(folder)
            written += 1
        sweep(root)
        assert not list(root.glob(f"{DRAFT}*"))
    assert written >= 25


def test_remove(tmp_path):
    """A removed folder is gone, and so is its grave."""
    remove_folder(write_folder(tmp_path / "f", OLD))
    assert list(tmp_path.iterdir()) == []
