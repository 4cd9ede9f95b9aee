"""Required features on PostgreSQL: one query about everything that was named, read without side effects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from landed.core.errors import CannotKnow, UsageError
from landed.features.grammar import ENUM_VALUE, RLS, Feature, Name, dotted
from landed.features.missing import Missing

_TABLES = {"r": "table", "p": "table", "f": "table", "v": "view", "m": "materialized view"}
_KINDS = {**_TABLES, "i": "index", "I": "index", "S": "sequence"}
_ROUTINES = {"f": "function", "p": "procedure", "a": "function", "w": "function"}

State = dict[str, Any]


@cache
def query() -> str:
    """The one query; its parameter is what :func:`names` gives."""
    from importlib.resources import files

    text = files("landed.features").joinpath("required.sql").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    # The application's search_path decides which names are visible, and may hold operators of its own.
    return re.sub(r" (=|<>|>|\|\||->) ", r" OPERATOR(pg_catalog.\1) ", text)


def names(features: Sequence[Feature]) -> str:
    """The query's parameter: every name in it as filed, and as written so that a wrong case can be told."""
    found = {n for f in features for part in (*f.name, *f.on) for n in part}
    return json.dumps(sorted(found))


def decoded(text: bytes) -> State:
    """What the query said."""
    from base64 import b64decode

    state: State = json.loads(b64decode(text))
    return {key: value or [] for key, value in state.items()}


def missing(features: Sequence[Feature], state: State) -> list[Missing]:
    """The features that the answer does not have, in order."""
    found = ((feature.text, lacking(feature, state)) for feature in features)
    return [Missing(text, reason) for text, reason in found if reason is not None]


def lacking(feature: Feature, state: State) -> str | None:
    """What was found instead of a feature; ``None`` when it is there."""
    kind = feature.kind
    if kind == "schema":
        return None if feature.name[0].filed in state["schemas"] else "there is no such schema"
    if kind == "extension":
        return None if feature.name[0].filed in state["extensions"] else "the extension is not installed"
    if kind in ("function", "procedure"):
        return _routine(feature, state)
    if kind in ("type", ENUM_VALUE):
        return _type(feature, state)
    if kind in ("policy", "trigger", "constraint"):
        return _on_table(feature, state)
    if kind == "column" or (not kind and (len(feature.name) == 3 or _is_column(feature.name, state))):
        return _column(feature, state)
    return _relation(feature, state)


def _is_column(name: tuple[Name, ...], state: State) -> bool:
    """Whether ``a.b`` is column b of table a: where a is no schema."""
    return len(name) == 2 and name[0].filed not in state["schemas"]


def _pick(rows: Iterable[State], name: tuple[Name, ...]) -> list[State]:
    """Those that a qualified, or visible, name means; a search_path finds the first one only."""
    if len(name) == 2:
        return [r for r in rows if r["schema"] == name[0].filed and r["name"] == name[1].filed]
    return [r for r in rows if r["visible"] and r["name"] == name[0].filed]


def _elsewhere(what: str, rows: Sequence[State], name: tuple[Name, ...], state: State) -> str:
    """Why nothing has this name: another schema, another letter case, no such schema."""
    last = name[-1]
    if len(name) == 2 and name[0].filed not in state["schemas"]:
        return f"there is no schema {name[0].filed}"
    for row in rows:
        if row["name"] == last.filed:
            place = f"{row['schema']}.{row['name']}"
            hidden = (
                "" if len(name) == 2 else f", which is not on the search_path ({', '.join(state['path'])})"
            )
            return f"there is no {what} {dotted(name)}, only {place}{hidden}"
    for row in rows:
        if row["name"] == last.written and last.written != last.filed:
            return f'there is no {what} {dotted(name)}; to mean "{last.written}", put it in double quotes'
    return f"there is no {what} {dotted(name)}"


def _relation(feature: Feature, state: State) -> str | None:
    wanted = {"rls": "table", RLS: "table", "": "table or view"}.get(feature.kind, feature.kind)
    every = state["relations"]
    found = _pick(every, feature.name)
    if not found:
        kinds = [r for r in every if wanted in ("table or view", _KINDS.get(r["kind"]))]
        reason = _elsewhere(wanted, kinds, feature.name, state)
        if not feature.kind and len(feature.name) == 2:
            other = [c for r in every if r["name"] == feature.name[0].filed for c in r["columns"] or ()]
            if feature.name[1].filed in other:
                reason += f'; for the column of the table, write "column {feature.shown}"'
        return reason
    kind = _KINDS.get(found[0]["kind"], "other object")
    if wanted not in (kind, "table or view") or (wanted == "table or view" and kind not in _TABLES.values()):
        return f"it is a {kind}" if kind[0] not in "aeio" else f"it is an {kind}"
    if kind == "index" and not (found[0]["valid"] and found[0]["ready"]):
        return "the index is INVALID: building it failed, or is still going on"
    if feature.kind == RLS and not found[0]["rls"]:
        return "row level security is off on this table"
    return None


def _table(name: tuple[Name, ...], state: State) -> State | str:
    tables = [r for r in state["relations"] if r["kind"] in _TABLES]
    found = _pick(tables, name)
    return found[0] if found else _elsewhere("table or view", tables, name, state)


def _column(feature: Feature, state: State) -> str | None:
    *where, column = feature.name
    table = _table(tuple(where), state)
    read_as = ""
    if not feature.kind and len(feature.name) == 2:
        read_as = f" (read as table.column, because there is no schema {where[0].filed})"
    if isinstance(table, str):
        return table + read_as
    columns = table["columns"] or []
    if column.filed in columns:
        return None
    place = f"{table['schema']}.{table['name']}"
    if column.written in columns:
        return f'{place} has a column "{column.written}": put it in double quotes'
    return f"{place} has no column {column.filed}; it has {_some(columns)}{read_as}"


def _on_table(feature: Feature, state: State) -> str | None:
    table = _table(feature.on, state)
    if isinstance(table, str):
        return table
    kind, name = feature.kind, feature.name[0]
    place = f"{table['schema']}.{table['name']}"
    many = {"policy": "policies", "trigger": "triggers", "constraint": "constraints"}[kind]
    entries = [e if isinstance(e, dict) else {"name": e} for e in table[many] or ()]
    for entry in entries:
        if entry["name"] == name.filed:
            if kind == "policy" and not table["rls"]:
                return f"the policy is there, but row level security is off on {place}"
            if not entry.get("validated", True):
                return "the constraint is NOT VALID: rows from before it were never checked"
            if entry.get("enforced") is False:
                return "the constraint is NOT ENFORCED"
            return None if entry.get("enabled", True) else "the trigger is disabled"
    if any(entry["name"] == name.written for entry in entries):
        return f'{place} has a {kind} "{name.written}": put it in double quotes'
    return f"{place} has no {kind} {name.filed}"


def _routine(feature: Feature, state: State) -> str | None:
    every = [f for f in state["functions"] if _ROUTINES.get(f["kind"]) == feature.kind]
    found = [
        f
        for f in every
        if f["name"] == feature.name[-1].filed
        and (f["schema"] == feature.name[0].filed if len(feature.name) == 2 else f["schema"] in state["path"])
    ]
    if not found:
        other = _pick(state["functions"], feature.name)
        if other:
            return f"it is a {_ROUTINES[other[0]['kind']]}"
        return _elsewhere(feature.kind, every, feature.name, state)
    if feature.arguments is None or any(_takes(f["arguments"], feature.arguments) for f in found):
        return None
    there = sorted(f"{f['schema']}.{f['name']}({', '.join(a[0] for a in f['arguments'])})" for f in found)
    return f"there is only {' and '.join(there[:4])}"


def _takes(arguments: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    return len(arguments) == len(wanted) and all(
        want in {spelling.replace('"', "") for spelling in spellings}
        for spellings, want in zip(arguments, wanted, strict=True)
    )


def _type(feature: Feature, state: State) -> str | None:
    own = [t for t in state["types"] if not t["table"]]
    found = _pick(own, feature.name)
    if not found:
        if feature.kind == "type" and _pick(state["types"], feature.name):
            return "it is the row type of a table"
        return _elsewhere("type", own, feature.name, state)
    if feature.value is None:
        return None
    labels = found[0]["labels"] or []
    if found[0]["kind"] != "e":
        return f"{feature.shown} is no enum"
    return None if feature.value in labels else f"the enum has {_some([repr(label) for label in labels])}"


def _some(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(names[:most]) or "none"
    return f"{shown}, … ({len(names)} in all)" if len(names) > most else shown


# -- connections -----------------------------------------------------------------------------------


def ask(connection: Any, features: Sequence[Feature]) -> list[Missing]:
    """On a psycopg Connection. Raises UsageError for one that cannot be asked, CannotKnow."""
    import psycopg
    from psycopg.rows import tuple_row

    begins = _begins(connection)
    if begins:
        connection.autocommit = True
    try:
        with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
            cursor.execute(query(), (names(features),), prepare=False, binary=False)
            return missing(features, _answer(cursor))
    except psycopg.Error as error:
        raise _cannot(error) from error
    finally:
        if begins and not connection.closed:
            connection.autocommit = False


async def ask_async(connection: Any, features: Sequence[Feature]) -> list[Missing]:
    """The same on a psycopg AsyncConnection."""
    import psycopg
    from psycopg.rows import tuple_row

    begins = _begins(connection)
    if begins:
        await connection.set_autocommit(True)
    try:
        async with psycopg.AsyncCursor(connection, row_factory=tuple_row) as cursor:
            await cursor.execute(query(), (names(features),), prepare=False, binary=False)
            return missing(features, _answer(cursor))
    except psycopg.Error as error:
        raise _cannot(error) from error
    finally:
        if begins and not connection.closed:
            await connection.set_autocommit(False)


def _begins(connection: Any) -> bool:
    """Whether psycopg would begin a transaction for a query; it is not let, so that there is none to take
    back and one round trip does. Raises UsageError for a connection that cannot be asked anything now."""
    from psycopg.pq import PipelineStatus, TransactionStatus

    if connection.closed:
        raise UsageError("the connection is closed", next="give require an open connection")
    if connection.pgconn.pipeline_status != PipelineStatus.OFF:
        raise UsageError("the connection is in pipeline mode", next="call require outside of the pipeline")
    status = connection.info.transaction_status
    if status == TransactionStatus.INERROR:
        raise UsageError(
            "the connection is in a transaction that has failed: it answers nothing until it is rolled back",
            next="call require before the transaction, or after its rollback",
        )
    if status == TransactionStatus.ACTIVE:
        raise UsageError("the connection is busy with another query", next="call require when that has ended")
    return status == TransactionStatus.IDLE and not connection.autocommit


def _answer(cursor: Any) -> State:
    # Taken as it came: an application may have set loaders of its own.
    value: bytes | None = cursor.pgresult.get_value(0, 0) if cursor.pgresult is not None else None
    assert value is not None
    return decoded(value)


def _cannot(error: Exception) -> CannotKnow:
    text = " / ".join(line.strip() for line in str(error).splitlines() if line.strip())
    return CannotKnow(
        "the database could not be asked for the required features",
        details=(f"said: {text[:400]}",),
        next="see what was said, and try again",
    )
