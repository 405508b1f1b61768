"""Data sets from a server of our own: resumed, checked, kept, and refused when anybody changed them."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from headway.datasets import Dataset, File, cache_folder, fetch, verify
from headway.errors import DataError, UnknownNameError

CONTENT = {"one.csv": b"a,b\n" * 50_000, "two.csv": b"b\n", "three.zip": b"PK"}


class Server(BaseHTTPRequestHandler):
    """Serves `CONTENT`, honours ranges, and cuts off after ``cut`` bytes where it is told to."""

    content: ClassVar[dict[str, bytes]]
    asked: ClassVar[list[tuple[str, str | None]]]
    cut: int | None = None
    ranges = True

    def do_GET(self):
        name, asked = self.path.strip("/"), self.headers.get("Range")
        type(self).asked.append((name, asked))
        if name not in self.content:
            self.send_error(404)
            return
        whole = self.content[name]
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        if begin >= len(whole) and asked and self.ranges:
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(whole) - begin))
        self.end_headers()
        self.wfile.write(whole[begin:][: self.cut])

    def log_message(self, *args):
        """No lines on the terminal."""


@pytest.fixture
def server(monkeypatch, socket_enabled):
    handler = type("Own", (Server,), {"content": dict(CONTENT), "asked": []})
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield handler, f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()
        thread.join()


def published(base, digests=("sha256", "git", "")):
    """The data set as its authors publish it: one digest of each kind, and one file without."""
    files = {
        name: File(base + name, _digest(kind, content))
        for (name, content), kind in zip(CONTENT.items(), digests, strict=True)
    }
    return Dataset("numbers", "numbers", "CC0", "nobody", lambda: files)


def _digest(kind, content):
    if kind == "git":
        return "git:" + hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return f"sha256:{hashlib.sha256(content).hexdigest()}" if kind else ""


def test_fetched_once(server, tmp_path):
    """All files come, are verified, and are not asked for again."""
    handler, base = server
    found = fetch(published(base), folder=tmp_path)
    assert [path.read_bytes() for path in found] == list(CONTENT.values())
    assert verify(published(base), tmp_path) == dict.fromkeys(CONTENT, "good")
    asked = len(handler.asked)
    assert fetch(published(base), folder=tmp_path) == found
    assert len(handler.asked) == asked


def test_the_git_id_is_that_of_git():
    """`git hash-object` gives the empty file this id."""
    assert _digest("git", b"") == "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_some_files(server, tmp_path):
    """By name, with or without suffix, or by pattern."""
    _, base = server
    assert [p.name for p in fetch(published(base), ("t*",), tmp_path)] == ["two.csv", "three.zip"]
    assert [p.name for p in fetch(published(base), ("one",), tmp_path)] == ["one.csv"]
    with pytest.raises(UnknownNameError, match="did you mean 'one'"):
        fetch(published(base), ("onee",), tmp_path)


def test_a_download_goes_on_where_it_was_cut_off(server, tmp_path):
    """The second attempt asks for the rest only."""
    handler, base = server
    handler.cut = 70_000
    with pytest.raises(DataError, match="the download failed"):
        fetch(published(base), ("one",), tmp_path)
    held = (tmp_path / "one.csv.part").stat().st_size
    assert 0 < held < len(CONTENT["one.csv"])
    handler.cut = None
    [path] = fetch(published(base), ("one",), tmp_path)
    assert path.read_bytes() == CONTENT["one.csv"]
    assert handler.asked[-1] == ("one.csv", f"bytes={held}-")
    assert not (tmp_path / "one.csv.part").exists()


def test_a_server_without_ranges_begins_again(server, tmp_path):
    handler, base = server
    (tmp_path / "one.csv.part").write_bytes(CONTENT["one.csv"][:1_000])
    handler.ranges = False
    [path] = fetch(published(base), ("one",), tmp_path)
    assert path.read_bytes() == CONTENT["one.csv"]


def test_a_whole_part_is_taken(server, tmp_path):
    """Killed between the last byte and its check."""
    _, base = server
    (tmp_path / "one.csv.part").write_bytes(CONTENT["one.csv"])
    [path] = fetch(published(base), ("one",), tmp_path)
    assert path.read_bytes() == CONTENT["one.csv"]


@pytest.mark.parametrize("name", ["one.csv", "two.csv"])
def test_changed_on_the_way(server, tmp_path, name):
    """Another byte: refused, and nothing of it is kept."""
    handler, base = server
    handler.content[name] = b"x" + CONTENT[name][1:]
    with pytest.raises(DataError, match="not what was published"):
        fetch(published(base), (name,), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_tampered_part_is_refused(server, tmp_path):
    """What is already there counts into the digest."""
    _, base = server
    (tmp_path / "one.csv.part").write_bytes(b"evil")
    with pytest.raises(DataError, match="not what was published"):
        fetch(published(base), ("one",), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["one.csv", "three.zip"])
def test_changed_at_home(server, tmp_path, name):
    """Neither used nor overwritten; also where only the first download tells what was published."""
    _, base = server
    [path] = fetch(published(base), (name,), tmp_path)
    path.write_bytes(b"mine")
    assert verify(published(base), tmp_path)[name] == "changed"
    with pytest.raises(DataError, match="another content"):
        fetch(published(base), (name,), tmp_path)
    assert path.read_bytes() == b"mine"


def test_not_there(server, tmp_path):
    """A file that the server lacks, and a server that does not answer."""
    handler, base = server
    del handler.content["two.csv"]
    with pytest.raises(DataError, match="404"):
        fetch(published(base), ("two",), tmp_path)
    with pytest.raises(DataError, match="the download failed"):
        fetch(published("http://127.0.0.1:9/"), ("two",), tmp_path)


def test_by_hand(tmp_path):
    """Where an account is needed, the message says what to do."""
    hidden = Dataset("m5", "sales", "Kaggle's", "M5", byhand="log in and download")
    with pytest.raises(DataError, match="log in and download"):
        fetch(hidden, folder=tmp_path)


def test_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "headway"
    assert Dataset("a", "", "", "").folder == tmp_path / "headway" / "data" / "a"
