"""What MLflow says of a run: links, then its report, within the length of a tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.runs import Run
from headway.tracking import mirror
from headway.tracking.description import description, fitted
from headway.tracking.mirrored import TAG
from headway.tracking.pages import pages
from headway.tracking.tracker import connect


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    with Run.create("compare", {}, problem="toy/walk", root=Path("runs"), name="mine") as made:
        (made.folder / "report.html").write_text("<title>a wins</title>")
        (made.folder / "report.md").write_text("# a wins\n\n| a | 1 |\n\n## Measures\n\nmany\n")
    return made


def test_links_come_first(run: Run) -> None:
    """To the report among the run's artifacts, and the folder from where it was started; then the report."""
    assert description(run, "7", "abc") == (
        "[Report](#/experiments/7/runs/abc/artifacts/report.html) · Run folder: `runs/mine`\n\n"
        "**a wins**\n\n| a | 1 |\n\n**Measures**\n\nmany"
    )


def test_without_a_report_there_is_the_folder(tmp_path: Path) -> None:
    """In full, where it does not lie below the working folder."""
    with Run.create("train", {}, problem="toy/walk", root=tmp_path) as run:
        pass
    assert description(run, "7", "abc") == f"Run folder: `{run.folder}`"


def test_what_does_not_fit_is_left_out_by_sections(run: Run) -> None:
    """Never in the middle of a table."""
    assert fitted("short", 10) == "short"
    text = "# one\n\n" + "x" * 50 + "\n\n## two\n\n" + "y" * 200
    assert fitted(text, 250) == "# one\n\n" + "x" * 50 + "\n\nThe rest is in the report."
    (run.folder / "report.md").write_text("# a wins\n" + "".join(f"\n## part {k}\n\n{'z' * 50}\n" for k in range(500)))
    found = description(run, "7", "abc")
    assert len(found) <= TAG
    assert found.endswith("The rest is in the report.")


def test_pages_of_mirrored_runs(run: Run) -> None:
    """The page of a run is found again by the identity of its folder; a dead tracker has none."""
    uri = "sqlite:///mlflow.db"
    run_id = mirror(run, uri)
    (page,) = pages(uri).items()
    assert page[0] == run.provenance["run"]
    assert page[1].endswith(f"/runs/{run_id}/artifacts/report.html")
    note = connect(uri).get_run(str(run_id)).data.tags["mlflow.note.content"]
    assert note.startswith(f"[Report]({page[1]})")
    Path("mlflow.db").write_text("damaged")
    assert pages(uri) == {}


def test_a_tracker_is_where_the_working_folder_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative address means another database in another folder, in one process too."""
    uri = "sqlite:///mlflow.db"
    mirror(run, uri)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pages(uri) == {}
