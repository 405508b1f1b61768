"""Downloads from a server of our own: checked, kept, and refused when anybody changed them."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from headway.domains.routing.files import cvrplib
from headway.errors import DataError, UnknownNameError

CONTENT = {"A-n3-k1.vrp": b"NAME : A-n3-k1\n", "A-n3-k1.sol": b"Route #1: 1 2\n", "B-n3-k1.txt": b"B\n"}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """No lines on the terminal."""


@pytest.fixture
def server(tmp_path, monkeypatch, socket_enabled):
    """The folder that is served, and its address."""
    folder = tmp_path / "served"
    (folder / "set").mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / "set" / name).write_bytes(content)
    rows = {name: (hashlib.sha256(content).hexdigest(), f"set/{name}") for name, content in CONTENT.items()}
    monkeypatch.setattr(cvrplib, "listed", lambda: rows)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield folder / "set", f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()
        thread.join()


def test_instances_and_their_solutions(server, tmp_path):
    """By name or pattern; what is there already is not asked for again."""
    served, base = server
    found = cvrplib.download(["A-*"], tmp_path / "data", base)
    assert [file.name for file in found] == ["A-n3-k1.vrp", "A-n3-k1.sol"]
    assert [file.read_bytes() for file in found] == [CONTENT["A-n3-k1.vrp"], CONTENT["A-n3-k1.sol"]]
    for name in CONTENT:
        (served / name).unlink()
    assert cvrplib.download(["A-n3-k1"], tmp_path / "data", base) == found


@pytest.mark.parametrize("content", [b"NAME : A-n3-k2\n", b"NAME : A-n3-k1", b""])
def test_changed_on_the_way(server, tmp_path, content):
    """Another byte, a byte less, nothing: refused, and nothing of it is kept."""
    served, base = server
    (served / "A-n3-k1.vrp").write_bytes(content)
    with pytest.raises(DataError, match="not what was published") as caught:
        cvrplib.download(["A-n3-k1"], tmp_path / "data", base)
    assert caught.value.where == f"{base}set/A-n3-k1.vrp"
    assert list((tmp_path / "data").iterdir()) == []


def test_changed_at_home(server, tmp_path):
    """A file that the user has changed is neither used nor overwritten."""
    _, base = server
    [file, _] = cvrplib.download(["A-n3-k1"], tmp_path / "data", base)
    file.write_bytes(b"mine")
    with pytest.raises(DataError, match="another content"):
        cvrplib.download(["A-n3-k1"], tmp_path / "data", base)
    assert file.read_bytes() == b"mine"


def test_not_there(server, tmp_path):
    """A file that the server lacks, a server that does not answer, an instance that nobody published."""
    served, base = server
    (served / "B-n3-k1.txt").unlink()
    with pytest.raises(DataError, match="404"):
        cvrplib.download(["B-n3-k1"], tmp_path, base)
    with pytest.raises(DataError, match="the download failed"):
        cvrplib.download(["B-n3-k1"], tmp_path, "http://127.0.0.1:9/")
    with pytest.raises(UnknownNameError, match="A-n3-k1"):
        cvrplib.download(["A-n3-k2"], tmp_path, base)


def test_command(server, tmp_path, monkeypatch, capsys):
    """Prints the files; errors have the exit codes of the command line."""
    monkeypatch.setattr(cvrplib, "download", partial(cvrplib.download, base=server[1]))
    assert cvrplib.main(["B-*", f"to={tmp_path / 'data'}"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'data' / 'B-n3-k1.txt'}\n"
    assert cvrplib.main(["C-*", f"to={tmp_path}"]) == 2
    assert cvrplib.main([]) == 2
    assert "to=FOLDER" in capsys.readouterr().err


def test_checksums_are_those_of_the_published_files(shared):
    """The shared copies, byte for byte; every instance has its solution."""
    here = {file.name: file for file in (shared / "open").iterdir() if file.name in cvrplib.listed()}
    assert len(here) == 70
    for name, file in here.items():
        assert hashlib.sha256(file.read_bytes()).hexdigest() == cvrplib.listed()[name][0], name


def test_what_is_listed():
    """100 instances of set X, 56 of Solomon's, 12 of others; each with its solution."""
    stems = [name.rsplit(".", 1) for name in cvrplib.listed()]
    solved = {stem for stem, suffix in stems if suffix == "sol"}
    instances = {stem for stem, suffix in stems if suffix != "sol"}
    assert solved == instances
    assert len(instances) == 168
    assert sum(stem.startswith("X-n") for stem in instances) == 100
