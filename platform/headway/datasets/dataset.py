"""A public data set: its files with their digests, its licence, its source."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from headway.errors import UnknownNameError


class File(NamedTuple):
    """One published file.

    url : where it is
    digest : ``sha256:<hex>``, ``git:<hex>`` (the id that git gives its content) or "" where nobody has published one:
        then the first download counts, and is recorded
    write : how it is made where it comes through a library; it is given the file to write
    """

    url: str
    digest: str = ""
    write: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set that a domain knows; `Domain.datasets` names them.

    Attributes
    ----------
    name, summary : what it is called, what it holds
    licence : its terms, in a few words
    source : who published it (a citation)
    listing : gives file name -> `File`; empty where it ships with headway or has to be fetched by hand
    byhand : how to get it where it may not be fetched without an account or an agreement
    use : an example of what to do with it
    """

    name: str
    summary: str
    licence: str
    source: str
    listing: Callable[[], Mapping[str, File]] = field(default=dict)
    byhand: str = ""
    use: str = ""

    def files(self, patterns: tuple[str, ...] = ()) -> dict[str, File]:
        """The files whose names (with or without their suffix) match any of the patterns; all of them without.

        Raises
        ------
        UnknownNameError
            A pattern matches no file.
        """
        listed = dict(self.listing())
        for pattern in patterns:
            if not any(_matches(name, pattern) for name in listed):
                raise UnknownNameError(f"file of {self.name}", pattern, (Path(name).stem for name in listed))
        return {n: file for n, file in listed.items() if not patterns or any(_matches(n, p) for p in patterns)}

    @property
    def folder(self) -> Path:
        """Where its files are kept unless another folder is named."""
        return cache_folder() / "data" / self.name


def cache_folder() -> Path:
    """Headway's folder for what can be downloaded again: ``$XDG_CACHE_HOME/headway``, by default in ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headway"


def digest_of(path: Path, like: str) -> str:
    """The digest of a file, of the kind of ``like``; SHA-256 where that is empty."""
    kind = like.partition(":")[0] or "sha256"
    if kind == "git":
        sha = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        sha = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            sha.update(block)
    return f"{kind}:{sha.hexdigest()}"


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(Path(name).stem, pattern)
