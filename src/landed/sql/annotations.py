"""``-- landed:verify`` annotations: checks that a migration file carries in its comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from landed.core.migration import Verify

_VERIFY = re.compile(r"--[ \t]*landed:verify[ \t]+(.*)", re.DOTALL)


def verifies(text: str, comments: Iterable[tuple[int, str]]) -> Iterator[Verify]:
    """The checks in a text's comments, given as (offset, text with its marks) in order.

    A check is one line comment, continued by the next line comment while it ends in a backslash.
    """
    line, pending, end = 0, "", 0
    for start, comment in comments:
        continued = pending and comment.startswith("--") and not text[end:start].strip()
        if pending and not continued:
            yield Verify(line, pending)
            pending = ""
        body = comment.rstrip()
        if continued:
            body = f"{pending} {body[2:].strip()}"
        elif match := _VERIFY.match(body):
            line, body = text.count("\n", 0, start) + 1, match[1]
        else:
            continue
        pending, end = body.rstrip("\\; \t"), start + len(comment)
        if pending and not body.endswith("\\"):
            yield Verify(line, pending)
            pending = ""
    if pending:
        yield Verify(line, pending)
