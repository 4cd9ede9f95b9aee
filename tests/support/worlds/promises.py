"""Promises that hold on every target (``tests/contract/*.toml``), and the runner that tries them.

A promise is a list of steps; the README beside the data says what a step can be.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from support import ROOT
from support.worlds.targets import Place

TARGETS = ("sqlite-file", "d1-local", "d1-remote", "postgres-15", "postgres-18", "supabase")
MARKS = {"sqlite-file": (), "d1-local": (), "d1-remote": (pytest.mark.wrangler,)}
"""What a target needs to be there; all others need a Postgres server."""
PROMISES: list[dict[str, Any]] = [
    promise
    for file in sorted((ROOT / "tests" / "contract").glob("*.toml"))
    for promise in tomllib.loads(file.read_text(encoding="utf-8"))["promise"]
]
KEYS = {"name", "files", "steps", "lacking", "not_kept"}
HOLDS = {"standings", "recorded", "rows", "there", "absent", "values"}
"""Steps that say what is so."""


def dialect_of(target: str) -> str:
    """``sqlite`` or ``postgres``."""
    return "sqlite" if target.startswith(("sqlite", "d1")) else "postgres"


def chosen(value: Any, target: str) -> Any:
    """A value of a promise for one target: where it differs, it is a table by target or by dialect."""
    names = (target, dialect_of(target))
    if isinstance(value, dict) and set(names) & value.keys():
        return next(value[name] for name in names if name in value)
    return value


def reason(promise: dict[str, Any], target: str, which: str = "lacking") -> str:
    """Why a promise cannot be tried on a target (or, ``not_kept``, is not kept there); empty: it can."""
    reasons: dict[str, str] = promise.get(which, {})
    return reasons.get(target) or reasons.get(dialect_of(target)) or ""


def cells(*targets: str) -> list[Any]:
    """Every promise on each of the targets that it can be tried on, as parameters of a test."""
    found = []
    for target in targets:
        for promise in PROMISES:
            if not reason(promise, target):
                marks = [*MARKS.get(target, (pytest.mark.server,))]
                if broken := reason(promise, target, "not_kept"):
                    marks.append(pytest.mark.xfail(reason=broken, raises=AssertionError))
                name = f"{target}: {promise['name']}"
                found.append(pytest.param(target, promise, id=name, marks=marks))
    return found


def keep(place: Place, target: str, promise: dict[str, Any]) -> None:
    """Try one promise. Raises AssertionError where it is not kept, with the step at which that shows."""
    steps = _Steps(place, target)
    for name, text in promise.get("files", {}).items():
        place.write(name, steps.pick(text))
    for number, step in enumerate(promise["steps"], 1):
        try:
            steps.take(step)
        except AssertionError as error:
            raise AssertionError(f"step {number} of {len(promise['steps'])}: {step}\n{error}") from error


class _Steps:
    """The steps of one promise on one target."""

    def __init__(self, place: Place, target: str) -> None:
        self._place, self._target = place, target

    def pick(self, value: Any) -> Any:
        """A value for this target; ``{s}`` is what stands before a table's name."""
        found = chosen(value, self._target)
        return found.replace("{s}", self._place.schema) if isinstance(found, str) else found

    def take(self, step: dict[str, Any]) -> None:
        """One step. Raises AssertionError where what it says is not so."""
        if "run" in step:
            self._run(step)
        elif "sql" in step:
            self._place.sql(self.pick(step["sql"]))
        elif "write" in step:
            self._place.write(step["write"], self.pick(step["text"]))
        elif "remove" in step:
            self._place.remove(step["remove"])
        elif "record" in step:
            self._place.record(step["record"])
        else:
            self._holds(step)

    def _run(self, step: dict[str, Any]) -> None:
        words = step["run"]
        answer = self._place.run(*(words if isinstance(words, list) else self.pick(words).split(" ")))
        shown = f"{answer.stdout}\n{answer.stderr}"
        assert answer.code == self.pick(step.get("exit", 0)), shown
        assert "defect" not in answer.body.get("error", {}).get("code", ""), shown
        for key in ("code", "statement", "file", "line"):
            if key in step:
                assert answer.body["error"][key] == self.pick(step[key]), shown
        if "allow" in step:
            losses = {loss for action in answer.error["actions"] for loss in action["losses"]}
            assert self.pick(step["allow"]) in losses, shown
        for key, wanted in step.get("told", {}).items():
            assert any(self.pick(wanted) in entry.values() for entry in answer.body[key]), shown

    def _holds(self, step: dict[str, Any]) -> None:
        """Something is so: standings, the history, rows of tables, tables that are there or not."""
        assert step.keys() <= HOLDS, step
        if "standings" in step:
            assert self._place.run("status").standings() == self.pick(step["standings"])
        if "recorded" in step:
            assert self._place.recorded() == self.pick(step["recorded"])
        for table, count in step.get("rows", {}).items():
            assert self._place.count(table) == self.pick(count)
        for query, rows in step.get("values", {}).items():
            assert [list(row) for row in self._place.sql(query)] == self.pick(rows)
        tables = self._place.tables() if step.keys() & {"there", "absent"} else set()
        assert set(step.get("there", ())) <= tables, tables
        assert not set(step.get("absent", ())) & tables, tables
