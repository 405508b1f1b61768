"""The page in a browser, from a file: its script draws every figure, and the legend hides a contestant in all."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_report import a_run, some_results

from headway.pipelines.report import report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CLICK = """
const done = () => document.querySelectorAll('.live.drawn').length === 3;
const wait = setInterval(() => {
  if (!done()) return;
  clearInterval(wait);
  document.querySelector('.legend .who').click();
  setTimeout(() => {
    const traces = [...document.querySelectorAll('.live')].flatMap((place) => place.data);
    document.title = 'hidden ' + [...new Set(traces.filter((t) => !t.visible).map((t) => t.legendgroup))]
      + ', shown ' + [...new Set(traces.filter((t) => t.visible).map((t) => t.legendgroup))];
  }, 500);
}, 100);
"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")
def test_a_browser_draws_it(tmp_path: Path) -> None:
    """Offline, under the page's own policy."""
    page = report(a_run(tmp_path, some_results()), tmp_path / "a.html")
    page.write_text(page.read_text().replace("<footer>", f"<script>{CLICK}</script><footer>"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
               "--window-size=1300,3000", "--virtual-time-budget=20000", "--dump-dom"]  # fmt: skip
    command = [str(BROWSER), *options, page.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert re.findall(r"<title>(.*?)</title>", shown)[0] == "hidden slow, shown fast"
    assert len(re.findall(r'class="live[^"]*\bdrawn\b', shown)) == 3
    assert shown.count("main-svg") >= 6
