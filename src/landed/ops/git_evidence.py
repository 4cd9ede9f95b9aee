"""What the git history of a migrations folder says about files: edited, deleted, the same SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from landed.core.migration import Migration, Parsed
from landed.project.git_branches import branch_with, has_remote
from landed.project.githistory import (
    History,
    applied_time,
    blob_id,
    edited_after,
    history,
)


@dataclass
class GitEvidence:
    """The history of one folder; ``parse`` is how its files are cut into statements."""

    directory: Path
    parse: Callable[[str], Parsed]
    _branches: dict[str, str | None] = field(default_factory=dict, repr=False)

    @cached_property
    def known(self) -> History | None:
        """The history, read once; ``None`` where there is none."""
        found = history(self.directory)
        return found if isinstance(found, History) else None

    def edited(self, migration: Migration, digest: str, applied_at: str | None) -> tuple[str, str] | None:
        """In which commit an applied file was changed afterwards: in words, and the text before."""
        known = self.known
        if known is None:
            return None
        when = applied_time(applied_at)
        since = known.version_at(migration.name, when)
        if since is None or since.blob is None or blob_id(migration.text.encode(), since.blob) == since.blob:
            return None

        def digest_of_blob(blob: str) -> str | None:
            data = known.content_at(blob)
            return self._digest_of(migration.name, data) if data is not None else None

        edit = edited_after(known, migration.name, digest, when, digest_of_blob)
        if edit is None:
            return None
        before = known.content_at(since.blob) or b""
        return f"{edit} (which was in force when it was applied)", _text_of(before)

    def deleted_in(self, name: str) -> str | None:
        """The commit (abbreviated) that deleted a file, or ``None``."""
        version = self.known.deleted_in(name) if self.known is not None else None
        return version.commit[:10] if version is not None else None

    def in_last_commit(self, name: str) -> bool:
        """Whether the last commit has a file of this name."""
        versions = self.known.versions.get(name, ()) if self.known is not None else ()
        return bool(versions) and versions[0].blob is not None

    def digest(self, name: str) -> str | None:
        """The normalised digest of a file's last committed version, also of one that is gone."""
        if self.known is None:
            return None
        blob = next((v.blob for v in self.known.versions.get(name, ()) if v.blob is not None), None)
        data = self.known.content_at(blob) if blob is not None else None
        return self._digest_of(name, data) if data is not None else None

    @cached_property
    def everywhere(self) -> History | None:
        """The history of all branches, read once; ``None`` where there is none."""
        found = history(self.directory, everywhere=True)
        return found if isinstance(found, History) else None

    @cached_property
    def has_remote(self) -> bool:
        """Whether there is another repository from which this one can be brought up to date."""
        return self.everywhere is not None and has_remote(self.directory)

    def texts(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """The texts that files have had in any commit of any branch, by normalised digest."""
        if self.everywhere is None:
            return {}
        blobs = {
            name: {v.blob for v in self.everywhere.versions.get(name, ()) if v.blob is not None}
            for name in names
        }
        known = self.everywhere.contents(blob for each in blobs.values() for blob in each)
        return {
            name: {self._digest_of(name, known[b]): _text_of(known[b]) for b in sorted(each) if b in known}
            for name, each in blobs.items()
        }

    def elsewhere(self, name: str) -> tuple[str, str | None] | None:
        """The newest commit of any branch that has a file, and a branch that has the commit."""
        versions = self.everywhere.versions.get(name, ()) if self.everywhere is not None else ()
        last = next((v for v in versions if v.blob is not None), None)
        if last is None:
            return None
        if last.commit not in self._branches:
            self._branches[last.commit] = branch_with(self.directory, last.commit)
        return last.commit[:10], self._branches[last.commit]

    def _digest_of(self, name: str, data: bytes) -> str:
        return Migration(name, "", name, _text_of(data), self.parse).digest


def _text_of(data: bytes) -> str:
    return data.decode("utf-8", errors="replace").removeprefix("\ufeff")
