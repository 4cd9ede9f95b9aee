"""Deparsed expressions and queries in one form, whatever the server's major version and history.

PostgreSQL 15 to 18 print all but the following alike. What SQL has a syntax of its own for is printed as it
was written. A cast of an array that was computed from an
``IN`` list is printed element by element once it has been dumped and restored (see pgadmin4#7335);
from 16 on a view over one relation has no qualifiers; and an identifier that is a keyword only in
newer versions is quoted only by those. Casts are never dropped: that would hide real changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from landed.engines.postgres.catalog.sql_syntax import in_sql_syntax
from landed.engines.postgres.sql.tree import statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAST_ARRAY = "(ARRAY["
_ELEMENT_TYPE = re.compile(r'\)::((?:"(?:[^"]|"")*"|[\w$. ])+(?:\(\d+(?:,\d+)?\))?)\[\]')

_ARRAY = "ARRAY["
_MOST_STEPS = 20_000_000
"""A text that would take more steps stays as it is: each of its arrays may be read to the end."""
_CAST = re.compile(r"\((.*)\)::([^()]+(?:\(\d+(?:,\d+)?\))?)", re.DOTALL)

_NEW_KEYWORDS = (
    "json|json_array|json_arrayagg|json_exists|json_object|json_objectagg|json_query|json_scalar"
    "|json_serialize|json_table|json_value|merge_action|system_user"
)
"""Keywords that PostgreSQL 16, 17 or 18 made reserved enough to be quoted as identifiers."""
_QUOTED_KEYWORD = re.compile(rf"""'(?:[^']|'')*'|"({_NEW_KEYWORDS})\"""")


def canonical_expression(text: str) -> str:
    """An expression or definition as pg_get_expr and the like print it, in the form of a restored one.

    >>> canonical_expression("(s = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))")
    "(s = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))"
    """
    if _CAST_ARRAY in text and text.count(_CAST_ARRAY) * len(text) <= _MOST_STEPS:
        text = _push_casts(text)
    if '"json' in text or '"merge_action"' in text or '"system_user"' in text:
        text = _QUOTED_KEYWORD.sub(lambda found: found[1] or found[0], text)
    return in_sql_syntax(text)


def _push_casts(text: str) -> str:
    """``(ARRAY[a, b])::t[]`` → ``ARRAY[(a)::t, (b)::t]``, as the parser does on reading it."""
    start = 0
    while (start := text.find(_CAST_ARRAY, start)) >= 0:
        parsed = _elements(text, start + len(_CAST_ARRAY))
        cast = _ELEMENT_TYPE.match(text, parsed[1]) if parsed else None
        if parsed is None or cast is None or _in_literal(text, start):
            start += 1
            continue
        pushed = ", ".join(f"({element})::{cast[1]}" for element in parsed[0])
        text = f"{text[:start]}ARRAY[{pushed}]{text[cast.end() :]}"
    return text


def as_first_written(text: str) -> str:
    """A canonical expression as a server prints it that computed the cast of an array itself.

    >>> as_first_written("(s = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))")
    "(s = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"
    """
    found, start = text, 0
    if text.count(_ARRAY) * len(text) > _MOST_STEPS:
        return text
    while (start := found.find(_ARRAY, start)) >= 0:
        parsed = _elements(found, start + len(_ARRAY))
        casts = [_CAST.fullmatch(element) for element in parsed[0]] if parsed else []
        kinds = {cast[2] if cast else "" for cast in casts}
        if parsed is None or len(kinds) != 1 or "" in kinds or _in_literal(found, start):
            start += 1
            continue
        inner = ", ".join(cast[1] for cast in casts if cast)
        made = f"{_CAST_ARRAY}{inner}])::{kinds.pop()}[]"
        found = f"{found[:start]}{made}{found[parsed[1] :]}"
        start += len(_CAST_ARRAY)
    return found


def _elements(text: str, at: int) -> tuple[list[str], int] | None:
    """The elements from an opened bracket on, and the place after its end."""
    found: list[str] = []
    start, depth = at, 0
    while at < len(text):
        char = text[at]
        if char in "'\"":
            at = text.find(char, at + 1)
            if at < 0:
                return None
        elif char in "([":
            depth += 1
        elif char in ")]":
            if depth == 0:
                found.append(text[start:at])
                return found, at + 1
            depth -= 1
        elif char == "," and depth == 0:
            found.append(text[start:at])
            start = at + 2
        at += 1
    return None


def _in_literal(text: str, at: int) -> bool:
    return text.count("'", 0, at) % 2 == 1


def canonical_view(text: str) -> str:
    """A view's query as PostgreSQL 16 and newer print it: one relation in FROM, no qualifiers.

    Follows what those versions do: only the outermost query loses qualifiers; a whole row keeps its
    own, and so does a column in ORDER BY that would else be taken for another output column.
    A text that cannot be read is returned as it is.
    """
    read = statements_of(text)
    if not read:
        return text
    query = read[0].stmt.select_stmt
    if len(query.from_clause) != 1 or query.from_clause[0].WhichOneof("node") == "join_expr":
        return text
    outputs: dict[str, list[Any]] = {}
    for target in query.target_list:
        item = target.res_target
        name = item.name or _column(item.val)
        if name:
            outputs.setdefault(name, []).append(item)
    kept = {
        item.sort_by.node.column_ref.location
        for item in query.sort_clause
        if any(_column(o.val) != name for name in [_column(item.sort_by.node)] for o in outputs.get(name, ()))
    }
    raw = text.encode()
    pieces, last = [], 0
    for reference in sorted(_references(query), key=lambda r: r.location):
        if len(reference.fields) != 2 or reference.location in kept:
            continue
        if reference.fields[1].WhichOneof("node") != "string":
            continue
        at = reference.location
        pieces.append(raw[last:at])
        last = _after_qualifier(raw, at)
    return (b"".join(pieces) + raw[last:]).decode()


def _column(node: Any) -> str:
    """The column's name, if the node is nothing but a reference to one."""
    if node.WhichOneof("node") != "column_ref":
        return ""
    last = node.column_ref.fields[-1]
    return str(last.string.sval) if last.WhichOneof("node") == "string" else ""


def _after_qualifier(raw: bytes, at: int) -> int:
    if raw[at : at + 1] != b'"':
        return raw.index(b".", at) + 1
    end = raw.index(b'"', at + 1)
    while raw[end + 1 : end + 2] == b'"':
        end = raw.index(b'"', end + 2)
    return raw.index(b".", end) + 1


def _references(query: Any) -> Iterator[Any]:
    """All column references of a query that are not in a query inside it."""
    stack: list[Any] = [query]
    while stack:
        message = stack.pop()
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            for part in value if field.is_repeated else (value,):
                name = part.DESCRIPTOR.name
                if name == "ColumnRef":
                    yield part
                elif name != "SelectStmt":
                    stack.append(part)
