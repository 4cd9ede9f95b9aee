"""Where statements set sequences to stand: in no catalog, and so in no fact. A literal position is asked for.

Live sequences move on, so that one stands where a file has set it, or beyond.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from landed.core.timeline import DataCheck
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tokens import literal, quote
from landed.engines.postgres.sql.tree import enum, relation

if TYPE_CHECKING:
    import psycopg

    from landed.core.migration import Statement

STANDS: Final = "where a sequence stands"
"""What a statement leaves that sets it."""

_SETS: Final = re.compile(r"\bsetval\b|\brestart\b", re.IGNORECASE)
_CALLERS: Final = frozenset(("SELECT", "WITH", "DO", "CALL", "VALUES"))
_PLACE: Final = (
    "SELECT n.nspname, c.relname, s.seqstart, s.seqincrement FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid WHERE c.oid = {}::pg_catalog.regclass"
    " AND c.relpersistence <> 't'"
)


def sets_position(head: Head) -> bool:
    """Whether a statement says that it sets where a sequence stands, also in a block."""
    if _SETS.search(head.text) is None:
        return False
    if head.verb == "ALTER":
        return "RESTART" in head.bare and head.words[1:2] in (("SEQUENCE",), ("TABLE",))
    return head.verb in _CALLERS and "setval" in head.names_in_bodies


def position_checks(connection: psycopg.Connection[Any], statement: Statement) -> list[DataCheck]:
    """A read that is true where the sequence stands as the statement says, or beyond; none where its text
    does not tell which sequence, or to what."""
    import psycopg

    said = _said(head_of(statement))
    if said is None:
        return []
    which, position = said
    try:
        row = connection.execute(_PLACE.format(which).encode(), prepare=False).fetchone()
    except psycopg.Error:
        return []
    if row is None:
        return []
    schema, name, start, increment = row
    value = start if position is None else position
    compared = ">=" if increment > 0 else "<="
    sql = f"SELECT last_value {compared} {value} FROM {quote(schema)}.{quote(name)}"
    text = f"sequence {quoted(schema)}.{quoted(name)} stands at {value} or beyond"
    return [DataCheck(statement.number, statement.line, sql, text, derived=True, again=True)]


def _said(head: Head) -> tuple[str, int | None] | None:
    """An SQL expression for the sequence, and the position (``None``: its start)."""
    which: str
    node: Any
    which, node = head.tree or ("", None)
    if which == "select_stmt":
        return _setval(node)
    if which == "alter_seq_stmt":
        return _restarted(literal(_name(node.sequence)), node.options)
    if which == "alter_table_stmt":
        commands = [each.alter_table_cmd for each in node.cmds]
        if len(commands) == 1 and enum(commands[0], "subtype") == "AT_SetIdentity":
            table, column = literal(_name(node.relation)), literal(commands[0].name)
            own = f"pg_catalog.pg_get_serial_sequence({table}, {column})"
            return _restarted(own, getattr(commands[0], "def").list.items)
    return None


def _name(node: Any) -> str:
    return ".".join(map(quoted, relation(node)))


def _restarted(which: str, options: Any) -> tuple[str, int | None] | None:
    for option in options:
        if option.def_elem.defname == "restart":
            if not option.def_elem.HasField("arg"):
                return which, None
            value = _integer(option.def_elem.arg)
            return None if value is None else (which, value)
    return None


def _setval(node: Any) -> tuple[str, int] | None:
    """``SELECT setval('s', 5)``, also with a third argument and with pg_get_serial_sequence."""
    if len(node.target_list) != 1 or node.from_clause or node.HasField("where_clause"):
        return None
    call = node.target_list[0].res_target.val.func_call
    if _called(call) != "setval" or len(call.args) < 2:
        return None
    value = _integer(call.args[1])
    first = call.args[0]
    inner = first.func_call
    if value is None:
        return None
    if _called(inner) == "pg_get_serial_sequence" and len(inner.args) == 2:
        told = [_string(arg) for arg in inner.args]
        if told[0] is None or told[1] is None:
            return None
        return f"pg_catalog.pg_get_serial_sequence({literal(told[0])}, {literal(told[1])})", value
    name = _string(first)
    return (literal(name), value) if name is not None else None


def _called(call: Any) -> str:
    names = [part.string.sval for part in call.funcname]
    return names[-1] if names and names[:-1] in ([], ["pg_catalog"]) else ""


def _string(node: Any) -> str | None:
    if node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    const = node.a_const
    return const.sval.sval if node.WhichOneof("node") == "a_const" and const.HasField("sval") else None


def _integer(node: Any) -> int | None:
    kind = node.WhichOneof("node")
    if kind == "integer":
        return int(node.integer.ival)
    if kind == "float":
        return int(node.float.fval) if node.float.fval.isdigit() else None
    if kind != "a_const":
        return None
    const = node.a_const
    if const.HasField("ival"):
        return int(const.ival.ival)
    return int(const.fval.fval) if const.HasField("fval") and const.fval.fval.isdigit() else None
