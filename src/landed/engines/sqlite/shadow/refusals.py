"""Why D1 refuses a statement, in the user's words."""

from __future__ import annotations

import re

from landed.engines.sqlite.shadow.d1_rules import LIMITS, NOT_BUILT_IN, pragma_allowed

_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_WORDS = re.compile(r"[A-Za-z_]\w*")
_PRAGMA = re.compile(r"pragma\s+(?:\w+\s*\.\s*)?(\w+)", re.IGNORECASE)
_MODULE = re.compile(r"\busing\s+[\"'`\[]?(\w+)", re.IGNORECASE)
_RESERVED = re.compile(r"(?<!\w)_cf_\w*", re.IGNORECASE)
_FUNCTION = re.compile(r"not authorized to use function: (\S+)")
_PROHIBITED = re.compile(r"access to (.+?) is prohibited")
_LIMITED = re.compile(r"\blimit\b", re.IGNORECASE)

_CONSTRAINT_FUNCTIONS = frozenset(
    {"sqlite_fail", "sqlite_add_constraint", "sqlite_drop_constraint", "sqlite_find_constraint"}
)
_TRANSACTION = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"})

_BY_MESSAGE: tuple[tuple[str, str], ...] = (
    ("too many columns", "D1 allows at most 100 columns in a table, index or result; move some to a table of "
     "their own"),
    ("too many terms in compound select", "D1 allows at most 5 SELECTs joined by UNION, INTERSECT or EXCEPT; "
     "use VALUES, or split the statement"),
    ("statement too long", "D1 allows at most 100 KB per statement; split it into several"),
    ("query string is too large", "D1 allows at most 100 KB per statement; split it into several"),
    ("expression tree is too large", "D1 allows expressions nested at most 100 deep; use IN (…), or split "
     "the statement"),
    ("like or glob pattern too complex", "D1 allows LIKE and GLOB patterns of at most 50 bytes; use instr() "
     "or substr()"),
    ("too many sql variables", "D1 allows at most 100 bound parameters per statement"),
    ("variable number must be between", "D1 allows at most 100 bound parameters per statement"),
    ("too many arguments on function", "D1 allows at most 127 arguments of a function"),
    ("too many levels of trigger recursion", "D1 lets triggers set off each other at most 10 deep"),
    ("triggers nested too deep", "D1 lets triggers set off each other at most 10 deep"),
    ("string or blob too big", "D1 does not take a value of this size (rows are limited to 2 MB)"),
    ("too many attached databases", "D1 does not allow ATTACH: there is only the one database"),
)  # fmt: skip


def explain_refusal(error: BaseException, statement: str, mode: str = "d1") -> str | None:
    """One sentence on why this statement is not taken, and what to do; None for any other error.

    ``error`` is what the sandbox raised (apsw's exception) for ``statement``. An error that has nothing
    to do with D1's rules (a missing table, a broken constraint) is not explained.
    """
    message = str(error)
    lowered = message.lower()
    words = _first_words(statement)
    first = words[0] if words else ""
    if mode == "sqlite":
        return _in_sqlite(message, lowered, first, statement)
    if first == "VACUUM" and ("vacuum" in lowered or "authoriz" in lowered):
        return "D1 does not allow VACUUM: it runs every statement inside a transaction; remove it"
    function = _FUNCTION.search(message)
    if function:
        return _function(function[1], first)
    prohibited = _PROHIBITED.search(message)
    if prohibited:
        name = prohibited[1].rpartition(".")[0]
        if name in NOT_BUILT_IN:
            return f"D1 does not have the table {name}"
        return f"D1 does not let SQL read {prohibited[1]}: it belongs to the runtime"
    if "not authorized" in lowered:
        return _unauthorised(statement, words, first)
    if "string or blob too big" in lowered and len(statement.encode()) > LIMITS["SQLITE_LIMIT_SQL_LENGTH"]:
        message = lowered = "statement too long"
    for fragment, sentence in _BY_MESSAGE:
        if fragment in lowered:
            return sentence
    if "syntax error" in lowered and first in ("DELETE", "UPDATE") and _LIMITED.search(statement):
        return (
            f"{first} … ORDER BY / LIMIT runs on D1, but not in the SQLite that landed replays with; select "
            "the rows instead: WHERE rowid IN (SELECT rowid FROM … LIMIT …)"
        )
    return None


def _in_sqlite(said: str, message: str, first: str, statement: str) -> str | None:
    """Refusals of landed itself, in plain SQLite files."""
    function = _FUNCTION.search(said)
    if function:
        return f"a migration may only work in its own database: {function[1]}() reaches beyond it"
    if "within a transaction" in message or "inside of a transaction" in message:
        return (
            f"{first} cannot run in a transaction, and landed runs every file in one: use another tool for it"
        )
    if first in ("ATTACH", "DETACH") and ("not authorized" in message or "too many attached" in message):
        return "a migration may only change its own database: remove ATTACH and DETACH"
    if "not authorized" not in message:
        return None
    if first in _TRANSACTION:
        return (
            f"{first} in the middle of a file would commit a part of it unproven; landed runs every file in "
            "one transaction of its own: remove the statement, or split the file"
        )
    if first == "VACUUM":
        return (
            "VACUUM cannot run in a transaction, and landed runs every file in one: use another tool for it"
        )
    if first == "PRAGMA":
        return (
            f"PRAGMA {_pragma_name(statement)} with this value reaches beyond what a migration may change: "
            "remove it"
        )
    if first == "CREATE":
        found = _MODULE.search(statement)
        module = found[1] if found else "of this kind"
        return f"a virtual table {module} reads what is outside of the database: a migration may not"
    return "a migration may only work in its own database"


def _first_words(statement: str) -> list[str]:
    lead = _LEADING.match(statement)
    start = lead.end() if lead else 0
    return [word.upper() for word in _WORDS.findall(statement[start : start + 200])[:6]]


def _function(name: str, first: str) -> str:
    if first == "ALTER" and name in _CONSTRAINT_FUNCTIONS:
        return (
            "D1 does not allow ALTER TABLE to set or drop NOT NULL or to add or drop a constraint: rebuild "
            "the table instead"
        )
    return f"D1 does not allow the function {name}()"


def _unauthorised(statement: str, words: list[str], first: str) -> str:
    if first in _TRANSACTION:
        return (
            "D1 does not allow BEGIN, COMMIT, ROLLBACK or SAVEPOINT: it runs every file in one transaction "
            "of its own; remove these statements"
        )
    if first in ("ATTACH", "DETACH"):
        return "D1 does not allow ATTACH and DETACH: there is only the one database"
    if first == "PRAGMA":
        return _pragma(statement)
    if first == "CREATE" and len(words) > 1 and words[1] in ("TEMP", "TEMPORARY"):
        return "D1 does not allow TEMP objects: use an ordinary table and drop it at the end of the file"
    reserved = _RESERVED.search(statement)
    if reserved:
        return f"D1 keeps names that begin with _cf_ for itself: choose another name than {reserved[0]}"
    if words[:2] == ["CREATE", "VIRTUAL"]:
        module = _MODULE.search(statement)
        name = module[1] if module else "this module"
        return (
            f"D1 does not have the virtual table module {name}: it has fts5, fts5vocab, rtree and rtree_i32"
        )
    return "D1 does not allow this statement (not authorized)"


def _pragma_name(statement: str) -> str:
    lead = _LEADING.match(statement)
    found = _PRAGMA.match(statement, lead.end() if lead else 0)
    return found[1] if found else "this"


def _pragma(statement: str) -> str:
    name = _pragma_name(statement)
    if pragma_allowed(name, None) or pragma_allowed(name, "on"):
        return f"D1 does not allow PRAGMA {name} with this argument"
    return f"D1 does not allow PRAGMA {name}: remove it"
