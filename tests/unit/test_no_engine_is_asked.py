"""Above the engines nobody asks which one it is: a question is a method or a word of the engine's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from landed.engines import ENGINES
from support import ROOT

ABOVE = ("ops", "report", "cli")
KINDS = {*ENGINES, "d1"}
"""Kinds of targets, and the rules of files."""
CLASSES = re.compile(r"\w*(?:Writer|Target)|(?:Postgres|Supabase|Sqlite|LocalD1|RemoteD1)\w*")


def names(node: ast.AST) -> set[str]:
    return {n.attr if isinstance(n, ast.Attribute) else n.id for n in ast.walk(node)
            if isinstance(n, ast.Attribute | ast.Name)}  # fmt: skip


def texts(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def questions(tree: ast.AST) -> Iterator[str]:
    """What asks for the engine: its rules or kind compared, its class, a name like ``is_postgres``."""
    for node in ast.walk(tree):
        asked = None
        match node:
            case ast.Compare() | ast.MatchValue():
                asked = (names(node) & {"mode", "family"} and texts(node)) or texts(node) & KINDS
            case ast.Subscript() if isinstance(node.slice, ast.Attribute):
                asked = names(node.slice) & {"mode"}
            case ast.Call(func=ast.Attribute(attr="startswith" | "endswith" | "get", value=value)):
                asked = isinstance(value, ast.Attribute) and value.attr in ("mode", "kind", "family")
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, which]):
                asked = any(CLASSES.fullmatch(name) for name in names(which))
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.Name(id=name):
                asked = re.fullmatch(r"_?is_(?:postgres|sqlite|supabase|d1\w*)", name)
        if asked:
            yield f"line {getattr(node, 'lineno', '?')}: {ast.unparse(node)[:80]}"


@pytest.mark.parametrize("room", ABOVE)
def test_nobody_above_asks_which_engine_it_is(room: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix(): asked
        for path in sorted((ROOT / "src" / "landed" / room).rglob("*.py"))
        for asked in [list(questions(ast.parse(path.read_text(encoding="utf-8"))))]
        if asked
    }
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "if workspace.is_postgres: pass",
        'workspace.mode == "d1"',
        'spec.kind == "d1:local"',
        'spec.kind.startswith("d1")',
        "isinstance(writer, PgWriter)",
        "isinstance(target, SqliteTarget)",
        'rules = {"d1": 1}.get(spec.mode) if engine.words.family == "Postgres" else None',
        'kind in ("supabase", "postgres")',
    ],
)
def test_such_a_question_is_found(code: str) -> None:
    assert list(questions(ast.parse(code)))
