"""Which database a report is about, in words that every format shares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from landed.core.counting import plural
from landed.core.next import DOCTOR, Next
from landed.ops.examine import Examination
from landed.ops.workspace import Workspace
from landed.report.place import shown_place

if TYPE_CHECKING:
    from landed.core.findings import Rehearsal


def headline(exam: Examination) -> list[str]:
    """Which database this is about: target, LOCAL or REMOTE, file; in whose account, where there are any;
    files, ledger."""
    spec = exam.workspace.spec
    ledger = exam.state.ledger
    table = exam.workspace.ledger_table
    rows = f"no ledger table {table} yet" if ledger is None else f"{len(ledger)} recorded in {table}"
    if exam.state.ledger_problem:
        rows = f"ledger unreadable: {exam.state.ledger_problem}"
    files = "1 file" if len(exam.migrations) == 1 else f"{len(exam.migrations)} files"
    account = exam.workspace.engine.asked_as
    return [
        f"{spec.label}  {shown_path(exam)}".rstrip(),
        *([account] if account else []),
        f"{files} in {shown_dir(exam)} · {rows}",
    ]


def absent(exam: Examination) -> list[Next]:
    """That the database does not exist, and which others may be meant; nothing where it exists."""
    if exam.state.present:
        return []
    lines = [Next("The database does not exist yet; nothing was created.")]
    others = [Next(f"  beside it there is {other}") for other in exam.workspace.engine.beside()]
    tell = [Next("  ", DOCTOR.afterwards(), " shows which file is meant and why")] if others else []
    return [*lines, *others, *tell]


def shown_path(exam: Examination) -> str:
    """The database file, relative to where the user is if that is shorter; a remote one's name and id."""
    return shown_place(exam.workspace.spec, exam.workspace.project.start)


def rehearsed_in(workspace: Workspace, rehearsal: Rehearsal) -> str:
    """How many files were rehearsed, where they lie, and by whose rules."""
    folder = os.path.relpath(workspace.directory, workspace.project.start).replace(os.sep, "/")
    rules = rehearsal.rules or workspace.engine.words.rules
    return (
        f"{plural(len(rehearsal.files), 'file')} in {folder}/, rehearsed in a throw-away database ({rules})"
    )


def shown_dir(exam: Examination) -> str:
    """The migrations folder as the user would write it."""
    return os.path.relpath(exam.workspace.directory, exam.workspace.project.start).replace(os.sep, "/") + "/"
