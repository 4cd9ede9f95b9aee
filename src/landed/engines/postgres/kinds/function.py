"""Functions, procedures and window functions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.kinds.base import (
    BODY,
    COMMENTED,
    GRANTED,
    NUMBER,
    OWNED,
    SETTINGS,
    THERE,
    Kind,
    Prop,
    Reading,
    Rights,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.naming import called, path, text
from landed.engines.postgres.kinds.said import Claim, Said, gone_routine, there
from landed.engines.postgres.kinds.writes import Piece, Writes
from landed.engines.postgres.sql.tree import enum

RIGHTS = Rights("function", "X", "X", on="ROUTINE", born="f")

READINGS = (
    Reading(
        name="functions",
        catalog="pg_proc",
        named="routine",
        props=(
            THERE,
            *expressions("arguments"),
            *plain("returns", "language"),
            *expressions("definition"),
            Prop("body", BODY),
            *plain("library", "volatility", "security definer", "parallel", "strict", "leakproof"),
            Prop("cost", NUMBER),
            Prop("rows", NUMBER),
            *plain("support", "transforms"),
            Prop("settings", SETTINGS, shown="settings (`search_path`, …)"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(Touch("pg_proc", "c.oid"), Touch("pg_aggregate", "c.aggfnoid::oid")),
        names=True,
    ),
)  # fmt: skip


_ALTERABLE = frozenset(
    ("volatility", "security definer", "parallel", "strict", "leakproof", "cost", "rows", "support")
)
_WHOLE = frozenset((EXISTS, "arguments", "returns", "language", "definition", "body", "library"))
_LISTS = frozenset(
    ("search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries")
)
"""Settings that are lists, whose members the catalog holds quoted already."""

_EMPTY = '""'
_STUB = "BEGIN RAISE EXCEPTION 'landed: stands in for a function in {}'; END"


def _word(piece: Piece) -> str:
    return "PROCEDURE" if piece.object.kind == "procedure" else "FUNCTION"


def _can_be_made(piece: Piece) -> bool:
    return piece.schema.copy or piece.want.get("language") not in ("c", "internal")


def _cannot_be_replaced(piece: Piece) -> bool:
    """Whether CREATE OR REPLACE is refused: another result, other names, a default less."""
    if not piece.todo & _WHOLE or not _can_be_made(piece):
        return False
    if piece.todo & {"returns"}:
        return True
    if "arguments" not in piece.todo:
        return False
    wanted, seen = piece.want.get("arguments", ""), piece.have.get("arguments", "")
    names = [[part.split(" DEFAULT ")[0] for part in _split(side)] for side in (wanted, seen)]
    return names[0] != names[1] or wanted.count(" DEFAULT ") < seen.count(" DEFAULT ")


def _create(piece: Piece) -> bool:
    if not _can_be_made(piece):
        return False
    piece.alter(_definition(piece, replace=False))
    piece.takes_all()
    rights_again(piece)
    return True


def rights_again(piece: Piece) -> None:
    """What is made anew begins with privileges of its own."""
    rights = ("grant on function", "revoke on function")
    parts = piece.schema.parts.get(piece.object.name, ())
    piece.schema.rights_again |= {k for k in parts if k.kind in rights}


def _alter(piece: Piece) -> None:
    # What plans for it can be told by ALTER, but not that nothing does.
    if piece.todo & _WHOLE or ("support" in piece.todo and "support" not in piece.want):
        if _can_be_made(piece):
            piece.alter(_definition(piece, replace=True))
            piece.takes_all()
        return
    alter = f"ALTER {_word(piece)} {piece.name} "
    for prop in sorted(piece.todo):
        wanted = piece.want.get(prop)
        if prop in _ALTERABLE:
            piece.takes(prop)
            piece.alter(alter + _attribute(prop, wanted))
        elif prop.startswith("set "):
            piece.takes(prop)
            setting = prop.removeprefix("set ")
            piece.alter(
                f"{alter}RESET {setting}" if wanted is None else f"{alter}{_setting(setting, wanted)}"
            )


def _attribute(prop: str, value: str | None) -> str:
    match prop:
        case "volatility":
            return (value or "volatile").upper()
        case "security definer":
            return "SECURITY DEFINER" if value == YES else "SECURITY INVOKER"
        case "parallel":
            return f"PARALLEL {(value or 'unsafe').upper()}"
        case "strict":
            return "STRICT" if value else "CALLED ON NULL INPUT"
        case "leakproof":
            return "LEAKPROOF" if value else "NOT LEAKPROOF"
        case "cost":
            return f"COST {value or 100}"
        case "rows":
            return f"ROWS {value or 1000}"
        case _:
            return f"SUPPORT {value}"


def _setting(name: str, value: str) -> str:
    if name in _LISTS:
        # An empty name is a name in the catalog only.
        return f"SET {name} TO {', '.join(text('') if v == _EMPTY else v for v in value.split(', '))}"
    return f"SET {name} TO {text(value)}"


def _definition(piece: Piece, *, replace: bool) -> str:
    want, word = piece.want, _word(piece)
    name = path(called(piece.object.name)[0])
    lines = [f"CREATE {'OR REPLACE ' if replace else ''}{word} {name}({want.get('arguments', '')})"]
    if "returns" in want and word == "FUNCTION":
        lines.append(f"RETURNS {want['returns']}")
    lines.append(" ".join(_attributes(piece)))
    lines += [
        _setting(p.removeprefix("set "), value) for p, value in sorted(want.items()) if p.startswith("set ")
    ]
    lines.append(_body(piece))
    return "\n".join(lines)


def _attributes(piece: Piece) -> list[str]:
    want = piece.want
    language = want.get("language", "sql")
    parts = [f"LANGUAGE {'plpgsql' if _is_stub(piece) else language}"]
    if "transforms" in want:
        types = want["transforms"].removeprefix("{").removesuffix("}")
        parts.insert(0, f"TRANSFORM {', '.join(f'FOR TYPE {name}' for name in types.split(','))}")
    if _is_stub(piece):
        return parts
    if piece.object.kind == "window function":
        parts.append("WINDOW")
    if want.get("volatility", "volatile") != "volatile" and _word(piece) == "FUNCTION":
        parts.append(_attribute("volatility", want["volatility"]))
    if want.get("security definer") == YES:
        parts.append("SECURITY DEFINER")
    parts += [
        _attribute(p, want[p])
        for p in ("strict", "leakproof", "parallel", "cost", "rows", "support")
        if p in want
    ]
    return parts


def _is_stub(piece: Piece) -> bool:
    """Whose library is not there: by name and signature it is."""
    return piece.schema.copy and piece.want.get("language") == "c"


def _body(piece: Piece) -> str:
    want = piece.want
    if _is_stub(piece):
        return f"AS {dollar_quoted(_STUB.format(want['language']))}"
    if "definition" in want:
        return want["definition"]
    if want.get("language") == "internal":
        return f"AS {text(want['body'])}"
    # In a copy a body is what it was, to the last blank.
    body = want["body"] if piece.schema.copy else f"\n{want.get('body', '')}\n"
    return f"AS {dollar_quoted(body)}"


def dollar_quoted(body: str) -> str:
    """A body between dollar quotes that do not occur in it."""
    tag = next(tag for n in count() if (tag := f"$function{n or ''}$") not in body + "$")
    return f"{tag}{body}{tag}"


def _split(arguments: str) -> list[str]:
    depth, start, found = 0, 0, []
    quoted = False
    for at, char in enumerate(arguments):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "([":
            depth += 1
        elif not quoted and char in ")]":
            depth -= 1
        elif not quoted and char == "," and not depth:
            found.append(arguments[start:at].strip())
            start = at + 1
    return [*found, arguments[start:].strip()]


def _made(word: str) -> Writes:
    return Writes(create=_create, alter=_alter, again=_cannot_be_replaced, drop=f"DROP {word} {{name}}")


def _said(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """CREATE FUNCTION or PROCEDURE; a procedure's output parameters are part of its name."""
    if node.is_procedure is not (kind == "procedure"):
        return
    skipped = ("FUNC_PARAM_TABLE",) if node.is_procedure else ("FUNC_PARAM_TABLE", "FUNC_PARAM_OUT")
    given = [p.function_parameter for p in node.parameters]
    signature = said.signature([p.arg_type for p in given if enum(p, "mode") not in skipped])
    if signature is not None:
        yield there(kind, "", said.named(node.funcname) + signature)


_SAID = {"create_function_stmt": _said, "drop_stmt": gone_routine}

KINDS = (
    Kind(
        name="function", read_by=("functions",), space="function", rights=RIGHTS, tag="OBJECT_FUNCTION",
        word="FUNCTION", order=140, whole=True, needed=True, given=True,
        writes=_made("FUNCTION"), says=_SAID,
    ),
    Kind(
        name="procedure", read_by=("functions",), space="function", rights=RIGHTS, tag="OBJECT_PROCEDURE",
        word="PROCEDURE", order=150, whole=True, given=True,
        writes=_made("PROCEDURE"), says=_SAID,
    ),
    Kind(
        name="window function", read_by=("functions",), space="function", rights=RIGHTS,
        tag="OBJECT_FUNCTION", word="FUNCTION", order=170, given=True, writes=_made("FUNCTION"),
    ),
)  # fmt: skip
