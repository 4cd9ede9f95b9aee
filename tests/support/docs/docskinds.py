"""What is read of a Postgres database, for documentation: from the descriptions of the kinds themselves."""

from __future__ import annotations

from landed.engines.postgres.kinds import KINDS, READINGS
from landed.engines.postgres.kinds.unmodelled import UNREAD


def kinds_table() -> list[str]:
    """A Markdown table of all kinds of objects and the properties that are compared."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for kind in sorted(KINDS.values(), key=lambda kind: kind.order):
        groups.setdefault(kind.read_by, []).append(kind.name)
    rows = ["| object | properties |", "|---|---|"]
    for readings, kinds in groups.items():
        properties = _properties(readings, kinds) or ["that it is there"]
        rows.append(f"| {', '.join(kinds)} | {', '.join(properties)} |")
    return rows


def _properties(readings: tuple[str, ...], kinds: list[str]) -> list[str]:
    others = [kind for kind in KINDS.values() if kind.name not in kinds]
    found: list[str] = []
    for name in readings:
        twin = next((k.name for k in others if k.read_by == (name,)), None)
        found += [f"those of a {twin}"] if twin else [p.words for p in READINGS[name].props if p.words]
    return list(dict.fromkeys(found))


def unread_list() -> list[str]:
    """What no kind reads, as a Markdown list."""
    return [f"- {holds} (`{catalog}`)" for catalog, holds in UNREAD.items()]
