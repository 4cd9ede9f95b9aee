"""Ledger rows without a file: deleted files, and files that were renamed after they were applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from landed.core.flags import Flag
from landed.core.ledger import LedgerRow
from landed.core.next import Effect, Next, program
from landed.core.standing import Judgement, Standing, Verdict
from landed.ops.workspace import Workspace

if TYPE_CHECKING:
    pass

_NUMBER = re.compile(r"^[0-9]+[_-]?")


def fileless_judgements(
    workspace: Workspace, ledger: Sequence[LedgerRow], names: Sequence[str]
) -> list[Judgement]:
    """One judgement per ledger row that has no file, in the ledger's order."""
    known = set(names)
    fileless = []
    for row in ledger:
        if row.name in known:
            continue
        file = workspace.engine.file_name(row.name)
        deleted = workspace.git.deleted_in(file)
        notes: tuple[str, ...] = ("the ledger records it, but there is no such file",)
        if deleted is not None:
            notes = (
                _checkout(f"{deleted}^", workspace.path_of(file)),
                f"deleted in commit {deleted}",
            )
        elif workspace.git.in_last_commit(file):
            notes = (
                _checkout("HEAD", workspace.path_of(file)),
                "the file is gone; it is still in the last commit",
            )
        elif (found := workspace.git.elsewhere(file)) is not None:
            commit, branch = found
            of_branch = f" of branch {branch}" if branch else ""
            notes = (_checkout(commit, workspace.path_of(file)), f"it is in commit {commit}{of_branch}")
        fileless.append(Judgement(row.name, True, None, Standing.NO_FILE, notes=notes, flags=(Flag.NO_FILE,)))
    return fileless


def _checkout(commit: str, path: str) -> Next:
    """The command that brings one file back, also where git would read its name as a pattern of others."""
    pattern = path.startswith(":") or any(c in "*?[\\" for c in path)
    literally = ["--literal-pathspecs"] if pattern else []
    return Next(program("git", *literally, "checkout", commit, "--", path, effect=Effect.WRITE_FILES))


def pair_renamed(
    workspace: Workspace,
    judged: Sequence[Judgement],
    fileless: Sequence[Judgement],
    digests: Mapping[str, str],
    stored: Mapping[str, Sequence[str]],
) -> tuple[list[Judgement], list[Judgement]]:
    """Find rows without a file that are an unrecorded file under its old name.

    Proof is the same SQL, which the ledger itself holds (``stored``: row -> files with its SQL), or the
    lock file or the git history; failing that, a file whose effects
    are all there and that is the only one with the number or title of the row.
    """
    free = {
        j.name: j
        for j in judged
        if not j.recorded
        and j.standing in (Standing.UNRECORDED, Standing.UNKNOWN, Standing.OUT_OF_ORDER, Standing.PENDING)
    }
    fileless = [_with_its_sql(row) if row.name in stored else row for row in fileless]
    if not fileless or not free:
        return list(judged), fileless
    pairs: dict[str, str] = {}
    for row in fileless:
        found = (
            _same_stored(stored.get(row.name, ()), row.name, free, pairs)
            or _same_sql(workspace, row.name, free, digests)
            or _alike(row.name, free, pairs)
        )
        if found is not None and found not in pairs.values():
            pairs[row.name] = found
    back = {new: old for old, new in pairs.items()}
    return (
        [
            _renamed(j, back[j.name], f"recorded under its old name {back[j.name]}") if j.name in back else j
            for j in judged
        ],
        [
            _renamed(o, pairs[o.name], f"the file is now called {pairs[o.name]}") if o.name in pairs else o
            for o in fileless
        ],
    )


_OF_OLD_NAME = ("git ", "its number is below", "the ledger holds its SQL")


def _with_its_sql(row: Judgement) -> Judgement:
    """A row that holds the SQL that was run: the file can be written again."""
    notes = (*row.notes, "the ledger holds its SQL, so the file can be written again")
    return row._replace(flags=(*row.flags, Flag.SQL_IN_LEDGER), notes=notes)


def _renamed(judgement: Judgement, other: str, note: str) -> Judgement:
    standing = judgement.standing if judgement.standing is Standing.NO_FILE else Standing.UNRECORDED
    return judgement._replace(
        standing=standing,
        renamed=other,
        flags=(*judgement.flags, Flag.RENAMED),
        notes=(note, *(n for n in judgement.notes if not n.startswith(_OF_OLD_NAME))),
    )


def _same_stored(
    same: Sequence[str], old: str, free: Mapping[str, Judgement], taken: Mapping[str, str]
) -> str | None:
    """The file with the SQL that the ledger holds for the row, unless its effects are not there."""
    left = [
        n
        for n in same
        if n in free and n not in taken.values() and free[n].verdict not in (Verdict.ABSENT, Verdict.PARTIAL)
    ]
    alike = [n for n in left if _title(n) == _title(old)]
    return (alike or left)[0] if len(alike or left) >= 1 else None


def _same_sql(
    workspace: Workspace, old: str, free: Mapping[str, Judgement], digests: Mapping[str, str]
) -> str | None:
    file = workspace.engine.file_name(old)
    wanted = workspace.locked_digest(file) or workspace.git.digest(file)
    if wanted is None:
        return None
    same = [
        name for name in free if digests.get(name) == wanted and free[name].verdict is not Verdict.PARTIAL
    ]
    # SQL that another file has as well says nothing; so does SQL whose effects are plainly not there.
    same = [name for name in same if free[name].verdict is not Verdict.ABSENT]
    return same[0] if len(same) == 1 else None


def _alike(old: str, free: Mapping[str, Judgement], taken: Mapping[str, str]) -> str | None:
    landed = [
        name
        for name, j in free.items()
        if j.verdict is Verdict.LANDED and not (j.unproven or j.unread) and name not in taken.values()
    ]
    for same in (_title, _number):
        key = same(old)
        found = [name for name in landed if key and same(name) == key]
        if len(found) == 1:
            return found[0]
    return None


def _title(name: str) -> str:
    return _NUMBER.sub("", name).removesuffix(".sql").lower()


def _number(name: str) -> str:
    match = _NUMBER.match(name)
    return match[0].rstrip("_-").lstrip("0") if match else ""
