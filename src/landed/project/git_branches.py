"""Branches and remotes of a folder's repository: where what is missing here may be. Never fails."""

from __future__ import annotations

from pathlib import Path

from landed.project.git_process import run_git


def branch_with(directory: Path, commit: str) -> str | None:
    """A branch that has this commit, one of this clone before one of a remote; ``None`` for none."""
    known = ("for-each-ref", "--format=%(refname)", f"--contains={commit}", "refs/heads", "refs/remotes")
    done = run_git(directory, known)
    names = done.decode("utf-8", "replace").splitlines() if isinstance(done, bytes) else []
    found = (n.removeprefix("refs/heads/").removeprefix("refs/remotes/") for n in names)
    return next((n for n in found if not n.endswith("/HEAD")), None)


def has_remote(directory: Path) -> bool:
    """Whether the folder's repository knows another one that commits could come from."""
    done = run_git(directory, ("remote",))
    return isinstance(done, bytes) and bool(done.strip())
