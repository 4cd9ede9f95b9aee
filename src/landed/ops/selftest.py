"""selftest: try a hosted platform with a database of its own, and delete that again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from landed.core.errors import UsageError
from landed.core.next import Next, landed
from landed.core.timeline import Progress
from landed.engines import trial_for
from landed.engines.trial import Left, Shown, Trial, TrialPlan, Tried
from landed.project.discovery import discover

__all__ = ["Left", "Shown", "Trial", "TrialPlan", "Tried", "find_left", "plan_selftest", "run_selftest"]


def plan_selftest(
    start: Path,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    notify: Callable[[str], None] = lambda text: None,
    *,
    account: str | None = None,
) -> tuple[Trial, TrialPlan]:
    """In which account a database would be made, with the credentials of a folder; changes nothing.

    Raises ConfigError, UsageError, CannotKnow.
    """
    trial = trial_for(discover(start, flags, environ), environ, notify)
    return trial, trial.plan(account)


def run_selftest(trial: Trial, plan: TrialPlan, progress: Progress | None = None) -> Tried:
    """Make the database, try it, delete it. Raises CannotKnow, Ambiguous."""
    return trial.run(plan, progress)


def find_left(
    id: str,
    start: Path,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    notify: Callable[[str], None] = lambda text: None,
) -> tuple[Trial, Left]:
    """The database of an earlier run of this id. Raises UsageError for any other id."""
    trial = trial_for(discover(start, flags, environ), environ, notify)
    known = trial.left()
    for one in known:
        if one.id and one.id == id:
            return trial, one
    named = [f"{one.id or '(no id was told)'}  {one.name}, made {one.made}" for one in known]
    raise UsageError(
        "No run on this machine has left a database of this id; others are never deleted.",
        details=named,
        next=Next(landed("selftest", delete=known[0].id)) if known and known[0].id else None,
    )
