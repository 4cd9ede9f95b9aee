"""Clusters that nobody needs any more: of an earlier landed, of programs that are gone, of a crash."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from landed.engines.postgres.shadow.server.locks import flock, listens, stop

UNUSED_DAYS = 7
_CLUSTER = re.compile(r"\d+-[0-9a-f]{12}")


def sweep_clusters(base: Path, keep: Path, *, days: float = UNUSED_DAYS) -> list[Path]:
    """Remove clusters below ``base`` that nobody uses and nobody has used for some days; ``keep`` stays."""
    removed = []
    for root in base.iterdir():
        if root == keep or not _CLUSTER.fullmatch(root.name) or root.is_symlink():
            continue
        try:
            used = (root / "ready").stat().st_mtime
        except OSError:
            used = root.stat().st_mtime
        if time.time() - used > days * 86400 and remove_cluster(root, wait=False):
            removed.append(root)
    return removed


def remove_cluster(root: Path, *, wait: bool) -> bool:
    """Stop and remove one cluster; while somebody uses it, wait for the end of that, or leave it be."""
    locks: list[int] = []
    try:
        for name in ("start.lock", "users.lock"):
            lock = flock(root / name, shared=False, wait=wait)
            if lock is None:
                return False
            locks.append(lock)
        if listens(root / "s"):
            stop(root / "data")
        shutil.rmtree(root, ignore_errors=True)
    except OSError:
        return False
    finally:
        for lock in locks:
            os.close(lock)
    return not root.exists()
