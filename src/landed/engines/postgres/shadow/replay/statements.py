"""What a replay asks of statements: where a transaction ends, who may watch it, what the server chooses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from landed.core.facts import Effects
from landed.core.migration import Statement
from landed.engines.postgres.kinds.unmodelled import OUTSIDE, UNREAD
from landed.engines.postgres.sql.head import Head, head_of


def unread_in(catalog: str) -> str:
    """What a catalog that no kind reads holds, in words."""
    return "what is an extension's or the platform's" if catalog == OUTSIDE else UNREAD.get(catalog, catalog)


def watches(statement: Statement) -> bool:
    """Whether a statement makes an event trigger."""
    head = head_of(statement)
    if head.verb == "DO":
        return _EVENT_TRIGGER.search(statement.text) is not None
    return head.begins("CREATE", "EVENT", "TRIGGER")


_EVENT_TRIGGER = re.compile(r"\bevent\s++trigger\b", re.IGNORECASE)
_VERSION = re.compile(r"\bversion\b|\bupdate\s+to\b", re.IGNORECASE)


def without_versions(head: Head, effects: Effects) -> Effects:
    """The effects but for an extension's version, unless the statement names one: the server chooses it; and
    with it what members there are, and so the rights on them."""
    effects = tuple(c for c in effects if not c.key.kind.endswith("extension member"))
    if _VERSION.search(head.text):
        return effects
    return tuple(c for c in effects if not (c.key.kind == "extension" and c.key.prop == "version"))


def parts(statements: Sequence[Statement]) -> Iterator[tuple[list[Statement], bool]]:
    """Statements cut where a file's own COMMIT or ROLLBACK ends a transaction, and whether it is kept."""
    part: list[Statement] = []
    for statement in statements:
        kind = head_of(statement).transaction
        if kind in ("begin", "commit", "rollback"):
            if part:
                yield part, kind != "rollback"
            part = []
        else:
            part.append(statement)
    if part:
        yield part, True
