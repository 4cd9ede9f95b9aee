"""SQL that is shown to be pasted: the same statement, with nothing in it that steers a terminal or looks like
landed's own words."""

from __future__ import annotations

import re
from textwrap import indent

from landed.core.printable import escaped
from landed.engines.sqlite.sql.tokens import tokenize

_OURS = re.compile(r"(?i)\s*(?:next\s*:|[→✓✗·]|(?:.*\W)?landed\b)")
"""A line that could be taken for one of landed's where it stands at the beginning of a line."""


def pasteable(sql: str, margin: int) -> str:
    """A SQLite statement, set in by ``margin`` unless that would change a text or a name inside of it.

    SQLite has no escapes in texts: what cannot be shown is escaped all the same, and then the statement is in
    ``--json`` only.
    """
    shown, across = [], False
    for kind, text, _ in tokenize(sql):
        if kind == "space":
            shown.append("".join(c if c in "\n\t" else " " for c in text))
        elif kind == "comment" or "\n" not in text:
            shown.append(escaped(text, keep="\n\t"))
        elif any(map(_OURS.match, text.split("\n")[1:])):
            shown.append(escaped(text))
        else:
            across = True
            shown.append(escaped(text, keep="\n\t"))
    whole = "".join(shown)
    return whole if across else indent(whole, " " * margin)
