"""Where wrangler keeps the local copy of a D1 database, and whose the other files there are."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from landed.project.d1_database import D1Database

STATE = Path(".wrangler", "state")
OBJECTS = "miniflare-D1DatabaseObject"


def object_hash(database_id: str) -> str:
    """The file name (without ``.sqlite``) under which Miniflare keeps the database of this id.

    It is a Durable Object id: two 16-byte HMAC-SHA256 digests under the hash of the namespace's
    name (measured on wrangler 4.86 and 4.164).
    """
    key = hashlib.sha256(OBJECTS.encode()).digest()
    name = hmac.digest(key, database_id.encode(), "sha256")[:16]
    return (name + hmac.digest(key, name, "sha256")[:16]).hex()


def local_d1_folder(config_dir: Path, persist_to: Path | None = None) -> Path:
    """The folder of all local D1 files; ``persist_to`` is what wrangler is given as ``--persist-to``."""
    return (persist_to or config_dir / STATE) / "v3" / "d1" / OBJECTS


def local_d1_path(config_dir: Path, entry: D1Database, persist_to: Path | None = None) -> Path:
    """The SQLite file of one database; it need not exist yet."""
    return local_d1_folder(config_dir, persist_to) / f"{object_hash(entry.local_id.value)}.sqlite"


@dataclass(frozen=True, slots=True)
class StrayFile:
    """Another database in the folder; ``owner`` says whose it is, where the configuration can tell."""

    path: Path
    owner: str


def other_local_files(expected: Path, databases: Iterable[D1Database] = ()) -> tuple[StrayFile, ...]:
    """The other local databases beside ``expected``, for when that one does not exist.

    ``databases`` are those of the whole configuration, other environments included: a file that
    belongs to one of them, or to another id of the same one, is named after it.
    """
    owners: dict[str, str] = {}
    for database in databases:
        for name, text in _owners(database):
            owners.setdefault(name, text)
    try:
        with os.scandir(expected.parent) as entries:
            names = sorted(e.name for e in entries if e.name.endswith(".sqlite"))
    except OSError:
        return ()
    return tuple(
        StrayFile(expected.parent / name, owners.get(name[:-7], "no database of this configuration"))
        for name in names
        # Miniflare's own bookkeeping lies in the same folder.
        if name != expected.name and name != "metadata.sqlite"
    )


def _owners(database: D1Database) -> Iterable[tuple[str, str]]:
    where = f' of environment "{database.environment}"' if database.environment else ""
    for key, value in (
        ("binding", database.binding),
        ("database_name", database.name),
        ("database_id", database.id),
        ("preview_database_id", database.preview_id),
    ):
        if value is not None:
            yield (
                object_hash(value.value),
                f"{database.binding.value}{where} under its {key} ({value.origin})",
            )
