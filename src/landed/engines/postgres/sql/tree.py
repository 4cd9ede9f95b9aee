"""Parse trees by PostgreSQL's own grammar (libpg_query): all that a statement says, for what is to be run.

What has to be known without the native library is in a statement's head.

Its reader descends once for every level of an expression and has no bound of its own for chains
(``1+1+1+…``): some ten thousand links end the process. Such a text has no tree here, nor has one of a hundred
levels, which protobuf does not read.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from landed.core.errors import CannotKnow
from landed.engines.postgres.sql.tokens import scan

DEEPEST = 2_000
"""How many links a chain may have, and how deep it may be nested, all levels together."""
_CHAINS = frozenset({"UNION", "INTERSECT", "EXCEPT", "JOIN"})


def _library() -> Any:
    """libpg_query; its package's stub files are no valid Python for mypy. Raises CannotKnow."""
    try:
        return import_module("postgast")
    except ImportError as error:
        raise CannotKnow(
            f"PostgreSQL's grammar cannot be loaded: {error}", next="Install it: pip install postgast"
        ) from None


def statements_of(sql: str) -> list[Any] | None:
    """The trees of a text's statements (``pg_query.RawStmt``), or ``None`` where they cannot be read."""
    if len(sql) > DEEPEST and too_deep(sql):
        return None
    postgast = _library()
    try:
        return list(postgast.parse(sql).stmts)
    except (postgast.PgQueryError, ValueError):
        return None
    except Exception as error:
        # Too many levels for protobuf, whose errors have no base but Exception.
        if type(error).__name__ == "DecodeError":
            return None
        raise


class Tree(NamedTuple):
    """One statement: ``which`` kind it is (``create_stmt``; ``""`` for none), and its ``node``."""

    which: str
    node: Any


def read_tree(sql: str) -> Tree | None:
    """The tree of one statement; ``None`` where it cannot be read, or is not one statement."""
    found = statements_of(sql)
    if found is None or len(found) != 1:
        return None
    (statement,) = found
    which: str = statement.stmt.WhichOneof("node") or ""
    return Tree(which, getattr(statement.stmt, which)) if which else None


def copied(tree: Tree) -> Tree:
    """The same tree, to be changed."""
    node = type(tree.node)()
    node.CopyFrom(tree.node)
    return Tree(tree.which, node)


def written(tree: Tree) -> str:
    """The statement as its tree has it."""
    postgast = _library()
    parsed = postgast.parse("")
    getattr(parsed.stmts.add().stmt, tree.which).CopyFrom(tree.node)
    text: str = postgast.deparse(parsed)
    return text


def enum(node: Any, field: str) -> str:
    """The name of an enumeration's value: ``enum(drop, "remove_type")`` is ``OBJECT_TABLE``."""
    numbers = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(numbers[getattr(node, field)].name)


def strings(items: Any) -> list[str]:
    """The texts of a list of strings: the parts of a name."""
    return [item.string.sval for item in items]


def relation(node: Any) -> list[str]:
    """The parts of a table's name."""
    return [part for part in (node.catalogname, node.schemaname, node.relname) if part]


def named(node: Any) -> list[str]:
    """The parts of the name of whatever a statement is about: a table, a function, a type, a schema."""
    match node.WhichOneof("node"):
        case "range_var":
            return relation(node.range_var)
        case "object_with_args":
            return strings(node.object_with_args.objname)
        case "type_name":
            return strings(node.type_name.names)
        case "list":
            return strings(node.list.items)
        case "string":
            return [node.string.sval]
    return []


def options(items: Any) -> dict[str, Any]:
    """The options of a statement, ``name = value``, by their names; a value is a node or ``None``."""
    return {o.def_elem.defname: o.def_elem.arg if o.def_elem.HasField("arg") else None for o in items}


def parts(node: Any) -> list[tuple[str, Any]]:
    """The parts of an ALTER TABLE: what each does (``AT_AddColumn``), and its node."""
    commands = [each.alter_table_cmd for each in node.cmds]
    return [(enum(command, "subtype"), command) for command in commands]


def cascades(tree: Tree) -> bool:
    """Whether a DROP, a REVOKE or a part of an ALTER has CASCADE (not what a foreign key does with rows)."""
    nodes = [tree.node]
    if tree.which == "alter_table_stmt":
        nodes = [part for _, part in parts(tree.node)]
    return any(
        enum(node, "behavior") == "DROP_CASCADE"
        for node in nodes
        if "behavior" in node.DESCRIPTOR.fields_by_name
    )


def constraints(tree: Tree) -> list[Any]:
    """The constraints that a CREATE TABLE or an ALTER TABLE makes, in order, those of columns included."""
    found: list[Any] = []
    if tree.which == "create_stmt":
        made = list(tree.node.table_elts)
    elif tree.which == "alter_table_stmt":
        made = [getattr(command, "def") for _, command in parts(tree.node)]
    else:
        made = []
    for element in made:
        which = element.WhichOneof("node")
        if which == "constraint":
            found.append(element.constraint)
        elif which == "column_def":
            found += [each.constraint for each in element.column_def.constraints]
    return found


def expression(node: Any) -> str:
    """An expression as SQL."""
    postgast = _library()
    parsed = postgast.parse("SELECT 1")
    parsed.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(node)
    text: str = postgast.deparse(parsed)
    return text.removeprefix("SELECT ")


def too_deep(sql: str) -> bool:
    """Whether the tree of a text may have more levels than :data:`DEEPEST`: what stands between two commas
    may be one chain, and chains of queries and joins go on over them."""
    open_levels: list[tuple[int, int]] = []
    links = lasting = deep = 0
    for kind, piece, _ in scan(sql):
        if kind in ("space", "comment"):
            continue
        if piece in ("(", "["):
            open_levels.append((links, lasting))
            deep += links + lasting + 1
            links = lasting = 0
        elif piece in (")", "]"):
            if open_levels:
                links, lasting = open_levels.pop()
                deep -= links + lasting + 1
                links += 1
        elif piece == "," or piece == ";":
            links = 0
            if piece == ";" and not open_levels:
                lasting = 0
        elif kind == "word" and piece.upper() in _CHAINS:
            lasting += 1
        else:
            links += 1
        if deep + links + lasting > DEEPEST:
            return True
    return False
