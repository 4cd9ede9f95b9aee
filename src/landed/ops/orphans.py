"""Ledger rows without a file: deleted files, and files that were renamed after they were applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from landed.core.advice import shell_word
from landed.core.ledger import LedgerRow
from landed.core.standing import Judgement, Standing, Verdict
from landed.ops.workspace import Workspace

_NUMBER = re.compile(r"^[0-9]+[_-]?")


def orphan_judgements(
    workspace: Workspace, ledger: Sequence[LedgerRow], names: Sequence[str]
) -> list[Judgement]:
    """One judgement per ledger row that has no file, in the ledger's order."""
    known = set(names)
    orphans = []
    for row in ledger:
        if row.name in known:
            continue
        deleted = workspace.deleted_in_git(row.name)
        notes: tuple[str, ...] = ("the ledger records it, but there is no such file",)
        if deleted is not None:
            notes = (
                f"git checkout {deleted}^ -- {shell_word(workspace.path_of(row.name))}",
                f"deleted in commit {deleted}",
            )
        elif workspace.in_last_commit(row.name):
            notes = (
                f"git checkout HEAD -- {shell_word(workspace.path_of(row.name))}",
                "the file is gone; it is still in the last commit",
            )
        orphans.append(Judgement(row.name, True, None, Standing.ORPHAN, notes=notes, flags=("orphan",)))
    return orphans


def pair_renamed(
    workspace: Workspace,
    judged: Sequence[Judgement],
    orphans: Sequence[Judgement],
    digests: Mapping[str, str],
) -> tuple[list[Judgement], list[Judgement]]:
    """Find orphans that are an unrecorded file under its old name.

    Proof is the same SQL by the lock file or the git history; failing that, a file whose effects
    are all there and that is the only one with the orphan's number or title.
    """
    free = {
        j.name: j
        for j in judged
        if not j.recorded
        and j.standing in (Standing.UNRECORDED, Standing.UNKNOWN, Standing.OUT_OF_ORDER, Standing.PENDING)
    }
    if not orphans or not free:
        return list(judged), list(orphans)
    pairs: dict[str, str] = {}
    for orphan in orphans:
        found = _same_sql(workspace, orphan.name, free, digests) or _alike(orphan.name, free, pairs)
        if found is not None and found not in pairs.values():
            pairs[orphan.name] = found
    back = {new: old for old, new in pairs.items()}
    return (
        [
            _renamed(j, back[j.name], f"recorded under its old name {back[j.name]}") if j.name in back else j
            for j in judged
        ],
        [
            _renamed(o, pairs[o.name], f"the file is now called {pairs[o.name]}") if o.name in pairs else o
            for o in orphans
        ],
    )


def _renamed(judgement: Judgement, other: str, note: str) -> Judgement:
    standing = judgement.standing if judgement.standing is Standing.ORPHAN else Standing.UNRECORDED
    return judgement._replace(
        standing=standing,
        renamed=other,
        flags=(*judgement.flags, "renamed"),
        notes=(note, *(n for n in judgement.notes if not n.startswith(("git ", "its number is below")))),
    )


def _same_sql(
    workspace: Workspace, old: str, free: Mapping[str, Judgement], digests: Mapping[str, str]
) -> str | None:
    wanted = workspace.locked_digest(old) or workspace.digest_in_git(old)
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
        if j.verdict is Verdict.LANDED and not j.unproven and name not in taken.values()
    ]
    for same in (_title, _number):
        key = same(old)
        found = [name for name in landed if key and same(name) == key]
        if len(found) == 1:
            return found[0]
    return None


def _title(name: str) -> str:
    return _NUMBER.sub("", name).lower()


def _number(name: str) -> str:
    match = _NUMBER.match(name)
    return match[0].rstrip("_-").lstrip("0") if match else ""
