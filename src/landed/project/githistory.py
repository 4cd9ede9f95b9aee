"""What git knows about migration files: when each was changed, and to what. Reads only, never fails."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from landed.project.git_process import TIMEOUT_SECONDS, NoHistory, run_git
from landed.project.regular_files import read

_POINTER_BYTES = 64 * 1024

_LOG = (
    *("log", "--raw", "--no-abbrev", "-z", "--no-renames", "--diff-merges=first-parent", "--relative"),
    *("--no-ext-diff", "--no-textconv", "--no-color", "--no-mailmap", "--no-notes", "--no-show-signature"),
    "--ignore-submodules=all",
)
MOST_COMMITS = 2000
"""At most so many commits that touch the folder are read where those of all branches are asked for."""

_FORMAT = "--format=%x01%H %ct"


class Version(NamedTuple):
    """One change of one file: the commit (hex), its committer time (UTC), the blob, ``None`` if deleted."""

    commit: str
    time: datetime
    blob: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The committed changes of all files in a migrations folder.

    ``versions`` maps a file's path below ``directory`` (with ``/``) to its changes, newest first.
    ``shallow``: the clone leaves out older commits, so "first" only means "first known". ``cut``: there
    are more commits than were read.
    """

    directory: Path
    versions: Mapping[str, tuple[Version, ...]]
    shallow: bool = False
    cut: bool = False

    def version_at(self, path: str, when: datetime | None) -> Version | None:
        """The version in force at a moment: the last one committed by then, else the first ever.

        (A migration is often run before it is committed.) ``None`` for a file git does not know.
        """
        existing = [v for v in self.versions.get(path, ()) if v.blob is not None]
        if when is not None:
            for version in existing:
                if version.time <= when:
                    return version
        return existing[-1] if existing else None

    def deleted_in(self, path: str) -> Version | None:
        """The commit that deleted a file which no later commit brought back."""
        versions = self.versions.get(path, ())
        return versions[0] if versions and versions[0].blob is None else None

    def content_at(self, blob: str) -> bytes | None:
        """The bytes of a version, or ``None`` when git cannot give them."""
        return self.contents((blob,)).get(blob)

    def contents(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """The bytes of several versions with one call of git; those it cannot give are left out."""
        wanted = list(dict.fromkeys(blobs))
        if not wanted:
            return {}
        done = run_git(self.directory, ("cat-file", "--batch"), "\n".join((*wanted, "")).encode())
        return _parse_batch(done) if isinstance(done, bytes) else {}


@dataclass(frozen=True, slots=True)
class Edit:
    """A migration's SQL was changed after the version that was in force when it was applied.

    ``since`` is that version; ``commit`` the first change that made a difference, ``None`` when the
    change is not committed.
    """

    path: str
    since: Version
    commit: Version | None

    def __str__(self) -> str:
        if self.commit is None:
            return f"{self.path} was changed after commit {self.since.commit[:10]}; that is not committed"
        day = self.commit.time.date().isoformat()
        return (
            f"{self.path} was changed in commit {self.commit.commit[:10]} ({day}), "
            f"after commit {self.since.commit[:10]}"
        )


def history(
    directory: Path, timeout: float = TIMEOUT_SECONDS, *, everywhere: bool = False
) -> History | NoHistory:
    """The history of a folder, read with one call of git (none where there is no repository).

    That of the last commit; with ``everywhere`` that of all branches and tags, up to ``MOST_COMMITS``.
    """
    git_dir = _git_dir(directory)
    if git_dir is None:
        return NoHistory("not in a git repository")
    more = ("--all", f"--max-count={MOST_COMMITS}") if everywhere else ()
    done = run_git(directory, (*_LOG, *more, _FORMAT, "--", "."), timeout=timeout)
    if isinstance(done, NoHistory):
        return done
    cut = everywhere and done.count(b"\x01") >= MOST_COMMITS
    return History(directory, parse_log(done), (_common_dir(git_dir) / "shallow").exists(), cut)


def edited_after(
    known: History,
    path: str,
    current_digest: str,
    applied_at: datetime | None,
    digest_of_blob: Callable[[str], str | None],
) -> Edit | None:
    """Whether a file's SQL differs from the version in force when it was applied, and since when.

    ``current_digest`` is the normalised digest of the working file, ``digest_of_blob`` gives that
    of a committed one (``None`` when it cannot be read). Changes of comments and white space, and
    changes that were taken back, are no edits.
    """
    since = known.version_at(path, applied_at)
    if since is None or since.blob is None:
        return None
    before = digest_of_blob(since.blob)
    if before is None or before == current_digest:
        return None
    versions = known.versions[path]
    for version in reversed(versions[: versions.index(since)]):
        if version.blob is not None and digest_of_blob(version.blob) not in (None, before):
            return Edit(path, since, version)
    return Edit(path, since, None)


def blob_id(content: bytes, like: str) -> str:
    """The id that git gives to this content; ``like`` is an id of the same repository (sha1 or sha256)."""
    new = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return new(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def applied_time(text: str | None) -> datetime | None:
    """A ledger's ``applied_at`` (UTC, ``YYYY-MM-DD HH:MM:SS``) as a time; ``None`` if it is none."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def parse_log(output: bytes) -> dict[str, tuple[Version, ...]]:
    """What ``git log --raw -z`` printed, as path → changes, newest first."""
    versions: dict[str, list[Version]] = {}
    commit, time = "", datetime.fromtimestamp(0, UTC)
    blob: str | None = None
    expects_path = False
    for token in output.split(b"\0"):
        if expects_path:
            path = token.decode("utf-8", "surrogateescape")
            versions.setdefault(path, []).append(Version(commit, time, blob))
            expects_path = False
            continue
        token = token.lstrip(b"\n")
        if token[:1] == b"\x01":
            # Of a commit without a time that git can read it says none.
            commit, _, seconds = token[1:].decode().partition(" ")
            time = _moment(int(seconds.strip() or 0))
        elif token[:1] == b":":
            _, _, _, after, status = token.decode().split(" ")
            blob = None if status == "D" else after
            expects_path = True
    return {path: _without_repeats(found) for path, found in versions.items()}


def _moment(seconds: int) -> datetime:
    """A commit's time; whoever makes one can write down any number."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC) if seconds > 0 else datetime.min.replace(tzinfo=UTC)


def _without_repeats(found: list[Version]) -> tuple[Version, ...]:
    """Without the changes that merges repeat: of equal neighbours the older one, which made it so."""
    kept = [
        v for v, older in zip(found, (*found[1:], None), strict=True) if older is None or v.blob != older.blob
    ]
    return tuple(kept)


def _parse_batch(output: bytes) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        words = output[at:end].split()
        at = end + 1
        if len(words) == 3:
            size = int(words[2])
            if words[1] == b"blob":
                contents[words[0].decode()] = output[at : at + size]
            at += size + 1
    return contents


def _git_dir(directory: Path) -> Path | None:
    """The repository that a folder lies in, found without starting git; follows ``gitdir:`` files."""
    folder = os.path.realpath(directory)
    while True:
        path = Path(folder, ".git")
        if path.is_dir():
            return path
        if path.is_file():
            text = read(path, ".git", most=_POINTER_BYTES, links=False).decode("utf-8", "replace").strip()
            return Path(folder, text.removeprefix("gitdir:").strip()) if text.startswith("gitdir:") else None
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _common_dir(git_dir: Path) -> Path:
    """Where a worktree's shared part lies (the ``shallow`` file among it)."""
    try:
        text = read(git_dir / "commondir", "commondir", most=_POINTER_BYTES, links=False)
        return Path(git_dir, text.decode("utf-8", "replace").strip())
    except (OSError, ValueError):
        return git_dir
