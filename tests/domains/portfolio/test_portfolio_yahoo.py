"""yfinance without a network: each scenario in its own process, answered by a recorded session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "yahoo_offline.py"


def run(scenario, tmp_path):
    """What the scenario's process printed."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-W", "ignore", str(SCRIPT), scenario, str(tmp_path / "cache")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("ANSWER")[1])


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What a good download gives."""
    return run("good", tmp_path_factory.mktemp("good"))


def test_a_good_download_is_adjusted_checked_and_kept(answer):
    """Adjusted closes 50.0, 50.5, ...: the first return is 1 %; asked again, nothing is downloaded."""
    assert answer["assets"] == ["AAA", "BBB"]
    assert answer["days"] == answer["sessions"] - 1 == 20
    assert answer["first"] == "2022-01-04"
    assert answer["return"] == pytest.approx(0.01)
    assert answer["asked"]
    assert answer["from_cache"]
    assert answer["same"]
    assert any("Survivorship" in sentence for sentence in answer["caveats"])


def test_the_cache_is_verified(answer):
    """The manifest holds the request, versions and a SHA-256; a changed byte is an error that names the file."""
    assert answer["manifest"]["sha256"] == answer["file"]
    assert answer["manifest"]["request"]["tickers"] == ["AAA", "BBB"]
    assert answer["manifest"]["rows"] == answer["sessions"]
    assert {"yfinance", "pandas"} <= set(answer["manifest"]["versions"])
    assert "damaged" in answer["damaged"]
    assert answer["file"] in answer["damaged"]


@pytest.mark.parametrize(
    ("scenario", "parts"),
    [
        ("nothing", ["no prices", "nothing for AAA, BBB", "2022-01-03 to 2022-02-01"]),
        ("one unknown", ["some tickers only", "nothing for BBB"]),
        ("a hole", ["incomplete", "column BBB, 2022-01-06", "1 of 21"]),
        ("a jump", ["impossible", "2022-01-10, column BBB", "4.0", "within +-0.8"]),
        ("a late start", ["incomplete", "column BBB, 2022-01-03", "5 of 21"]),
        ("too few sessions", ["not the sessions of XNYS", "2 dates", "2022-01-31", "21 sessions"]),
    ],
)
def test_failures_are_loud_and_leave_nothing(tmp_path, scenario, parts):
    """yfinance raises in none of these cases; here each is an error, and nothing is kept."""
    answer = run(scenario, tmp_path)
    assert answer["error"] is not None
    for part in parts:
        assert part in answer["error"]
    assert answer["files"] == []


def test_a_universe_is_a_data_set(tmp_path):
    """Fetched as one table that `data=file` reads; its digest counts from then on."""
    answer = run("universe", tmp_path)
    assert answer["files"] == ["sectors.parquet"]
    assert answer["state"] == {"sectors.parquet": "good", "countries.parquet": "missing", "dow.parquet": "missing"}
    assert answer["assets"] == ["XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY"]
    assert answer["days"] == 20
