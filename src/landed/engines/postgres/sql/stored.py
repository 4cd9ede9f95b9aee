"""A migration's text beside what the Supabase CLI stored of it: the ledger's column ``statements``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from landed.engines.postgres.sql.split import normalise, read
from landed.engines.postgres.sql.tokens import comment_end, escaped_end

# JavaScript's trim(), which the CLI uses: Python's strip() takes other characters.
_SPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Only what a statement's end depends on; all else is passed over, which takes half the time of reading every
# token. This is done for every recorded file at every status.
_EDGE = re.compile(
    r"""--[^\n\r]*+|/\*|'[^']*+(?:''[^']*+)*(?:'|\Z)|"[^"]*+(?:""[^"]*+)*(?:"|\Z)"""
    r"""|(?P<tag>\$(?:[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*+)?\$)|[;()]|\\(?s:.)?"""
)
_ATOMIC = re.compile(r"\bATOMIC\b", re.IGNORECASE)


def ledger_statements(text: str) -> tuple[str, ...]:
    """The statements as the Supabase CLI stores them.

    Each is what stands between two final ``;``, trimmed, with its comments; what holds nothing but white
    space is left out, and comments after the last statement are one of their own (measured on CLI 3.1.0).
    """
    found = []
    done = 0
    for end in (*_ends(text), len(text)):
        stored = text[done:end].strip(_SPACE)
        if stored:
            found.append(stored)
        done = end + 1
    return tuple(found)


def same_content(stored: Sequence[str] | None, text: str) -> bool | None:
    """Whether a ledger row holds the SQL of this text; ``None`` when the row holds no SQL at all.

    Comments, white space and letter case outside literals make no difference, nor does a file whose line
    ends were converted as a whole (by git, for example), nor who split the statements and how.
    """
    if not stored:
        return None if stored is None or ledger_statements(text) else True
    if tuple(stored) == ledger_statements(text):
        return True
    # A statement may end in a line comment: the ";" must not become part of it.
    joined = "\n;\n".join(stored)
    if normalise(joined) == normalise(text):
        return True
    if ("\r\n" in joined) == ("\r\n" in text):
        return False
    return normalise(joined.replace("\r\n", "\n")) == normalise(text.replace("\r\n", "\n"))


def _ends(text: str) -> Iterator[int]:
    """The offsets of the ``;`` that end statements, as :func:`.split.read` finds them."""
    if _ATOMIC.search(text):
        yield from read(text)[1]
        return
    at = depth = fresh = 0  # a token that starts at ``fresh`` follows another one directly
    search = _EDGE.search
    while found := search(text, at):
        start, piece = found.start(), found[0]
        at = found.end()
        first = piece[0]
        if first == ";":
            if not depth:
                yield start
        elif first == "(":
            depth += 1
        elif first == ")":
            depth -= depth > 0
        elif first == "'":
            if start > fresh and text[start - 1] in "eE" and _starts(text, start - 1, fresh):
                at = escaped_end(text, start - 1)
        elif first == "$":
            if not _starts(text, start, fresh):
                at = start + 1
                continue
            end = text.find(piece, at)
            at = len(text) if end < 0 else end + len(piece)
        elif piece == "/*":
            at = comment_end(text, start)
        fresh = at


def _starts(text: str, at: int, fresh: int) -> bool:
    """Whether a token starts here, rather than a name going on."""
    return at == fresh or not _continues_name(text[at - 1])


def _continues_name(character: str) -> bool:
    return character.isalnum() or character in "_$" or character > "\x7f"
