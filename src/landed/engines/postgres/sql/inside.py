"""What statements say in their bodies, where no parse tree reaches: DO blocks, and the SQL in strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from landed.engines.postgres.sql.tokens import scan, string_value

Names = tuple[str, str, str]
"""Schema or ``""``, table, column or ``""``."""


_OWN = frozenset(
    re.findall(
        r"\w+",
        """
        abs all and any array array_agg as avg bit btrim by cast ceil char character check
        clock_timestamp coalesce concat conflict count crypt current_date current_setting date_trunc
        decimal decode default digest else elsif encode enum exclude execute exists extract filter floor
        foreign format from gen_random_uuid gen_salt generate_series greatest group has_table_privilege
        if in include inet_server_addr insert interval json_build_object jsonb_agg jsonb_array_elements
        jsonb_array_length jsonb_build_object jsonb_object_agg jsonb_set jsonb_strip_nulls jsonb_typeof
        key least left length loop lower max md5 min nextval not now nullif numeric obj_description on
        or order over partition pg_advisory_xact_lock pg_get_constraintdef pg_get_functiondef
        pg_get_viewdef pg_notify pg_reload_conf pg_sleep pg_try_advisory_xact_lock pg_typeof position
        primary query quote_ident quote_literal quote_nullable raise random regexp_replace replace
        return returning right round row row_number schedule select set_config setval some split_part
        string_agg strpos substr substring sum then time timestamp timestamptz to to_char to_json
        to_jsonb to_regclass to_timestamp to_tsvector trim trunc uid unique unnest unschedule update
        upper using uuid_generate_v4 values varchar version when where with within
        """,
    )
)
"""Words that stand before a parenthesis and take no object away."""
_OF_TABLES = frozenset(("into", "table", "references", "on", "exists"))
"""What stands before a table's name that columns follow."""

_PARTS = frozenset(("constraint", "default", "not", "expression", "identity"))
"""What ALTER TABLE … DROP takes away besides columns."""


def names(sql: str, *, strings: bool = False, deep: int = 8) -> Iterator[str]:
    """Every name and key word of a text as the catalogs spell it, also those in bodies in dollar quotes, and
    with ``strings`` those in all literals."""
    for kind, text, _ in scan(sql):
        if kind == "word":
            yield text.lower()
        elif kind == "quoted":
            yield text[1:-1].replace('""', '"')
        elif deep and (kind == "dollar" or (strings and kind == "string")):
            body = string_value(text)
            if body != text:
                yield from names(body, strings=strings, deep=deep - 1)


def calls(verb: str, sql: str) -> bool:
    """Whether a statement runs functions or procedures, which may do anything: also what no replay shows,
    because it depends on what is in the database (``SELECT drop_old_partitions()``)."""
    if verb not in ("SELECT", "WITH", "CALL", "EXECUTE", "VALUES", "DO"):
        return False
    if verb == "CALL":
        return True
    tokens = list(_tokens(sql, inside=verb == "DO"))
    for at, token in enumerate(tokens):
        if token == "(" and at and _is_name(tokens[at - 1]) and tokens[at - 1] not in _OWN:
            first = at - 1
            while first > 1 and tokens[first - 1] == ".":
                first -= 2
            if first < 1 or tokens[first - 1] not in _OF_TABLES:
                return True
    return False


def dropped_names(sql: str, inside: bool) -> list[Names]:
    """What DROP TABLE and ALTER TABLE … DROP COLUMN name; ``inside`` looks into bodies and strings, too.

    >>> dropped_names('ALTER TABLE a.t DROP "B", DROP CONSTRAINT c, DROP COLUMN IF EXISTS d', False)
    [('a', 't', 'B'), ('a', 't', 'd')]
    >>> dropped_names("DO $$BEGIN EXECUTE 'DROP TABLE t, s.u CASCADE'; EXECUTE E'DROP TABLE v'; END$$", True)
    [('', 't', ''), ('s', 'u', ''), ('', 'v', '')]
    >>> dropped_names("DO $$ B'01' X'' E'' 'a", True)
    []
    """
    return dropped_and_retyped(sql, inside)[0]


def dropped_and_retyped(sql: str, inside: bool) -> tuple[list[Names], list[Names]]:
    """What :func:`dropped_names` gives, and the columns that ALTER TABLE … TYPE names."""
    tokens = list(_tokens(sql, inside))
    dropped, retyped_too = [], []
    table: tuple[str, str] | None = None
    at = 0
    while at < len(tokens):
        word, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else ""
        at += 1
        if word == ";":
            table = None
        elif word == "alter" and following == "table":
            table, at = _name(tokens, at + 1)
        elif word == "alter" and table is not None:
            name, at = _name(tokens, at + (following == "column"))
            typed = tokens[at : at + 1] == ["type"] or tokens[at : at + 3] == ["set", "data", "type"]
            if name is not None and typed:
                retyped_too.append((*table, name[1]))
        elif word == "drop" and following == "table":
            at += 1
            while (found := _name(tokens, at))[0] is not None:
                name, at = found
                dropped.append((*name, ""))  # type: ignore[misc]
                if tokens[at : at + 1] != [","]:
                    break
                at += 1
        elif word == "drop" and table is not None and following not in _PARTS:
            name, at = _name(tokens, at + (following == "column"))
            if name is not None:
                dropped.append((*table, name[1]))
    return dropped, retyped_too


def _name(tokens: list[str], at: int) -> tuple[tuple[str, str] | None, int]:
    """A name from here on, as (schema or ``""``, name), and where it ends."""
    while tokens[at : at + 1] and tokens[at] in ("if", "exists", "only"):
        at += 1
    if at >= len(tokens) or not _is_name(tokens[at]):
        return None, at
    if tokens[at + 1 : at + 2] == ["."] and at + 2 < len(tokens) and _is_name(tokens[at + 2]):
        return (tokens[at], tokens[at + 2]), at + 3
    return ("", tokens[at]), at + 1


def _is_name(token: str) -> bool:
    return token[:1] not in tuple("(),;.%$'=<>") and token != ""


def _tokens(sql: str, inside: bool) -> Iterator[str]:
    for kind, text, _ in scan(sql):
        if kind == "word":
            yield text.lower()
        elif kind == "quoted":
            yield text[1:-1].replace('""', '"')
        elif kind in ("operator", "number"):
            yield text
        elif kind in ("dollar", "string") and inside:
            within = string_value(text[1:] if text[:1] in "eE" else text)
            if len(within) < len(text) - 1:  # it is terminated
                yield from _tokens(within, inside)
            yield ";"
