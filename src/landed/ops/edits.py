"""Edited files: what the lock file and the git history say about files that are already applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from landed.core.judge import Ruling
from landed.core.ledger import LedgerRow
from landed.core.migration import Migration
from landed.core.standing import Verdict
from landed.core.timeline import Step
from landed.ops.workspace import Workspace

TRIED = 8
"""At most so many suggested edits are tried against the schema; each costs a replay."""


class Edit(NamedTuple):
    """An applied file whose SQL is no longer what was applied.

    ``source`` is ``ledger``, ``lock`` or ``git``; ``text`` says it in words; ``before`` is the file's text
    as it was then, where the history has it.
    """

    name: str
    source: str
    text: str
    before: str | None = None


def find_edits(
    workspace: Workspace,
    migrations: Sequence[Migration],
    digests: Mapping[str, str],
    ledger: Sequence[LedgerRow],
    content: Mapping[str, bool | None],
) -> dict[str, Edit]:
    """Recorded files whose SQL seems to have changed after they were applied.

    The ledger decides where its row holds the SQL that was run (``content``), unless the lock file says that
    the present SQL was accepted; after that the lock file where it has an entry; for other files the git
    history is asked which version was in force when the ledger says that the file was applied.
    """
    recorded = {row.name: row for row in ledger}
    edits: dict[str, Edit] = {}
    unlocked: list[Migration] = []
    for migration in migrations:
        row = recorded.get(migration.name)
        if row is None:
            continue
        same = content.get(migration.name)
        if same is not None:
            # Whoever accepted the file as it is now has written that down in the lock file.
            if not same and workspace.locked_digest(migration.name) != digests[migration.name]:
                edits[migration.name] = Edit(
                    migration.name,
                    "ledger",
                    f"{migration.name} is not the SQL that the ledger holds for it: it was changed after it "
                    "was applied, or something else was applied under its version",
                )
            continue
        locked = workspace.locked_digest(migration.name)
        if locked is None:
            unlocked.append(migration)
        elif locked != digests[migration.name]:
            edits[migration.name] = Edit(
                migration.name,
                "lock",
                f"{migration.name} was changed after it was applied: "
                f"its SQL no longer matches {workspace.lock_name}",
            )
    for migration in unlocked:
        found = workspace.git.edited(migration, digests[migration.name], recorded[migration.name].applied_at)
        if found is not None:
            edits[migration.name] = Edit(migration.name, "git", *found)
    return edits


def disproved(
    edits: Mapping[str, Edit],
    in_order: Sequence[Migration],
    steps: Sequence[Step],
    ruling: Ruling,
    replay: Callable[[Sequence[Migration]], Sequence[Step]],
) -> set[str]:
    """Edits that only the history suggests and that the schema disproves.

    Who edits a file, applies it and commits afterwards leaves a history in which the older text was
    in force. If all facts of the present text hold, and the older text would have made others, then
    the present text is what was applied.
    """
    landed = {j.name for j in ruling.judgements if j.verdict is Verdict.LANDED}
    wrong: set[str] = set()
    for place, migration in enumerate(in_order):
        edit = edits.get(migration.name)
        if edit is None or edit.before is None or migration.name not in landed or len(wrong) >= TRIED:
            continue
        older = Migration(migration.name, migration.version, migration.file, edit.before, migration.parse)
        step = replay([*in_order[:place], older])[-1]
        if step.net != steps[place].net:
            wrong.add(migration.name)
    return wrong
