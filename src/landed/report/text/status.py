"""The status of a target as text: headline, one line per migration, evidence, next command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import IO

from landed.core.facts import EXISTS, FactKey
from landed.core.next import DOCTOR, Next, landed
from landed.core.standing import Evidence, Judgement, Standing, Verdict
from landed.core.turns import next_steps
from landed.ops.examine import Examination
from landed.report.page import Page
from landed.report.reports import Status
from landed.report.terminal import say, say_all, say_next
from landed.report.text.statements import render_adoption, render_remedy
from landed.report.text.style import paint, symbols
from landed.report.text.target import shown_place

MARKS = {
    Standing.OK: ("good", "green"),
    Standing.PENDING: ("wait", "blue"),
    Standing.UNPROVABLE: ("open", "yellow"),
    Standing.UNKNOWN: ("open", "yellow"),
    Standing.UNRECORDED: ("bad", "yellow"),
    Standing.OUT_OF_ORDER: ("wait", "yellow"),
}
_BAD = ("bad", "red")
_FOLD = 8
"""More consecutive files of one unremarkable standing than this become one line."""
_SHOWN = 8

Command = Callable[[str], str]


def headline(exam: Examination) -> list[str]:
    """Which database this is about, in two lines: target, LOCAL or REMOTE, file; files, ledger."""
    spec = exam.workspace.spec
    ledger = exam.state.ledger
    table = exam.workspace.ledger_table
    rows = f"no ledger table {table} yet" if ledger is None else f"{len(ledger)} recorded in {table}"
    if exam.state.ledger_problem:
        rows = f"ledger unreadable: {exam.state.ledger_problem}"
    files = "1 file" if len(exam.migrations) == 1 else f"{len(exam.migrations)} files"
    return [f"{spec.label}  {shown_path(exam)}".rstrip(), f"{files} in {shown_dir(exam)} · {rows}"]


def shown_path(exam: Examination) -> str:
    """The database file, relative to where the user is if that is shorter; a remote one's name and id."""
    return shown_place(exam.workspace.spec, exam.workspace.project.start)


def shown_dir(exam: Examination) -> str:
    """The migrations folder as the user would write it."""
    import os

    return os.path.relpath(exam.workspace.directory, exam.workspace.project.start).replace(os.sep, "/") + "/"


def render_status(exam: Examination, out: IO[str], command: Command, *, everything: bool = False) -> None:
    """Write the status for a person."""
    say_all(headline(exam), out)
    if not exam.state.present:
        say_all(_absent(exam, command), out)
    say(out=out)
    width = max((len(j.standing) for j in exam.judgements), default=0)
    run: list[Judgement] = []
    hidden = frozenset() if everything else frozenset(too_many(exam))
    for judgement in exam.judgements:
        if judgement.name in hidden:
            continue
        if not everything and _plain(judgement) and (not run or run[0].standing is judgement.standing):
            run.append(judgement)
            continue
        _flush(run, out, width)
        run = []
        if not everything and _plain(judgement):
            run.append(judgement)
        else:
            _line(judgement, out, width)
            _details(judgement, out, command)
    _flush(run, out, width)
    if hidden:
        say(f"  … and {len(hidden)} more rows of the ledger without a file (--json shows all)", out)
    _base(exam, out, command)
    _unexplained(exam, out)
    say(out=out)
    _set_notes(exam, out)
    say(summary(exam), out)
    if exam.position and any(j.standing is not Standing.OK for j in exam.judgements):
        say(f"The schema is exactly what the files leave {exam.position}.", out)
    advice = next_steps(exam.judgements)
    if advice:
        say_next(command(advice[0]), out)


def too_many(exam: Examination) -> list[str]:
    """Rows without a file that are left out of what people read, where there are hundreds alike."""
    alike = [j.name for j in exam.judgements if j.standing is Standing.NO_FILE and not j.renamed]
    return alike[_ALIKE:] if len(alike) > _MANY else []


_MANY, _ALIKE = 50, 20


def render_remarkable(exam: Examination, out: IO[str], command: Command) -> None:
    """Write what one of several targets needs: only the migrations that are not plainly well."""
    say_all(headline(exam), out)
    if not exam.state.present:
        say_all(_absent(exam, command), out)
    width = max((len(j.standing) for j in exam.judgements), default=0)
    hidden = frozenset(too_many(exam))
    for judgement in exam.judgements:
        well = judgement.standing is Standing.OK and not judgement.notes and not _reason(judgement)
        well = well or judgement.name in hidden
        if not well and not _plain(judgement):
            _line(judgement, out, width)
            _details(judgement, out, command)
    _base(exam, out, command)
    _unexplained(exam, out)
    say(summary(exam), out)
    advice = next_steps(exam.judgements)
    if advice:
        say_next(command(advice[0]), out)


def summary(exam: Examination) -> str:
    """How many migrations stand where: ``12 ok · 1 phantom · 3 pending``."""
    counts = Counter(j.standing for j in exam.judgements)
    parts = [f"{counts[s]} {s}" for s in Standing if counts[s]]
    objects = unexplained_objects(exam.unexplained)
    if objects:
        parts.append(f"{len(objects)} unexplained")
    return " · ".join(parts) if parts else "no migrations"


def unexplained_objects(keys: Sequence[FactKey]) -> list[str]:
    """The objects behind unexplained facts, a whole table as one."""
    tables = {k.name for k in keys if k.kind in ("table", "virtual table") and k.prop == EXISTS}
    return list(dict.fromkeys(str(k.object) for k in keys if k.parent not in tables))


def _plain(judgement: Judgement) -> bool:
    return (
        judgement.standing in (Standing.OK, Standing.PENDING)
        and (
            not judgement.evidence
            or judgement.standing is Standing.PENDING
            or all(e.holds for e in judgement.evidence)
        )
        and not judgement.unproven
        and not judgement.superseded_by
        and not any(f in ("not-replayable", "renamed", "out-of-order") for f in judgement.flags)
        and not judgement.notes
    )


def _flush(run: list[Judgement], out: IO[str], width: int) -> None:
    if len(run) <= _FOLD:
        for judgement in run:
            _line(judgement, out, width)
        return
    mark, style = MARKS.get(run[0].standing, _BAD)
    label = paint(f"{symbols(out)[mark]} {run[0].standing:<{width}}", style, out)
    say(f"  {label}  {run[0].name} … {run[-1].name}  ({len(run)} files)", out)


def _line(judgement: Judgement, out: IO[str], width: int) -> None:
    mark, style = MARKS.get(judgement.standing, _BAD)
    label = paint(f"{symbols(out)[mark]} {judgement.standing:<{width}}", style, out)
    reason = _reason(judgement)
    say(f"  {label}  {judgement.name}" + (f"  {reason}" if reason else ""), out)


def _reason(judgement: Judgement) -> str:
    """Why the migration stands where it stands, in a few words."""
    owned, held = judgement.owned, judgement.held
    match judgement.standing:
        case Standing.OK if judgement.verdict is Verdict.SUPERSEDED:
            return f"(overwritten since by {_some(judgement.superseded_by)})"
        case Standing.OK if judgement.unproven:
            return f"(schema proven; {_statements(judgement.unproven)} wrote rows, which nothing proves)"
        case Standing.PHANTOM if "hidden" in judgement.flags:
            return "recorded as applied, but it never ran"
        case Standing.PHANTOM if owned == held:
            return "recorded as applied, but its own check is not true"
        case Standing.PHANTOM:
            facts = "fact" if owned - held == 1 else "facts"
            return f"recorded as applied, but none of what it does is there ({owned - held} {facts} missing)"
        case Standing.PARTIAL:
            claim = "recorded, but" if judgement.recorded else "not recorded,"
            return f"{claim} only partly there: {_reached(judgement)}"
        case Standing.UNRECORDED if judgement.verdict is Verdict.SUPERSEDED:
            return f"overwritten since by {_some(judgement.superseded_by)}, but not recorded"
        case Standing.UNRECORDED if not judgement.renamed:
            return "everything it does is there, but it is not recorded"
        case Standing.UNPROVABLE:
            return "recorded; it leaves nothing in the schema that could prove it"
        case Standing.DUPLICATE if "same-version" in judgement.flags:
            return "not recorded, and cannot be while another file has its version"
        case Standing.DUPLICATE:
            return "recorded twice; wrangler's ledger cannot hold that, so this table was made otherwise"
        case Standing.UNKNOWN:
            return "not recorded; it leaves nothing in the schema that could show whether it ran"
        case _:
            return ""


def _reached(judgement: Judgement) -> str:
    location = judgement.location
    total = judgement.statements
    if location is None:
        return f"{judgement.held} of {judgement.owned} facts hold"
    if location.exact:
        reach = str(location.low) if location.low == location.high else f"{location.low} or {location.high}"
        return f"exactly what {reach} of {total} statements leave"
    parts = []
    if location.missing:
        parts.append(f"{_statements(location.missing)} of {total} missing")
    if location.mixed:
        parts.append(f"{_statements(location.mixed)} made something else")
    return ", ".join(parts) or f"{judgement.held} of {judgement.owned} facts hold"


def _statements(numbers: Sequence[int]) -> str:
    return ("statement " if len(numbers) == 1 else "statements ") + ", ".join(map(str, numbers))


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _details(judgement: Judgement, out: IO[str], command: Command) -> None:
    for note in judgement.notes:
        if not note.startswith("git "):
            say(f"      {paint(note, 'dim', out)}", out)
    quiet = judgement.standing in (Standing.PENDING, Standing.OUT_OF_ORDER)
    evidence = [] if quiet else collapse(e for e in judgement.evidence if not e.holds)
    for item in evidence[:_SHOWN]:
        place = f"  {paint(_place(judgement, item), 'dim', out)}" if item.line else ""
        say(f"      {item.fact}: {_compare(item)}{place}", out)
    if len(evidence) > _SHOWN:
        say(f"      … and {len(evidence) - _SHOWN} more (--json shows all)", out)
    if judgement.standing is Standing.PARTIAL and judgement.remedy is not None:
        render_remedy(judgement.remedy, out)
    if judgement.next and judgement.standing is not Standing.PENDING:
        say(f"      {symbols(out)['arrow']} {command(judgement.next)}", out)


def _place(judgement: Judgement, item: Evidence) -> str:
    file = judgement.file or judgement.name
    number = f", statement {item.statement}" if item.statement else ""
    return f"{file}:{item.line}{number}"


def _compare(item: Evidence) -> str:
    if item.expected is None:
        return (
            "should be gone, is there"
            if item.key and item.key.prop == EXISTS
            else f"expected none, is {_on_one_line(item.observed or '')}"
        )
    if item.observed is None:
        return "missing" if item.expected == "yes" else f"expected {_on_one_line(item.expected)}, missing"
    if max(len(item.expected), len(item.observed)) > _LONG or "\n" in item.expected + item.observed:
        return _first_difference(item.expected, item.observed)
    return f"expected {item.expected}, is {item.observed}"


_LONG = 160


def _on_one_line(text: str) -> str:
    """A value on one line, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"


def _first_difference(expected: str, observed: str) -> str:
    """Where two long values part: the first line that differs, on both sides."""
    pairs = zip_longest(expected.strip().splitlines(), observed.strip().splitlines())
    number, (one, two) = next(
        ((n, (a, b)) for n, (a, b) in enumerate(pairs, 1) if a != b), (1, (expected, observed))
    )
    shown = f"expected {'no such line' if one is None else _on_one_line(one) or 'nothing'}"
    other = f"is {'no such line' if two is None else _on_one_line(two) or 'nothing'}"
    at = f"line {number}: " if "\n" in expected + observed else ""
    return f"{at}{shown}, {other}"


def collapse(evidence: object) -> list[Evidence]:
    """Missing objects without the list of their properties; missing tables without their columns."""
    items = list(evidence)  # type: ignore[call-overload]
    gone = {e.key.object for e in items if e.key and e.key.prop == EXISTS}
    tables = {o.name for o in gone if o.kind in ("table", "virtual table")}
    # What an INVALID index is besides says nothing more.
    invalid = {e.key.object for e in items if e.key and (e.key.kind, e.key.prop) == ("index", "valid")}
    items = [e for e in items if not e.key or e.key.prop != "ready" or e.key.object not in invalid]
    return [
        e
        for e in items
        if e.key is None
        or (e.key.parent not in tables and (e.key.prop == EXISTS or e.key.object not in gone))
    ]


_BASE_NEXT = {
    "postgres": Next(
        "Take the schema that it starts from out of the database: ", landed("shadow", "pull", base=True)
    ),
    "other": 'Name the schema that it starts from, in landed.toml: [shadow] base = "schema.sql"',
}


def _base(exam: Examination, out: IO[str], command: Command) -> None:
    base = exam.base
    if "needs-managed" in {f for j in exam.judgements for f in j.flags}:
        pull = command(Next("Take its real shape out of the database: ", landed("shadow", "pull")))
        say(out=out)
        say("  The files use what the platform's schemas have in this project, and not in a new one.", out)
        say(f"  {pull}", out)
    if base is None:
        if "needs-base" in {f for j in exam.judgements for f in j.flags}:
            say(out=out)
            say(
                "  The history does not start from an empty database: it uses tables that no file makes.", out
            )
            say(f"  {command(_BASE_NEXT['postgres' if exam.workspace.is_postgres else 'other'])}", out)
        return
    wrong = collapse(e for e in base.evidence if not e.holds)
    if wrong:
        say(out=out)
        say(f"  The starting schema is not what the database has ({len(wrong)}):", out)
        for item in wrong[:_SHOWN]:
            say(f"      {item.fact}: {_compare(item)}", out)


def _unexplained(exam: Examination, out: IO[str]) -> None:
    objects = unexplained_objects(exam.unexplained)
    if not objects:
        return
    say(out=out)
    say(f"  In the database, but made by no migration ({len(objects)}):", out)
    for name in objects[:_SHOWN]:
        say(f"      {name}", out)
    if len(objects) > _SHOWN:
        say(f"      … and {len(objects) - _SHOWN} more (--json shows all)", out)
    from landed.ops.adopting import adoption

    if (found := adoption(exam)) is not None:
        render_adoption(found, len(objects), out)
    say(f"      {symbols(out)['arrow']} put them into a migration, or remove them by hand", out)


def _set_notes(exam: Examination, out: IO[str]) -> None:
    """What is worth knowing about the folder as a whole: doubled numbers, gaps, files that are skipped."""
    notes = exam.notes
    for note in notes[:_SHOWN]:
        say(f"  {paint('note: ' + note.text, 'dim', out)}", out)
    if len(notes) > _SHOWN:
        say(f"  … and {len(notes) - _SHOWN} more notes (landed doctor shows all)", out)


def _absent(exam: Examination, command: Command) -> list[str]:
    lines = ["The database does not exist yet; nothing was created."]
    from landed.project.d1_local import other_local_files

    spec = exam.workspace.spec
    if spec.kind == "d1:local" and spec.path is not None:
        strays = other_local_files(spec.path, exam.workspace.project.all_databases)
        lines += [
            f"  beside it there is {s.path.name[:12]}….sqlite, which belongs to {s.owner}" for s in strays
        ]
        if len(lines) > 1:
            lines.append(f"  {command(DOCTOR)} shows which file is meant and why")
    return lines


def render(report: Status, page: Page) -> None:
    """Write the status."""
    render_status(report.exam, page.out, page.command, everything=report.everything)
