"""A rehearsal as text: per file what it does, what fails, what happens to rows, what works instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.counting import plural
from landed.core.errors import LandedError
from landed.core.findings import FileRehearsal, Rehearsal
from landed.core.next import lines
from landed.ops.rehearse_data import DataFile, DataRehearsal
from landed.ops.workspace import Workspace
from landed.report.heading import rehearsed_in
from landed.report.locks import heavy_files, lock_lines
from landed.report.page import Page
from landed.report.place import shown_path
from landed.report.rehearsed import Finding, findings, row_count, short_change, size, summary
from landed.report.reports import Rehearse
from landed.report.terminal import say, say_all
from landed.report.text.style import paint, symbols

_LINES = 12
_RUN = 8
"""More consecutive files than this that nothing speaks against become one line without --all."""

Command = Callable[[str], str]


def render_rehearsal(
    workspace: Workspace, rehearsal: Rehearsal, out: IO[str], command: Command, *, everything: bool = False
) -> None:
    """Write what the shadow has shown."""
    say(rehearsed_in(workspace, rehearsal), out)
    for note in rehearsal.notes:
        say(f"  {paint('note', 'yellow', out)}: {note}", out)
    calm: list[FileRehearsal] = []
    for file in rehearsal.files:
        if file.found or file.weak or file.notes:
            _calm(calm, out, everything)
            calm = []
            _file(file, out, command)
        else:
            calm.append(file)
    _calm(calm, out, everything)
    say(out=out)
    say(f"{summary(rehearsal)}", out)


def _calm(files: list[FileRehearsal], out: IO[str], everything: bool) -> None:
    if len(files) <= _RUN or everything:
        for file in files:
            _head(file, "good", "green", out)
            _changes(file.changes, out)
            _locks(file, out)
    else:
        mark = paint(symbols(out)["good"], "green", out)
        first, last = files[0].migration.name, files[-1].migration.name
        heavy = heavy_files(files)
        waits = f"{heavy} keep{'s' * (heavy == 1)} others waiting; " if heavy else ""
        say(out=out)
        say(f"  {mark} {first} … {last}  ({len(files)} files; {waits}--all shows what they do)", out)


def _head(file: FileRehearsal, mark: str, style: str, out: IO[str]) -> None:
    count = plural(len(file.migration.statements), "statement")
    say(out=out)
    say(f"  {paint(symbols(out)[mark], style, out)} {file.migration.name}  {count}", out)


def _file(file: FileRehearsal, out: IO[str], command: Command) -> None:
    mark, style = ("bad", "red") if file.found else ("open", "yellow") if file.weak else ("good", "green")
    _head(file, mark, style, out)
    _changes(file.changes, out)
    _locks(file, out)
    for found in findings(file):
        _finding(found, out, command)
    for note in file.notes:
        say(f"      {paint('note', 'yellow', out)}: {note}", out)
    if file.instead:
        say("      Put this in place of its statements: it does the same and keeps every row.", out)
    for sql in file.instead:
        say_all((f"        {line}" for line in f"{sql};".split("\n")), out)


def _changes(changes: tuple[str, ...], out: IO[str]) -> None:
    for line in changes[:_LINES]:
        say(f"      {paint(short_change(line), 'dim', out)}", out)
    if len(changes) > _LINES:
        say(f"      … and {len(changes) - _LINES} more", out)


def _locks(file: FileRehearsal, out: IO[str]) -> None:
    for line in lock_lines(file):
        say(f"      {paint('lock', 'yellow', out)}  {line}", out)


def _finding(found: Finding, out: IO[str], command: Command) -> None:
    say(f"      {paint(found.label, 'yellow' if found.weak else 'red', out)}  {found.place}", out)
    say(f"        {found.text}", out)
    for line in found.details:
        say(f"        {line}", out)
    _advice(found.advice, out, command)


def _advice(advice: str | None, out: IO[str], command: Command) -> None:
    for line in lines(command(advice)) if advice else ():
        say(f"        {symbols(out)['arrow']} {line}", out)


def render_data(data: DataRehearsal, out: IO[str], command: Command) -> None:
    """Write what ``apply`` would come to on the data as it is."""
    spec = data.examination.workspace.spec
    path = shown_path(spec.path, data.examination.workspace.project.start)
    say(out=out)
    say(f"{spec.label}  {path}", out)
    if data.refusal is not None:
        say("landed apply would not start:", out)
        _error(data.refusal, out, command)
        return
    if not data.files:
        say("Nothing is pending: there is nothing to rehearse on its data.", out)
        return
    pending = plural(len(data.files), "pending file")
    say(
        f"{pending} on a full copy of it ({size(data.size)}; the copy is gone again, the database itself "
        "was only read)",
        out,
    )
    for file in data.files:
        _data_file(file, out, command)


def _data_file(file: DataFile, out: IO[str], command: Command) -> None:
    marks = {"proven": ("good", "green"), "refused": ("bad", "red"), "not run": ("wait", "yellow")}
    mark, style = marks[file.outcome]
    said = {
        "proven": f"apply would run, prove and record it ({file.seconds * 1000:.0f} ms)",
        "refused": "apply would roll it back",
        "not run": "not reached",
    }[file.outcome]
    say(out=out)
    say(f"  {paint(symbols(out)[mark], style, out)} {file.item.migration.name}  {said}", out)
    for row in file.rows:
        say(f"      {row_count(row)}", out)
    if file.error is not None:
        _error(file.error, out, command)


def _error(error: LandedError, out: IO[str], command: Command) -> None:
    place = f"{error.where}: " if error.where else ""
    say(f"      {place}{error.message}", out)
    for line in error.details:
        say(f"        {line}", out)
    _advice(error.next, out, command)


def render(report: Rehearse, page: Page) -> None:
    """Write what the shadow has shown; then, where the data was rehearsed, what came of that alone."""
    if report.data is None:
        render_rehearsal(
            report.workspace, report.rehearsal, page.out, page.command, everything=report.everything
        )
    else:
        render_data(report.data, page.out, page.command)
