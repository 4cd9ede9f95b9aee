"""lock: write down under which SQL the applied files were applied, so that later edits are seen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from landed.core.standing import Standing
from landed.ops.apply import find_migration
from landed.ops.examine import Examination
from landed.ops.workspace import Workspace
from landed.project.inside import lock_path


@dataclass(frozen=True, slots=True)
class LockReport:
    """Which entries were added, replaced (accepted edits) or were there already; what is edited.

    ``absent``: there was no lock file. Without one an edit may go unseen: ``--check`` fails.
    """

    path: str
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    kept: int
    edited: tuple[str, ...]
    absent: bool = False


def check_files(workspace: Workspace) -> LockReport:
    """The files beside the lock file alone, where there is no database to be asked: only edits are found."""
    locked = {m.name: workspace.locked_digest(m.name) for m in workspace.migrations().migrations}
    digests = {m.name: m.digest for m in workspace.migrations().migrations}
    known = {name: digest for name, digest in locked.items() if digest is not None}
    edited = tuple(name for name, digest in known.items() if digest != digests[name])
    kept = len(known) - len(edited)
    return LockReport(workspace.lock_name, (), (), kept, edited, not _is_there(workspace))


def plan_lock(exam: Examination, accept: Sequence[str] = ()) -> tuple[LockReport, dict[str, str]]:
    """The entries that the lock file lacks: one per applied file, with the digest of its SQL now.

    Entries of edited files stay as they are unless ``accept`` names them; a file that has an entry
    counts as edited also where it was not applied to this database. Raises UsageError.
    """
    accepted = {find_migration(exam, name).name for name in accept}
    digests = {m.name: exam.step(m.name).digest for m in exam.migrations}
    added: list[str] = []
    replaced: list[str] = []
    edited: list[str] = []
    kept = 0
    for judgement in exam.judgements:
        name = judgement.name
        if name not in digests:
            continue
        locked = exam.workspace.locked_digest(name)
        if not judgement.recorded or judgement.standing in (Standing.PHANTOM, Standing.PARTIAL):
            # What never ran here, or not whole, is not written down; an entry from elsewhere still counts.
            if locked == digests[name]:
                kept += 1
            elif locked is not None:
                (replaced if name in accepted else edited).append(name)
            continue
        if judgement.standing is Standing.EDITED and name not in accepted:
            edited.append(name)
        elif locked is None:
            added.append(name)
        elif locked != digests[name]:
            replaced.append(name)
        else:
            kept += 1
    workspace = exam.workspace
    lists = (tuple(added), tuple(replaced), kept, tuple(edited))
    report = LockReport(workspace.lock_name, *lists, not _is_there(workspace))
    return report, {name: digests[name] for name in added + replaced}


def _is_there(workspace: Workspace) -> bool:
    return os.path.lexists(lock_path(workspace.project))
