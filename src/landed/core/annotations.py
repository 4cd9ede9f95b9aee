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
    pending: list[str] = []
    line = at = counted = end = 0
    for start, comment in comments:
        continued = pending and comment.startswith("--") and not text[end:start].strip()
        if pending and not continued:
            yield Verify(at, " ".join(pending))
            pending = []
        body = comment.rstrip()
        if continued:
            body = body[2:].strip()
        elif match := _VERIFY.match(body):
            line += text.count("\n", counted, start)
            counted = start
            at, body = line + 1, match[1]
        else:
            continue
        part, end = body.rstrip("\\; \t"), start + len(comment)
        if part:
            pending.append(part)
        if pending and not body.endswith("\\"):
            yield Verify(at, " ".join(pending))
            pending = []
    if pending:
        yield Verify(at, " ".join(pending))
