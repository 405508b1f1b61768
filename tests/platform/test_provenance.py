from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from headway.runs import provenance


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_provenance_answers_who_what_where() -> None:
    """The record has the hash of the configuration, versions, machine and command."""
    facts = provenance.provenance(b"steps: 1\n")
    assert facts["config_sha256"] == hashlib.sha256(b"steps: 1\n").hexdigest()
    assert {"headway", "torch", "numpy", "mlflow"} <= set(facts["packages"])
    assert not {"pytest", "ruff"} & set(facts["packages"])
    assert facts["cpu"]["threads"] >= 1
    assert facts["cpu"]["model"]


def test_commit_tells_clean_from_dirty(tmp_path: Path) -> None:
    """The commit of a checkout is found, and whether its files were changed since."""
    (tmp_path / "code.py").write_text("x = 1\n")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "code.py")
    _git(tmp_path, "commit", "-qm", "first")
    head = _git(tmp_path, "rev-parse", "HEAD")
    assert provenance.commit(tmp_path) == {"commit": head, "dirty": False}
    (tmp_path / "code.py").write_text("x = 2\n")
    assert provenance.commit(tmp_path) == {"commit": head, "dirty": True}


def test_no_commit_is_borrowed(tmp_path: Path) -> None:
    """A folder that git does not track (an installed package in somebody's checkout) has no commit."""
    assert provenance.commit(tmp_path) is None
    _git(tmp_path, "init", "-q")
    (tmp_path / "venv").mkdir()
    assert provenance.commit(tmp_path / "venv") is None


def test_no_git_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git on the machine a run still starts."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.commit(tmp_path) is None
