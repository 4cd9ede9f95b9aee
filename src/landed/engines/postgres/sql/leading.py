"""Questions to a statement's leading words: how it stands to transactions, roles and rows."""

from __future__ import annotations

from landed.engines.postgres.sql.tokens import scan

_CONTROL = {
    "BEGIN": "begin",
    "START": "begin",
    "COMMIT": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "ABORT": "rollback",
    "SAVEPOINT": "savepoint",
    "RELEASE": "savepoint",
    "PREPARE": "prepare",
}
_CLUSTER_WIDE = frozenset({"ROLE", "USER", "GROUP", "DATABASE", "TABLESPACE", "SYSTEM"})
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE"})
_NOT_OF_THE_SESSION = frozenset({"LOCAL", "CONSTRAINTS", "TRANSACTION"})


def alone(w: list[str]) -> str:
    """Why a statement cannot run in a transaction block, or ``""``."""
    head = w[:3]
    if w[:1] in (["CREATE"], ["DROP"]):
        index = w[2:] if w[1:2] == ["UNIQUE"] else w[1:]
        if index[:2] == ["INDEX", "CONCURRENTLY"]:
            return f"{w[0]} INDEX CONCURRENTLY"
        if w[1:2] in (["DATABASE"], ["TABLESPACE"]):
            return f"{w[0]} {w[1]}"
        if w[1:2] == ["SUBSCRIPTION"] and not _false_option(w, "CREATE_SLOT" if w[0] == "CREATE" else ""):
            return f"{w[0]} SUBSCRIPTION"
    elif head[:1] == ["REINDEX"]:
        kind = _after_options(w, 1)
        if w[kind : kind + 1] in (["DATABASE"], ["SYSTEM"], ["SCHEMA"]):
            return f"REINDEX {w[kind]}"
        if "CONCURRENTLY" in w[: kind + 2]:
            return "REINDEX CONCURRENTLY"
    elif head[:1] == ["VACUUM"]:
        return "VACUUM"
    elif head[:1] == ["CLUSTER"] and _after_options(w, 1) >= len(w):
        return "CLUSTER of all tables"
    elif head[:2] == ["ALTER", "SYSTEM"]:
        return "ALTER SYSTEM"
    elif head[:2] == ["ALTER", "DATABASE"] and w[3:5] == ["SET", "TABLESPACE"]:
        return "ALTER DATABASE … SET TABLESPACE"
    elif head[:2] == ["ALTER", "SUBSCRIPTION"] and "REFRESH" in w[3:4]:
        return "ALTER SUBSCRIPTION … REFRESH"
    elif head[:2] == ["ALTER", "TABLE"] and "DETACH" in w and w[-1] == "CONCURRENTLY":
        return "DETACH PARTITION CONCURRENTLY"
    return ""


def _after_options(w: list[str], at: int) -> int:
    """The index after ``(…)`` and VERBOSE, which may follow the verb of a maintenance command."""
    if w[at : at + 1] == ["("]:
        at = w.index(")", at) + 1 if ")" in w[at:] else len(w)
    return at + 1 if w[at : at + 1] == ["VERBOSE"] else at


def _false_option(w: list[str], name: str) -> bool:
    """Whether ``name = false`` is among the options (``connect = false`` means no slot, too)."""
    for key in (name, "CONNECT"):
        if name and key in w and w[w.index(key) + 1 : w.index(key) + 3] in (["=", "FALSE"], ["=", "OFF"]):
            return True
    return False


def transaction(w: list[str]) -> str:
    """What a statement does with the transaction: ``begin``, ``commit``, ``rollback``, …, or ``""``."""
    verb = _CONTROL.get(w[0] if w else "", "")
    if verb == "begin" and w[0] == "START" and w[1:2] != ["TRANSACTION"]:
        return ""
    if verb == "prepare" and w[1:2] != ["TRANSACTION"]:
        return ""
    if verb == "rollback" and "TO" in w[1:3]:
        return "savepoint"
    if verb in ("commit", "rollback") and w[1:2] == ["PREPARED"]:
        return "prepare"
    return verb


def switches_role(w: list[str]) -> bool:
    """Whether a statement changes the role of the session."""
    if w[:1] == ["SET"]:
        rest = w[2:] if w[1:2] in (["SESSION"], ["LOCAL"]) else w[1:]
        return (
            rest[:1] == ["ROLE"] or rest[:1] == ["AUTHORIZATION"] or rest[:2] == ["SESSION", "AUTHORIZATION"]
        )
    return (
        w[:2] == ["RESET", "ROLE"] or w[:3] == ["RESET", "SESSION", "AUTHORIZATION"] or w[:1] == ["DISCARD"]
    )


def cluster_wide(w: list[str]) -> bool:
    """Whether a statement changes what all databases of a server share."""
    if len(w) < 2:
        return False
    if w[:2] in (["REASSIGN", "OWNED"], ["DROP", "OWNED"]):
        return True
    if w[0] in ("CREATE", "ALTER", "DROP"):
        return w[1] in _CLUSTER_WIDE and not (w[1] == "USER" and w[2:3] == ["MAPPING"])
    if w[0] in ("GRANT", "REVOKE"):
        return not _before(w, "ON", "TO" if w[0] == "GRANT" else "FROM") or "PARAMETER" in w
    return w[0] == "COMMENT" and w[2:3] in (["ROLE"], ["DATABASE"], ["TABLESPACE"])


def _before(w: list[str], first: str, then: str) -> bool:
    for word in w:
        if word == first:
            return True
        if word == then:
            return False
    return True


def writes_rows(w: list[str], sql: str) -> bool:
    """Whether a statement by itself writes rows."""
    verb = w[0] if w else ""
    if verb in _WRITES:
        return True
    if verb == "COPY":
        return "FROM" in outside(sql)
    if verb == "WITH":
        return any(kind == "word" and text.upper() in _WRITES for kind, text, _ in scan(sql))
    return False


def sets_session(w: list[str]) -> bool:
    """Whether a statement only changes a setting or the role until the session ends."""
    if w[:1] == ["SET"]:
        return w[1:2] != [] and w[1] not in _NOT_OF_THE_SESSION
    if w[:1] == ["RESET"]:
        return True
    called = w[3:5] if w[1:3] == ["PG_CATALOG", "."] else w[1:3]
    return w[:1] == ["SELECT"] and called == ["SET_CONFIG", "("]


def outside(sql: str) -> list[str]:
    """The bare words of a statement that are in no parentheses, in upper case."""
    depth, found = 0, []
    for kind, text, _ in scan(sql):
        depth += (text == "(") - (text == ")")
        if kind == "word" and not depth:
            found.append(text.upper())
    return found
