"""What a run has made, written down before anything else is sent: only what stands here is ever deleted."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from landed.core.next import Effect, Next, landed, program
from landed.engines.trial import Left

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NAME = re.compile(r"landed-selftest-[0-9]{8}-[0-9a-f]{8}\Z")
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}\Z")
_MOST_BYTES = 1 << 16


def folder() -> Path:
    """Where runs are written down: beside the cache."""
    from landed.engines.cache import cache_dir

    return cache_dir() / "selftest"


class Kept:
    """The file of one run; ``id`` is empty until the create call has answered."""

    def __init__(self, name: str, account: str) -> None:
        self.name, self.account, self.id = name, account, ""
        self.made = datetime.now(UTC).isoformat(timespec="seconds")
        self.path = folder() / f"{name}.json"

    def write(self, id: str = "") -> None:
        """Write it down, on the disk before this returns. Raises OSError."""
        self.id = id
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{self.path.name}")
        document = {"name": self.name, "account": self.account, "id": id, "made": self.made}
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def forget(self) -> None:
        """Nothing of it is there any more."""
        self.path.unlink(missing_ok=True)

    @property
    def left(self) -> Left:
        """The database as one that is left."""
        return Left(self.name, self.id, self.account, self.made, removal(self.name, self.id, self.account))


def removal(name: str, id: str, account: str) -> Next:
    """What deletes a database that is left: by its id, or, where that never came, by hand."""
    if id:
        return Next(landed("selftest", delete=id))
    by_hand = program("wrangler", "d1", "delete", name).afterwards()
    file = folder() / f"{name}.json"
    return Next(
        "If ",
        program("wrangler", "d1", "list", effect=Effect.READ).afterwards(),
        f" shows it in the account {account}: ",
        by_hand,
        f"   (it is named until {file} is deleted)",
    )


def is_id(text: object) -> bool:
    """Whether a text has the form of a database's id."""
    return isinstance(text, str) and _ID.match(text) is not None


def all_left() -> tuple[Left, ...]:
    """The runs that are written down, oldest first; a file that is none of ours is left out."""
    try:
        paths = sorted(folder().glob("landed-selftest-*.json"))
    except OSError:
        return ()
    return tuple(kept.left for kept in map(_read, paths) if kept is not None)


def forget(left: Left) -> None:
    """Drop the file of a database that is deleted."""
    Kept(left.name, left.account).forget()


def _read(path: Path) -> Kept | None:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        name, account, id, made = (document[key] for key in ("name", "account", "id", "made"))
        sure = _NAME.match(name) and _ACCOUNT.match(account) and (id == "" or is_id(id))
        if not sure or path.name != f"{name}.json":
            return None
        kept = Kept(name, account)
        kept.id = id
        kept.made = datetime.fromisoformat(made).astimezone(UTC).isoformat(timespec="seconds")
        return kept
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
