"""What an error shows: commands with the options of the command line that ended with it."""

from __future__ import annotations

import click
import pytest

from landed.cli.failure import run
from landed.cli.options import Common, command
from landed.core.errors import UsageError
from landed.core.next import landed


@command(name="fails")
def fails(common: Common) -> None:
    raise UsageError("no", next=landed("status"))


@command(name="tours")
def tours(common: Common) -> None:
    assert run(group, ["fails", "--env", "staging"]) == 2
    raise UsageError("over", next=landed("status"))


group = click.Group(commands=[fails, tours])


def test_a_command_line_inside_of_another_has_its_own_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(group, ["tours", "--env", "production"]) == 2
    inner, outer = (line for line in capsys.readouterr().err.splitlines() if line.startswith("Next:"))
    assert inner == "Next: landed --env staging status"
    assert outer == "Next: landed --env production status"


def test_an_error_before_the_options_are_known_shows_none_of_an_earlier_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: click.Group, *_: object) -> None:
        raise UsageError("no", next=landed("status"))

    assert run(group, ["fails", "--env", "staging"]) == 2
    monkeypatch.setattr(click.Group, "resolve_command", broken)
    assert run(group, ["fails", "--env", "production"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "Next: landed status"
