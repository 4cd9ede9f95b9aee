"""rehearse: every file in a shadow, first without rows, then with a row in every table it can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landed.core.findings import Rehearsal
    from landed.core.timeline import Progress
    from landed.ops.workspace import Workspace


def rehearse(workspace: Workspace, *, progress: Progress | None = None) -> Rehearsal:
    """Replay all files in file order. Touches no target. Raises ConfigError, CannotKnow.

    Every file runs as ``apply`` runs it. A file that fails does not stop the rest.
    """
    return workspace.engine.rehearse(progress=progress)
