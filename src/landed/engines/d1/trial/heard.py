"""What the server answered in a trial, without what tells whose it is: what stand-ins are compared with."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from landed import __version__

HIDDEN = "(left out)"
_ROWS, _STATEMENTS = 5, 20
_LONGEST = 400
_OF_SOMEBODY = frozenset(
    {
        "uuid",
        "id",
        "name",
        "email",
        "created_at",
        "bookmark",
        "previous_bookmark",
        "served_by",
        "served_by_colo",
        "served_by_region",
        "jurisdiction",
        "account",
        "ray_id",
        "trace_id",
    }
)
"""Keys of what the API says of an account, a database or a server: their values are left out."""
_MEASURED = frozenset({"duration", "sql_duration_ms", "file_size", "size_after", "num_tables"})
"""Keys whose values are another each time."""


class Heard:
    """Answers in their order; ``step`` names what is being tried. ``said`` makes a server's words fit for a
    file: without secrets."""

    def __init__(self, said: Callable[[str, int], str], *whose: str) -> None:
        self.step = ""
        self.entries: list[dict[str, Any]] = []
        self._said = said
        self._whose = [text for text in whose if text]
        self._lock = threading.Lock()

    def also(self, whose: str) -> None:
        """A text that must not be in the file, either."""
        self._whose.append(whose)

    def __call__(self, method: str, path: str, body: Any, status: int, answer: Any) -> None:
        """Take in one answer of the API."""
        batch = body.get("batch") if isinstance(body, dict) else None
        statements = [one.get("sql", "") for one in batch or () if isinstance(one, dict)]
        entry = {
            "step": self.step,
            "asked": f"{method} {action(path)}",
            "statements": [self._text(sql) for sql in statements[:_STATEMENTS]],
            "status": status,
            "answer": self._without(answer, data=False),
        }
        with self._lock:
            self.entries.append(entry)

    def write(self, path: Path) -> None:
        """Write all of it as JSON. Raises OSError."""
        document = {"landed": __version__, "answers": self.entries}
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(temporary, path)

    def _without(self, value: Any, *, data: bool) -> Any:
        """The value without whose it is; ``data``: it is rows, which the trial has written itself."""
        if isinstance(value, dict):
            found: dict[str, Any] = {}
            for key, inner in value.items():
                shown = self._text(str(key))
                if not data and key in _OF_SOMEBODY and inner is not None:
                    found[shown] = HIDDEN
                elif not data and key in _MEASURED:
                    found[shown] = 0
                else:
                    found[shown] = self._without(inner, data=data or key == "results")
            return found
        if isinstance(value, list):
            return [self._without(inner, data=data) for inner in value[:_ROWS]]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        shown = self._said(text, _LONGEST)
        for whose in self._whose:
            shown = shown.replace(whose, HIDDEN)
        return shown


def action(path: str) -> str:
    """What was asked of the API, without account and id: ``database/ID/query``, ``database``."""
    parts = path.strip("/").split("/")
    if parts[:1] != ["accounts"] or "d1" not in parts:
        return parts[0] if len(parts) == 1 else f"{parts[0]}/ID"
    rest = parts[parts.index("d1") + 1 :]
    return "/".join([*rest[:1], *(["ID"] if len(rest) > 1 else []), *rest[2:]])
