"""What a statement's head says, held against PostgreSQL's own grammar, over statements of real projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from landed.core.migration import Statement
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.split import split
from landed.engines.postgres.sql.tree import Tree, enum, options, parts

TESTS = Path(__file__).parents[1]
PLACES = (
    TESTS / "data" / "corpus" / "supabase",
    TESTS / "cases",
    TESTS.parent / "src" / "landed" / "engines",
)
RARE = """
BEGIN; START TRANSACTION ISOLATION LEVEL SERIALIZABLE; COMMIT AND CHAIN; END WORK; ABORT; ROLLBACK;
SAVEPOINT a; RELEASE SAVEPOINT a; RELEASE a; ROLLBACK TO a; ROLLBACK WORK TO SAVEPOINT a;
PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x'; ROLLBACK PREPARED 'x'; PREPARE p AS SELECT 1; DEALLOCATE p;
EXECUTE p; CREATE INDEX CONCURRENTLY ON t (a);
CREATE /* so */ UNIQUE /* and /* so */ */ INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);
DROP INDEX CONCURRENTLY IF EXISTS i; DROP INDEX i; REINDEX INDEX i; REINDEX (VERBOSE, CONCURRENTLY) TABLE t;
REINDEX TABLE CONCURRENTLY t; REINDEX SCHEMA s; REINDEX DATABASE x; REINDEX (VERBOSE) SYSTEM x; VACUUM;
VACUUM (FULL) t; CLUSTER; CLUSTER VERBOSE; CLUSTER t USING i; CLUSTER (VERBOSE) t; ALTER SYSTEM SET a.b = 1;
ALTER SYSTEM RESET ALL; CREATE DATABASE x; DROP DATABASE x; ALTER DATABASE x SET a = 1;
ALTER DATABASE x SET TABLESPACE y; ALTER DATABASE x OWNER TO y; CREATE TABLESPACE x LOCATION '/x';
DROP TABLESPACE x; ALTER TABLE p DETACH PARTITION c CONCURRENTLY; ALTER TABLE p DETACH PARTITION c;
ALTER TABLE p DETACH PARTITION c FINALIZE; CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p;
ALTER SUBSCRIPTION s REFRESH PUBLICATION;
CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false); DROP SUBSCRIPTION s; SET ROLE x;
SET LOCAL ROLE x; SET SESSION ROLE x; RESET ROLE; SET SESSION AUTHORIZATION x;
SET SESSION SESSION AUTHORIZATION x; RESET SESSION AUTHORIZATION; DISCARD ALL; DISCARD PLANS; RESET ALL;
SET a.b = 1; SET SESSION a.b TO 1; SET LOCAL a.b TO 1; SET TIME ZONE 'UTC'; SET NAMES 'UTF8'; RESET a.b;
SET TRANSACTION READ ONLY; SET LOCAL TRANSACTION READ ONLY; SET CONSTRAINTS ALL DEFERRED;
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SELECT set_config('a.b', '1', false);
SELECT pg_catalog.set_config('a.b', '1', true); SELECT 1; SELECT a FROM t; TABLE t; VALUES (1); (SELECT 1);
CREATE ROLE r; CREATE USER u; CREATE GROUP g; ALTER ROLE r SET a = 1; ALTER USER u CREATEDB;
ALTER GROUP g ADD USER u; DROP ROLE r; DROP USER u; GRANT r TO u; REVOKE r FROM u;
GRANT r TO u WITH ADMIN OPTION; GRANT SELECT ON t TO u; REVOKE ALL ON ALL TABLES IN SCHEMA s FROM u;
GRANT SET ON PARAMETER a.b TO u; REASSIGN OWNED BY a TO b; DROP OWNED BY a;
CREATE USER MAPPING FOR u SERVER s; DROP USER MAPPING FOR u SERVER s; COMMENT ON ROLE r IS 'x';
COMMENT ON DATABASE d IS 'x'; COMMENT ON TABLESPACE x IS 'x'; COMMENT ON TABLE t IS 'role';
ALTER USER MAPPING FOR u SERVER s OPTIONS (SET a 'b'); INSERT INTO t VALUES (1); UPDATE t SET a = 1;
DELETE FROM t; TRUNCATE t; COPY t FROM '/x'; COPY t FROM STDIN; COPY t TO STDOUT; COPY (SELECT 1) TO '/x';
COPY t (stdin) FROM PROGRAM 'x'; MERGE INTO t USING u ON a = b WHEN MATCHED THEN DELETE;
WITH x AS (SELECT 1) SELECT * FROM x; WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x;
WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x; DO $$ BEGIN END $$; CALL p();
CREATE TEMP TABLE t (a int); CREATE LOCAL TEMPORARY TABLE t (a int); CREATE TABLE t (a int);
CREATE OR REPLACE TEMP VIEW v AS SELECT 1; CREATE TABLE temp (a int);
COPY (SELECT a FROM stdin) TO STDOUT;
CREATE UNLOGGED TABLE t (a int); LOCK t; NOTIFY x; LISTEN x
"""
TRANSACTIONS = {
    "TRANS_STMT_BEGIN": "begin",
    "TRANS_STMT_START": "begin",
    "TRANS_STMT_COMMIT": "commit",
    "TRANS_STMT_ROLLBACK": "rollback",
    "TRANS_STMT_SAVEPOINT": "savepoint",
    "TRANS_STMT_RELEASE": "savepoint",
    "TRANS_STMT_ROLLBACK_TO": "savepoint",
    "TRANS_STMT_PREPARE": "prepare",
    "TRANS_STMT_COMMIT_PREPARED": "prepare",
    "TRANS_STMT_ROLLBACK_PREPARED": "prepare",
}
CLUSTER_WIDE = frozenset(
    ("create_role_stmt", "alter_role_stmt", "alter_role_set_stmt", "drop_role_stmt", "grant_role_stmt",
     "createdb_stmt", "dropdb_stmt", "alter_database_stmt", "alter_database_set_stmt", "alter_system_stmt",
     "create_table_space_stmt", "drop_table_space_stmt", "alter_table_space_options_stmt",
     "reassign_owned_stmt", "drop_owned_stmt")
)  # fmt: skip
OF_ALL = frozenset(("OBJECT_ROLE", "OBJECT_DATABASE", "OBJECT_TABLESPACE", "OBJECT_PARAMETER_ACL"))
ROLES = ("role", "session_authorization")
MULTI = ("TRANSACTION", "TRANSACTION SNAPSHOT")
WRITES = frozenset(("insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "truncate_stmt"))


@cache
def statements() -> tuple[Statement, ...]:
    """Those of the projects and cases, and rare ones; only those that PostgreSQL can read."""
    files = (file for place in PLACES for file in sorted(place.rglob("*.sql")))
    texts = (RARE, *(file.read_text(encoding="utf-8", errors="replace") for file in files))
    return tuple(s for text in texts for s in split(text) if head_of(s).tree is not None)


def differences(said: Callable[[Head], object], meant: Callable[[Tree], object]) -> Iterator[str]:
    """Statements of which the head says something else than the tree."""
    for statement in statements():
        head = head_of(statement)
        assert head.tree is not None
        one, other = said(head), meant(head.tree)
        if one != other:
            yield f"{one!r}, not {other!r}: {' '.join(statement.text.split())[:120]}"


def transaction(tree: Tree) -> str:
    return TRANSACTIONS[enum(tree.node, "kind")] if tree.which == "transaction_stmt" else ""


def alone(tree: Tree) -> bool:
    which, node = tree
    match which:
        case "index_stmt" | "drop_stmt":
            return bool(node.concurrent)
        case "reindex_stmt":
            many = enum(node, "kind") not in ("REINDEX_OBJECT_INDEX", "REINDEX_OBJECT_TABLE")
            return many or "concurrently" in options(node.params)
        case "vacuum_stmt":
            return bool(node.is_vacuumcmd)
        case "cluster_stmt":
            return not node.HasField("relation")
        case "createdb_stmt" | "dropdb_stmt" | "create_table_space_stmt" | "drop_table_space_stmt":
            return True
        case "alter_system_stmt" | "drop_subscription_stmt":
            return True
        case "alter_database_stmt":
            return "tablespace" in options(node.options)
        case "create_subscription_stmt":
            return not {"connect", "create_slot"} & set(options(node.options))
        case "alter_subscription_stmt":
            return enum(node, "kind") == "ALTER_SUBSCRIPTION_REFRESH"
        case "alter_table_stmt":
            detached = [
                getattr(p, "def").partition_cmd for said, p in parts(node) if said == "AT_DetachPartition"
            ]
            return any(each.concurrent for each in detached)
    return False


def switches_role(tree: Tree) -> bool:
    return tree.which == "discard_stmt" or (tree.which == "variable_set_stmt" and tree.node.name in ROLES)


def cluster_wide(tree: Tree) -> bool:
    which, node = tree
    if which == "alter_owner_stmt":
        return enum(node, "object_type") in OF_ALL
    if which == "rename_stmt":
        return enum(node, "rename_type") in OF_ALL
    if which in ("grant_stmt", "comment_stmt"):
        return enum(node, "objtype") in OF_ALL and not (which == "grant_stmt" and is_of_object(node))
    return which in CLUSTER_WIDE


def is_of_object(node: Any) -> bool:
    """GRANT … ON DATABASE is of one database alone."""
    return enum(node, "objtype") != "OBJECT_PARAMETER_ACL"


def writes_rows(tree: Tree) -> bool:
    which, node = tree
    if which == "copy_stmt":
        return bool(node.is_from)
    if which == "select_stmt" and node.HasField("with_clause"):
        return any(
            cte.common_table_expr.ctequery.WhichOneof("node") in WRITES for cte in node.with_clause.ctes
        )
    return which in WRITES


def to_client(tree: Tree) -> str:
    if tree.which != "copy_stmt" or tree.node.filename:
        return ""
    return "STDIN" if tree.node.is_from else "STDOUT"


def sets_session(tree: Tree) -> bool:
    which, node = tree
    if which == "variable_set_stmt":
        return not node.is_local and node.name not in MULTI
    if which != "select_stmt" or not node.target_list:
        return False
    first = node.target_list[0].res_target.val
    return (
        first.WhichOneof("node") == "func_call" and first.func_call.funcname[-1].string.sval == "set_config"
    )


def sets_transaction(tree: Tree) -> bool:
    return tree.which == "variable_set_stmt" and tree.node.name in MULTI


def temporary(tree: Tree) -> bool:
    for field in ("relation", "view", "sequence", "typevar"):
        if field in tree.node.DESCRIPTOR.fields_by_name:
            of = getattr(tree.node, field)
            made = tree.which.startswith(("create_stmt", "view_stmt", "create_seq"))
            return made and getattr(of, "relpersistence", "") == "t"
    return tree.which == "create_table_as_stmt" and tree.node.into.rel.relpersistence == "t"


def concurrent(tree: Tree) -> bool:
    if tree.which == "reindex_stmt":
        return "concurrently" in options(tree.node.params)
    return tree.which in ("index_stmt", "drop_stmt") and bool(tree.node.concurrent)


def said(name: str) -> Callable[[Head], object]:
    return attrgetter(name)


@pytest.mark.parametrize(
    ("head", "tree"),
    [
        (said("transaction"), transaction),
        (lambda head: bool(head.alone), alone),
        (said("switches_role"), switches_role),
        (said("cluster_wide"), cluster_wide),
        (said("writes_rows"), writes_rows),
        (said("to_client"), to_client),
        (said("sets_session"), sets_session),
        (said("sets_transaction"), sets_transaction),
        (said("temporary"), temporary),
        (said("concurrent"), concurrent),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_head_says_what_the_grammar_says(
    head: Callable[[Head], object], tree: Callable[[Tree], object]
) -> None:
    assert len(statements()) > 2000
    assert list(differences(head, tree)) == []
