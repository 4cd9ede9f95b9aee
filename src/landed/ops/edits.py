"""Edited files: what the lock file and the git history say about files that are already applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from landed.core.ledger import LedgerRow
from landed.core.migration import Migration
from landed.ops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Edit:
    """An applied file whose SQL is no longer what was applied. ``source``: ``lock`` or ``git``."""

    name: str
    source: str
    text: str


def find_edits(
    workspace: Workspace,
    migrations: Sequence[Migration],
    digests: Mapping[str, str],
    ledger: Sequence[LedgerRow],
) -> dict[str, Edit]:
    """Recorded files whose SQL changed after they were applied.

    The lock file decides where it has an entry; for other files the git history is asked which
    version was in force when the ledger says that the file was applied.
    """
    recorded = {row.name: row for row in ledger}
    edits: dict[str, Edit] = {}
    unlocked: list[Migration] = []
    for migration in migrations:
        row = recorded.get(migration.name)
        if row is None:
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
        text = workspace.edited_in_git(
            migration, digests[migration.name], recorded[migration.name].applied_at
        )
        if text is not None:
            edits[migration.name] = Edit(migration.name, "git", text)
    return edits
