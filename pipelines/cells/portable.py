"""A contestant with the files of its stored policies in hand: another machine needs none of ours to run it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.contest.contestants import Contestant
from headway.storage.folders import read_folder, write_folder

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Portable:
    """A contestant as plain data.

    Attributes
    ----------
    message : `Contestant.message`, with digests where folders of stored policies were
    policies : digest -> the files of that policy, name -> content
    """

    message: Mapping[str, Any]
    policies: Mapping[str, Files]

    @classmethod
    def of(cls, contestant: Contestant) -> Portable:
        """Pack a contestant.

        Raises
        ------
        CheckpointError
            A file of a stored policy is missing or damaged.
        """
        policies: dict[str, Files] = {}
        return cls(_packed(contestant, policies), policies)

    def unpacked(self, root: Path) -> Contestant:
        """The contestant, its policies written below ``root``."""
        for digest, files in self.policies.items():
            write_folder(root / digest, files)
        return Contestant.from_message(_placed(self.message, root))


def _packed(contestant: Contestant, policies: dict[str, Files]) -> dict[str, Any]:
    from pydantic_core import to_jsonable_python

    message: dict[str, Any] = to_jsonable_python(contestant.message())
    if contestant.folder is not None:
        from headway.storage.stored import POLICY, WEIGHTS

        files = read_folder(contestant.folder, (POLICY, WEIGHTS))
        message["folder"] = digest(files)
        policies[message["folder"]] = files
    if contestant.guide is not None:
        message["guide"] = _packed(contestant.guide, policies)
    return message


def _placed(message: Mapping[str, Any], root: Path) -> dict[str, Any]:
    folder, guide = message["folder"], message["guide"]
    places = {"folder": str(root / folder) if folder else None, "guide": _placed(guide, root) if guide else None}
    return {**message, **places}


def digest(files: Files) -> str:
    """SHA-256 over names, lengths and contents of some files."""
    sha = hashlib.sha256()
    for name, data in sorted(files.items()):
        sha.update(f"{name}|{len(data)}|".encode())
        sha.update(data)
    return sha.hexdigest()
