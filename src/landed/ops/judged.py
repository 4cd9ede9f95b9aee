"""What is said of each file in the end: the ruling in file order, with what no schema can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from landed.core.advice import advise
from landed.core.describe import WITHHELD
from landed.core.facts import Facts
from landed.core.flags import Flag
from landed.core.judge import Ruling
from landed.core.ledger import late_files
from landed.core.migration import Migration
from landed.core.standing import Judgement, Standing, Verdict, standing
from landed.core.timeline import Step
from landed.core.turns import in_turn
from landed.engines.base import Known
from landed.engines.live import LiveState
from landed.ops.behind import WRONG, Missing, cautious
from landed.ops.edits import Edit
from landed.ops.fileless import fileless_judgements, pair_renamed
from landed.ops.workspace import Workspace


class Judged(NamedTuple):
    """A history that has been judged: ``migrations`` in file order, ``steps`` in that of the replay.

    ``edits`` are the applied files that have changed since; ``made_by`` says of files whose objects another
    role made whose they are, ``needed`` which later file could not have run without an overwritten one,
    ``missing`` what is known of rows without a file.
    """

    workspace: Workspace
    migrations: Sequence[Migration]
    steps: Sequence[Step]
    state: LiveState
    facts: Facts
    ruling: Ruling
    edits: Mapping[str, Edit]
    made_by: Mapping[str, str]
    needed: Mapping[str, str]
    missing: Missing | None = None


def known_of(found: Judged) -> Known:
    """What is known of the target, for what sets it right."""
    workspace, missing = found.workspace, found.missing
    files = {m.name: m for m in found.migrations}
    files |= {name: m for name, m in missing.known.items() if name not in files} if missing else {}
    if (base := workspace.engine.base()) is not None:
        files[base.name] = base
    applied = frozenset(step.name for i, step in enumerate(found.steps) if i in found.ruling.applied)
    return Known(files, found.steps, applied, found.state, found.ruling.expected, found.facts)


def finish(found: Judged, known: Known) -> tuple[Judgement, ...]:
    """The judgements in file order, those on ledger rows without a file last."""
    workspace, migrations = found.workspace, found.migrations
    engine, ledger = workspace.engine, found.state.ledger or ()
    names = [m.name for m in migrations]
    late = late_files(names, {row.name for row in ledger})
    by_name = dict(zip((s.name for s in found.steps), found.ruling.judgements, strict=True))
    steps = {s.name: s for s in found.steps}
    judged = []
    for migration in migrations:
        judgement = _described(found, migration, by_name[migration.name], steps[migration.name])
        if judgement.standing is Standing.PARTIAL:
            judgement = engine.remedy(judgement, migration, found.ruling.expected, found.facts)
        judged.append(_with_edit(judgement, found.edits.get(migration.name), migration.name in late))
    fileless = fileless_judgements(workspace, ledger, names)
    stored = engine.same_as_stored(found.state, migrations)
    digests = {s.name: s.digest for s in found.steps}
    judged, fileless = pair_renamed(workspace, judged, fileless, digests, stored)
    if any(j.standing in WRONG for j in judged):
        judged = list(engine.mended(judged, known))
    counted = Counter(row.name for row in ledger)
    doubled = engine.one_version(migrations)
    advised = [
        advise(_with_double(j, counted[j.name] > 1, doubled.get(j.name)), late=engine.keeps_order)
        for j in judged + fileless
    ]
    if found.missing is not None:
        advised = cautious(workspace, advised, ledger, found.missing.after(found.steps, engine.wants_rows))
    return in_turn(advised)


def _described(found: Judged, migration: Migration, judgement: Judgement, step: Step) -> Judgement:
    """The judgement with the notes and flags of its file: who made it, why it cannot be replayed, and what it
    leaves that is not read."""
    engine = found.workspace.engine
    notes = [*judgement.notes, *(note.text for note in migration.notes)]
    flags = [*judgement.flags, *(Flag(note.code) for note in migration.notes)]
    if migration.name in found.made_by:
        notes += filter(None, [found.made_by[migration.name]])
        flags.append(Flag.MADE_BY_ANOTHER_ROLE)
    if migration.name in found.needed:
        judgement = judgement._replace(standing=Standing.UNRECORDED)
        notes.append(f"{found.needed[migration.name]} could not have run without it")
    known_broken = migration.name in found.workspace.project.settings.broken
    if known_broken and judgement.verdict is not Verdict.LANDED:
        judgement = _known_broken(judgement)
        notes.append("it is known not to replay ([shadow] broken), so nothing shows what it did")
        flags.append(Flag.KNOWN_BROKEN)
    for failure in step.failures if not known_broken else ():
        flags.append(Flag.NOT_REPLAYABLE)
        if engine.needs_platform(failure):
            flags.append(Flag.NEEDS_MANAGED)
        elif engine.needs_base(failure, found.steps):
            flags.append(Flag.NEEDS_BASE)
        why = f"{WITHHELD}: " if failure.withheld else ""
        at = f"statement {failure.statement} (line {failure.line})"
        notes.append(f"{at} cannot be replayed: {why}{failure.message}")
    for number in judgement.unread:
        trace = step.traces[number - 1]
        flags.append(Flag.UNREAD)
        if trace.blind:
            notes.append(
                f"line {trace.line}: landed does not read what this leaves: {', '.join(trace.blind)}"
            )
    return judgement._replace(
        version=migration.version,
        file=migration.file,
        flags=tuple(dict.fromkeys(flags)),
        notes=tuple(notes),
    )


def _with_double(judgement: Judgement, twice: bool, other: str | None) -> Judgement:
    if twice:
        return judgement._replace(standing=Standing.DUPLICATE)
    if other is None or judgement.recorded:
        return judgement
    return judgement._replace(
        standing=Standing.DUPLICATE,
        flags=(*judgement.flags, Flag.SAME_VERSION),
        notes=(*judgement.notes, f"{other} has the same version, and the ledger can hold only one of them"),
    )


def _known_broken(judgement: Judgement) -> Judgement:
    return judgement._replace(
        verdict=Verdict.UNPROVABLE,
        standing=standing(judgement.recorded, Verdict.UNPROVABLE),
        evidence=(),
        location=None,
    )


def _with_edit(judgement: Judgement, edit: Edit | None, late: bool) -> Judgement:
    if edit is not None and judgement.recorded:
        return judgement._replace(
            standing=Standing.EDITED,
            flags=(*judgement.flags, Flag.EDITED),
            notes=(*judgement.notes, edit.text),
        )
    if late:
        judgement = judgement._replace(flags=(*judgement.flags, Flag.OUT_OF_ORDER))
        if judgement.standing in (Standing.PENDING, Standing.UNKNOWN):
            return judgement._replace(
                standing=Standing.OUT_OF_ORDER,
                notes=(*judgement.notes, "its number is below that of a file that is already applied"),
            )
    return judgement
