from __future__ import annotations

import json
import os
import sys

import pytest

from headway.errors import DataError
from headway.pipelines.commands.answer import Answer, answer


def noisy(arguments):
    print("from Python")
    os.write(1, b"from a library\n")
    return Answer(
        {"arguments": arguments, "nothing": float("nan")}, lambda console: console.print("for people"), code=4
    )


def failing(arguments):
    raise DataError("no such file", where="f.vrp", got=None, expected="a file")


def interrupted(arguments):
    stop = KeyboardInterrupt() if "ctrl_c" in arguments else SystemExit(143)
    if "told" in arguments:
        stop.add_note("headway resume 'runs/my run'")
    raise stop


def test_programs_get_one_value_and_nothing_else(capfd):
    """What libraries print goes to standard error; NaN is null; the answer's code is the exit code."""
    assert answer(f"{__name__}:noisy", ["a=1"], as_json=True) == 4
    out, err = capfd.readouterr()
    assert json.loads(out) == {"arguments": ["a=1"], "nothing": None}
    assert "from Python" in err
    assert "from a library" in err


def test_people_get_what_is_shown(capfd):
    """Without JSON nothing is redirected."""
    assert answer(f"{__name__}:noisy", [], as_json=False) == 4
    assert capfd.readouterr().out.splitlines()[-1] == "for people"


def test_errors_are_answers_too(capfd):
    """The exit code is the error's; its parts are kept apart in JSON, and told in lines otherwise."""
    assert answer(f"{__name__}:failing", [], as_json=True) == DataError.exit_code
    error = json.loads(capfd.readouterr().out)["error"]
    assert (error["what"], error["where"], error["got"]) == ("no such file", "f.vrp", None)
    assert answer(f"{__name__}:failing", [], as_json=False) == DataError.exit_code
    assert capfd.readouterr().err == "error: no such file\n  where: f.vrp\n  expected: a file\n"


def test_standard_output_is_given_back(capfd):
    """After an answer in JSON, printing works as before."""
    answer(f"{__name__}:noisy", [], as_json=True)
    capfd.readouterr()
    print("again")
    sys.stdout.flush()
    assert capfd.readouterr().out == "again\n"


@pytest.mark.parametrize(("how", "kind", "code"), [("ctrl_c", KeyboardInterrupt, 130), ("", SystemExit, 143)])
def test_an_interruption_says_how_to_go_on(capfd, how, kind, code):
    """What a note on it says reaches people on standard error and programs as a hint; it passes through."""
    with pytest.raises(kind):
        answer(f"{__name__}:interrupted", [how, "told"], as_json=False)
    assert capfd.readouterr() == ("", "interrupted; to go on: headway resume 'runs/my run'\n")
    with pytest.raises(kind):
        answer(f"{__name__}:interrupted", [how, "told"], as_json=True)
    error = json.loads(capfd.readouterr().out)["error"]
    assert (error["type"], error["exit_code"]) == ("Interrupted", code)
    assert error["hint"] == "headway resume 'runs/my run'"


def test_an_interruption_without_a_way_on(capfd):
    """Verbs that cannot be continued say nothing to people, and null to programs."""
    with pytest.raises(SystemExit):
        answer(f"{__name__}:interrupted", [], as_json=False)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(SystemExit):
        answer(f"{__name__}:interrupted", [], as_json=True)
    assert json.loads(capfd.readouterr().out)["error"]["hint"] is None
