"""Functions, triggers, policies, event triggers: the statements that bring their properties back."""

from __future__ import annotations

import re
from collections.abc import Callable

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.catalog.restore_names import bare, text
from landed.engines.postgres.catalog.restore_objects import Piece

_ENABLED = {"yes": "ENABLE", "no": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}
_ALTERABLE = frozenset(
    ("volatility", "security definer", "parallel", "strict", "leakproof", "cost", "rows", "support")
)
_WHOLE = frozenset((EXISTS, "arguments", "returns", "language", "definition", "body", "library"))
_LISTS = frozenset(
    ("search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries")
)
"""Settings that are lists, whose members the catalog holds quoted already."""

EMPTY = '""'


def function(piece: Piece) -> None:
    """A function or procedure in SQL or a procedural language."""
    kind, _, name = piece.object
    word = "PROCEDURE" if kind == "procedure" else "FUNCTION"
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP {word} {name}")
        return
    if piece.todo & _WHOLE:
        if piece.want.get("language") in ("c", "internal") or "transforms" in piece.want:
            return
        anew = piece.missing or _cannot_be_replaced(piece)
        if anew and not piece.missing:
            piece.alter(f"DROP {word} {name}")
        piece.alter(_create(piece, word, replace=not anew))
        piece.takes_all()
        piece.anew = anew
        if anew:
            rights = ("grant on function", "revoke on function")
            piece.schema.rights_again |= {k for k in piece.schema.parts.get(name, ()) if k.kind in rights}
        return
    alter = f"ALTER {word} {name} "
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
            return f"SUPPORT {value}" if value else ""


def _setting(name: str, value: str) -> str:
    if name in _LISTS:
        # An empty name is a name in the catalog only.
        return f"SET {name} TO {', '.join(text('') if v == EMPTY else v for v in value.split(', '))}"
    return f"SET {name} TO {text(value)}"


def _create(piece: Piece, word: str, *, replace: bool) -> str:
    want, (_, _, name) = piece.want, piece.object
    called = name.rpartition("(")[0] if name.endswith(")") else name
    called = name[: name.index("(", _after_quotes(name))] if "(" in name else called
    lines = [f"CREATE {'OR REPLACE ' if replace else ''}{word} {called}({want.get('arguments', '')})"]
    if "returns" in want and word == "FUNCTION":
        lines.append(f"RETURNS {want['returns']}")
    parts = [f"LANGUAGE {want.get('language', 'sql')}"]
    if piece.object.kind == "window function":
        parts.append("WINDOW")
    if want.get("volatility", "volatile") != "volatile" and word == "FUNCTION":
        parts.append(_attribute("volatility", want["volatility"]))
    if want.get("security definer") == YES:
        parts.append("SECURITY DEFINER")
    parts += [
        _attribute(p, want[p])
        for p in ("strict", "leakproof", "parallel", "cost", "rows", "support")
        if p in want
    ]
    lines.append(" ".join(parts))
    lines += [
        _setting(p.removeprefix("set "), value) for p, value in sorted(want.items()) if p.startswith("set ")
    ]
    lines.append(want["definition"] if "definition" in want else f"AS {dollar_quoted(want.get('body', ''))}")
    return "\n".join(lines)


def _after_quotes(name: str) -> int:
    """Where the qualified name ends for sure: behind its last quoted part."""
    found = re.match(r'(?:"(?:[^"]|"")*"|[^"(.]+)(?:\.(?:"(?:[^"]|"")*"|[^"(.]+))*', name)
    return found.end() if found else 0


def dollar_quoted(body: str) -> str:
    """A body between dollar quotes that do not occur in it."""
    tag, number = "$function$", 0
    while tag in body:
        number += 1
        tag = f"$function{number}$"
    return f"{tag}\n{body}\n{tag}"


_DEFAULT = re.compile(r" (?:DEFAULT|=) ")


def _cannot_be_replaced(piece: Piece) -> bool:
    """Whether CREATE OR REPLACE is refused: another result, other names, a default less."""
    if piece.todo & {"returns"}:
        return True
    if "arguments" not in piece.todo:
        return False
    wanted, seen = piece.want.get("arguments", ""), piece.have.get("arguments", "")
    names = [[part.split(" DEFAULT ")[0] for part in _split(side)] for side in (wanted, seen)]
    return names[0] != names[1] or wanted.count(" DEFAULT ") < seen.count(" DEFAULT ")


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


def trigger(piece: Piece) -> None:
    """A trigger; made anew where its definition is another."""
    _, table, name = piece.object
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP TRIGGER {bare(name)} ON {table}")
        return
    if piece.todo & {EXISTS, "definition"}:
        if not piece.missing:
            piece.alter(f"DROP TRIGGER {bare(name)} ON {table}")
        piece.takes(EXISTS, "definition", "enabled")
        piece.anew = True
        piece.alter(piece.want["definition"])
        if piece.want.get("enabled", YES) != YES:
            piece.todo.add("enabled")
    if piece.takes("enabled"):
        piece.alter(f"ALTER TABLE {table} {_ENABLED[piece.want['enabled']]} TRIGGER {bare(name)}")


def policy(piece: Piece) -> None:
    """A row level security policy: altered where ALTER POLICY can, else made anew."""
    _, table, name = piece.object
    want = piece.want
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP POLICY {bare(name)} ON {table}")
        return
    anew = piece.todo & {EXISTS, "command", "permissive"} or any(
        prop in piece.todo and prop not in want for prop in ("using", "check")
    )
    parts = []
    if "roles" in want and (anew or "roles" in piece.todo):
        parts.append(f"TO {want['roles']}")
    for prop, words in (("using", "USING"), ("check", "WITH CHECK")):
        if prop in want and (anew or prop in piece.todo):
            parts.append(f"{words} ({want[prop]})")
    told = " ".join(parts)
    if anew:
        if not piece.missing:
            piece.alter(f"DROP POLICY {bare(name)} ON {table}")
        kind = "" if want.get("permissive", YES) == YES else " AS RESTRICTIVE"
        piece.alter(f"CREATE POLICY {bare(name)} ON {table}{kind} FOR {want['command']} {told}".rstrip())
        piece.takes_all()
        piece.anew = True
    elif parts:
        piece.takes("roles", "using", "check")
        piece.alter(f"ALTER POLICY {bare(name)} ON {table} {told}")


def event_trigger(piece: Piece) -> None:
    """An event trigger."""
    name, want = bare(piece.object.name), piece.want
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP EVENT TRIGGER {name}")
        return
    if piece.todo & {EXISTS, "event", "tags", "function"}:
        if not piece.missing:
            piece.alter(f"DROP EVENT TRIGGER {name}")
        tags = ", ".join(text(tag) for tag in want["tags"].split(", ")) if "tags" in want else ""
        when = f" WHEN TAG IN ({tags})" if tags else ""
        piece.alter(
            f"CREATE EVENT TRIGGER {name} ON {want['event']}{when} EXECUTE FUNCTION {want['function']}()"
        )
        piece.takes(EXISTS, "event", "tags", "function", "enabled")
        piece.anew = True
        if want.get("enabled", YES) != YES:
            piece.todo.add("enabled")
    if piece.takes("enabled"):
        piece.alter(f"ALTER EVENT TRIGGER {name} {_ENABLED[want['enabled']]}")


HANDLERS: dict[str, Callable[[Piece], None]] = {
    "function": function,
    "procedure": function,
    "window function": function,
    "trigger": trigger,
    "policy": policy,
    "event trigger": event_trigger,
}
