"""What first contact saw of a remote database, kept on this machine with its date and quoted in errors.

One file per database beside the cache, JSON: it is read as data and held to its shape.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from landed.core.next import Next, landed
from landed.engines.d1.api_text import one_line

if TYPE_CHECKING:
    from landed.engines.d1.lookup import Place
    from landed.engines.d1.remote import RemoteD1

_MOST_BYTES = 1 << 16
TRIGGERS = ("trigger-case", "trigger-lower", "trigger-cr")
"""Codes of the answers about spellings of triggers."""
ASK = Next("How this server takes them can be asked: ", landed("doctor", remote=True).afterwards())


class Seen(NamedTuple):
    """One assumption: what was expected of the server, what it answered, and what that means.

    ``holds`` is ``None`` where it could not be asked; ``vital``: where it does not hold, landed proves
    nothing there.
    """

    code: str
    label: str
    expected: str
    seen: str
    holds: bool | None
    means: str
    vital: bool = False


class Observed(NamedTuple):
    """The answers of one first contact; ``asked`` is when, in UTC."""

    asked: datetime
    seen: tuple[Seen, ...]


def keep(place: Place, seen: Sequence[Seen]) -> None:
    """Write the answers down in place of older ones. What cannot be written is not remembered: no error."""
    path = _path(place)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    answers = [one._asdict() for one in seen]
    document = {"asked": datetime.now(UTC).isoformat(timespec="seconds"), "answers": answers}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        return


def known(place: Place) -> Observed | None:
    """The answers that were kept; ``None`` where there are none that can be read."""
    try:
        path = _path(place)
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        asked = datetime.fromisoformat(document["asked"]).astimezone(UTC)
        return Observed(asked, tuple(_seen(one) for one in document["answers"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def quoted(target: RemoteD1, *codes: str) -> list[str]:
    """A sentence for each of these answers, with its date; nothing where first contact never was."""
    found = known(target.connected.place)
    if found is None:
        return []
    return [
        f"Asked on {found.asked:%Y-%m-%d}: {one.label}: expected {one.expected}; seen: {one.seen}."
        for one in found.seen
        if one.code in codes
    ]


def of_triggers(target: RemoteD1) -> list[str]:
    """What is known of how this server takes triggers, or how that can be asked."""
    return quoted(target, *TRIGGERS) or [ASK]


def _seen(one: dict[str, object]) -> Seen:
    holds, texts = one["holds"], [one[key] for key in ("code", "label", "expected", "seen", "means")]
    if not all(isinstance(text, str) for text in texts) or not (holds is None or isinstance(holds, bool)):
        raise ValueError("not as it was written")
    code, label, expected, seen, means = (one_line(str(text), 200) for text in texts)
    return Seen(code, label, expected, seen, holds, means, one.get("vital") is True)


def _path(place: Place) -> Path:
    from landed.engines.cache import cache_dir

    name = hashlib.sha256(f"{place.account}/{place.database}".encode()).hexdigest()[:24]
    return cache_dir() / "first-contact" / f"{name}.json"
