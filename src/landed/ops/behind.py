"""Recorded rows without a file: the files here may not be the whole history.

What such a row has done is known where its SQL is: in the row itself, or in the git history. Then it is
replayed at its place, though no file is there. Otherwise nobody can say what it did, and what is missing of a
file before it may be its doing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from landed.core.advice import BY_HAND
from landed.core.flags import Flag
from landed.core.ledger import LedgerRow
from landed.core.migration import Migration
from landed.core.next import STATUS, Effect, Next, landed, program, shell_word
from landed.core.standing import Judgement, Standing, Verdict, standing
from landed.core.timeline import Failure, Step
from landed.engines.live import LiveState
from landed.ops.workspace import Workspace

WRONG = (Standing.PARTIAL, Standing.PHANTOM)
MOST = 500
"""At most so many rows without a file are replayed."""


class Missing(NamedTuple):
    """Recorded rows of which there is no file under any name.

    ``known`` stand in for those whose SQL is known (row -> its file as it was), ``unknown`` says of the
    others why it is not.
    """

    known: Mapping[str, Migration]
    unknown: Mapping[str, str]

    def without(self, names: Collection[str]) -> Missing:
        """The same where a file here does what these do, and nobody can say which of them ran."""
        known = {name: file for name, file in self.known.items() if name not in names}
        return Missing(known, {**self.unknown, **dict.fromkeys(names, "a file here does the same again")})

    def after(self, steps: Sequence[Step], wants_rows: Callable[[Failure], bool]) -> Missing:
        """The same once those that are known are replayed: of one that fails nobody knows what it did, unless
        it only lacked rows (``wants_rows``)."""
        failed = {s.name for s in steps if s.name in self.known and not all(map(wants_rows, s.failures))}
        why = dict.fromkeys(failed, "its SQL does not run in a replay")
        return self._replace(unknown={**self.unknown, **why})


def missing_rows(workspace: Workspace, state: LiveState, judged: Sequence[Judgement]) -> Missing | None:
    """What is known of rows without a file; ``None`` where there are no such rows.

    Rows whose SQL a file here has, under whatever name, lack nothing.
    """
    names = [j.name for j in judged if Flag.NO_FILE in j.flags and not j.renamed]
    if not names:
        return None
    if len(names) > MOST:
        return Missing({}, dict.fromkeys(names, f"more than {MOST} rows have no file"))
    files = workspace.migrations().migrations
    stored = workspace.engine.same_as_stored(state, files)
    here = {m.digest for m in files}
    texts = workspace.git.texts(workspace.engine.file_name(name) for name in names)
    known: dict[str, Migration] = {}
    unknown: dict[str, str] = {}
    for name in dict.fromkeys(names):
        if stored.get(name):
            continue
        found = _sql_of(workspace, state, name, texts)
        if not isinstance(found, Migration):
            unknown[name] = found
        elif found.digest not in here:
            known[name] = found
    return Missing(known, unknown)


def _sql_of(
    workspace: Workspace, state: LiveState, name: str, known: Mapping[str, Mapping[str, str]]
) -> Migration | str:
    """The file of a row as it was, or why it is not known."""
    engine, git = workspace.engine, workspace.git
    lost = engine.lost_file(state, name)
    if not isinstance(lost, str):
        return Migration(name, "", workspace.path_of(lost.name), lost.text, engine.parse)
    file = engine.file_name(name)
    texts = known.get(file, {})
    locked = workspace.locked_digest(file)
    if locked is not None and locked in texts:
        text = texts[locked]
    elif len(texts) > 1:
        return f"git knows {len(texts)} different texts of it"
    elif git.everywhere is not None and git.everywhere.shallow:
        return "this clone is shallow: git does not know all texts of it"
    elif git.everywhere is not None and git.everywhere.cut:
        return "git has more commits than are looked through"
    elif not texts or locked is not None:
        return "neither its row nor git has its SQL"
    else:
        (text,) = texts.values()
    return Migration(name, "", workspace.path_of(file), text, engine.parse)


def with_stand_ins(
    files: Sequence[Migration], ledger: Sequence[LedgerRow], known: Mapping[str, Migration]
) -> list[Migration]:
    """The files with what stands in for missing ones, each behind what the ledger has before it."""
    found = list(files)
    names = {m.name for m in files}
    before: str | None = None
    for row in sorted(ledger, key=lambda r: r.id) if known else ():
        if row.name in known and row.name not in names:
            place = next((i for i, m in enumerate(found) if m.name == before), -1)
            found.insert(place + 1, known[row.name])
            names.add(row.name)
        if row.name in names:
            before = row.name
    return found


def replaced_rows(
    alone: Sequence[Step], together: Sequence[Step], known: Mapping[str, Migration]
) -> set[str]:
    """The rows behind whose SQL a file fails that runs without: it does the same again, as one does that many
    were squashed into. ``alone`` are the steps of the files, ``together`` those with the rows' SQL."""
    failed = {step.name for step in alone if step.failed}
    last = max((i for i, s in enumerate(together) if _fails(s, known, failed)), default=0)
    return {step.name for step in together[:last] if step.name in known}


def _fails(step: Step, known: Mapping[str, Migration], failed: Collection[str]) -> bool:
    return step.failed and step.name not in known and step.name not in failed


def cautious(
    workspace: Workspace,
    judged: Sequence[Judgement],
    ledger: Sequence[LedgerRow],
    missing: Missing,
) -> list[Judgement]:
    """The judgements, and what to do, where nobody knows what the missing rows did.

    A recorded file before such a row is not called partial or phantom for what is not there, nor is a file
    that is not recorded called half run. Where the newest rows have no file, the checkout is older than its
    database.
    """
    place = {row.name: row.id for row in ledger}
    there = [j for j in judged if (j.recorded and Flag.NO_FILE not in j.flags) or j.renamed]
    newest = max((place[j.name] for j in there if j.name in place), default=-1)
    unseen = max((place[name] for name in missing.unknown), default=-1)
    unsure = _unsure(judged, place, unseen, late=unseen > newest)
    found = [
        _row(workspace, j, missing, place[j.name] > newest, bool(unsure))
        if j.name in missing.known or j.name in missing.unknown
        else j
        for j in judged
    ]
    rows = [j for j in found if j.name in missing.unknown]
    return [_unseen(j, rows) if j.name in unsure else j for j in found]


def _unsure(judged: Sequence[Judgement], place: Mapping[str, int], unseen: int, *, late: bool) -> set[str]:
    """The files that are not as they should be, and that do not surely come after the row at ``unseen``.

    One that is not recorded does where one that is recorded after the row stands before it. Where the row is
    the newest (``late``), it may also be what made that which speaks for a file that is not recorded.
    """
    found = set()
    after = unseen < 0
    for judgement in judged:
        after = after or place.get(judgement.name, -1) > unseen
        before = place[judgement.name] < unseen if judgement.name in place else not after
        wrong = judgement.standing in WRONG
        doubtful = late and judgement.standing is Standing.UNRECORDED and not judgement.renamed
        if before and (wrong or doubtful):
            found.add(judgement.name)
    return found


def _row(
    workspace: Workspace, judgement: Judgement, missing: Missing, late: bool, suspected: bool
) -> Judgement:
    """A row that the checkout lacks, and how to get it; ``suspected``: of what other files lack."""
    why = missing.unknown.get(judgement.name)
    flags, notes = judgement.flags, judgement.notes
    if why is not None:
        flags, notes = (*flags, Flag.UNSEEN), (*notes, f"nobody can say what it did: {why}")
    if late:
        flags = (*flags, Flag.BEHIND)
    found = judgement._replace(flags=flags, notes=notes)
    wanted = late or (suspected and why is not None)
    return found._replace(next=_update(workspace, found)) if wanted else found


def _update(workspace: Workspace, judgement: Judgement) -> Next | None:
    own = judgement.next
    if own is not None and own.first is not None and not own.first.is_of_landed:
        return own
    git = workspace.git
    fetch = landed("repair", judgement.name, fetch=True) if Flag.SQL_IN_LEDGER in judgement.flags else None
    if git.has_remote:
        deeper = ("--unshallow",) if git.everywhere is not None and git.everywhere.shallow else ()
        pull = program("git", "pull", *deeper, effect=Effect.WRITE_FILES)
        return Next(pull, ", or: ", fetch, choice="checkout") if fetch else Next(pull)
    if fetch:
        return Next(fetch)
    file = shell_word(workspace.path_of(workspace.engine.file_name(judgement.name)))
    return Next(f"put {file} back, then: ", STATUS.afterwards())


def _unseen(judgement: Judgement, rows: Sequence[Judgement]) -> Judgement:
    """A file of which nobody can say what is there, because of ``rows`` that have none."""
    which = " or ".join(row.name for row in rows[:2])
    doing = f"what is there of it, or is not, may be the doing of {which} (no file here)"
    return judgement._replace(
        verdict=Verdict.UNPROVABLE,
        standing=standing(judgement.recorded, Verdict.UNPROVABLE),
        location=None,
        remedy=None,
        allow=(),
        flags=(*judgement.flags, Flag.UNSEEN),
        notes=(*(note for note in judgement.notes if note != BY_HAND), doing),
        next=rows[0].next,
    )
