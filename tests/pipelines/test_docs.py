"""Every verb has a page, and the the first commands that show it there run as printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from headway.pipelines.cli import VERBS, app

DOCS = Path(__file__).parents[2] / "docs"
LASTING = {"serve": "/health", "ui": "/"}  # verbs that end with Ctrl-C, and where they answer meanwhile
LONG = {"demo"}  # two minutes; its parts are tested in test_demo.py, and it runs before every release


def blocks(page):
    """The commands of each indented or fenced block."""
    found = re.findall(
        r"((?:^    .*\n)+)|^```(?:bash)?\n([\s\S]*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE
    )
    lines = ([line.strip() for line in "".join(pair).splitlines()] for pair in found)
    return [[line for line in block if line.startswith("headway ")] for block in lines]


def tried(page):
    """Of each verb of the page the first block that shows it: what a reader tries."""
    verbs = [name for name, verb in VERBS.items() if verb.page == page]
    firsts = [next((i for i, block in enumerate(blocks(page)) if shows(block, verb)), None) for verb in verbs]
    assert None not in firsts, f"{page} shows no command of {verbs[firsts.index(None)]}"
    return [command for i in sorted(set(firsts)) for command in blocks(page)[i]]


def shows(block, verb):
    return any(command.split()[1] == verb for command in block)


@pytest.mark.parametrize("page", sorted({verb.page for verb in VERBS.values()}))
def test_commands_run_as_printed(page, tmp_path, monkeypatch, socket_enabled):
    """One after the other, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for command in tried(page):
        _, verb, *arguments = shlex.split(command)
        if verb in LASTING:
            answers(command, LASTING[verb], monkeypatch)
        elif verb not in LONG:
            assert app([verb, *arguments], standalone_mode=False) == 0, command


def answers(command, path, monkeypatch):
    """The service comes up, answers and ends when it is told to."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    port = re.search(r"port=(\d+)", command)[1]
    words = [sys.executable, "-m", "headway.pipelines.cli", *shlex.split(command)[1:]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for _ in range(240):
                if status(f"http://127.0.0.1:{port}{path}") == requests.codes.ok or process.poll() is not None:
                    break
                time.sleep(0.25)
            assert process.poll() is None, process.stdout.read()
            assert status(f"http://127.0.0.1:{port}{path}") == requests.codes.ok
        finally:
            process.terminate()
            process.communicate(timeout=30)


def status(url):
    try:
        return requests.get(url, timeout=5).status_code
    except requests.ConnectionError:
        return None
