"""What kind of statement a PostgreSQL statement is, as far as transactions, roles and rows are concerned."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from landed.engines.postgres.sql.tokens import scan, words

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


class Traits(NamedTuple):
    """What matters about one statement besides its effects on the schema.

    ``alone`` says why it cannot run in a transaction block, or is ``""``. ``transaction`` is ``begin``,
    ``commit``, ``rollback``, ``savepoint`` (also RELEASE and ROLLBACK TO), ``prepare`` or ``""``.
    ``switches_role`` is SET ROLE, SET SESSION AUTHORIZATION and their RESET. ``cluster_wide`` changes what
    all databases of a server share: roles, their memberships, databases, tablespaces. ``writes_rows`` is a
    statement that by itself writes rows. ``dynamic`` is a DO block, a CALL or a SELECT: what it does is not
    in its text.
    """

    verb: str = ""
    alone: str = ""
    transaction: str = ""
    switches_role: bool = False
    cluster_wide: bool = False
    writes_rows: bool = False
    dynamic: bool = False


@lru_cache(maxsize=8192)
def traits(sql: str) -> Traits:
    """The traits of one statement, by its leading words; raises nothing."""
    w = words(sql, 40)
    verb = w[0] if w else ""
    return Traits(
        verb=verb,
        alone=_alone(w),
        transaction=_transaction(w),
        switches_role=_switches_role(w),
        cluster_wide=_cluster_wide(w),
        writes_rows=_writes_rows(w, sql),
        dynamic=verb in ("DO", "CALL", "SELECT"),
    )


def _alone(w: list[str]) -> str:
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


def _transaction(w: list[str]) -> str:
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


def _switches_role(w: list[str]) -> bool:
    if w[:1] == ["SET"]:
        rest = w[2:] if w[1:2] in (["SESSION"], ["LOCAL"]) else w[1:]
        return (
            rest[:1] == ["ROLE"] or rest[:1] == ["AUTHORIZATION"] or rest[:2] == ["SESSION", "AUTHORIZATION"]
        )
    return (
        w[:2] == ["RESET", "ROLE"] or w[:3] == ["RESET", "SESSION", "AUTHORIZATION"] or w[:1] == ["DISCARD"]
    )


def _cluster_wide(w: list[str]) -> bool:
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


def _writes_rows(w: list[str], sql: str) -> bool:
    verb = w[0] if w else ""
    if verb in _WRITES:
        return True
    if verb == "COPY":
        return "FROM" in w
    if verb == "WITH":
        return any(kind == "word" and text.upper() in _WRITES for kind, text, _ in scan(sql))
    return False
