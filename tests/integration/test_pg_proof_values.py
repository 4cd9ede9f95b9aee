"""Values that go though their name is there again: columns and tables made anew, changes of type."""

from __future__ import annotations

import pytest

from landed.core.errors import LandedError
from landed.engines.postgres.write.rows.guard import RowGuard
from support.worlds.pgwriting import World

MADE = (
    "CREATE TABLE t (id int PRIMARY KEY, a text, b text);"
    "CREATE TABLE next (id int PRIMARY KEY, a text, b text);"
    "CREATE SCHEMA other; CREATE TABLE other.t (id int);"
    "CREATE FUNCTION old_ones() RETURNS void LANGUAGE plpgsql AS"
    " $$BEGIN IF EXISTS (SELECT FROM public.t) THEN EXECUTE 'DROP TABLE public.t'; END IF; END$$;"
)
ROWS = "INSERT INTO t VALUES (1, 'x', 'yyyy'), (2, '3', 'z'), (3, '', NULL); INSERT INTO next VALUES (9)"


@pytest.fixture
def world(pg_world: World) -> World:
    pg_world.sql("DROP SCHEMA IF EXISTS other CASCADE")
    pg_world.empty()
    with pg_world.opened() as writer:
        pg_world.run(writer, pg_world.file(MADE))
    pg_world.sql(ROWS)
    return pg_world


A_COLUMN, A_TABLE, VALUES = "drop-column:public.t.a", "drop-table:public.t", "change-rows:public.t.a"
AGAIN = {
    "another column renamed": ("ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME COLUMN b TO a", A_COLUMN),
    "added again": ("ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a text", A_COLUMN),
    "added again in one statement": ("ALTER TABLE t DROP COLUMN a, ADD COLUMN a text", A_COLUMN),
    "added again in a block": (
        "DO $$ BEGIN ALTER TABLE t DROP COLUMN a; EXECUTE 'ALTER TABLE t ADD COLUMN a text'; END $$",
        A_COLUMN,
    ),
    "added again, then set": (
        "ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a text; UPDATE t SET a = b",
        A_COLUMN,
    ),
    "a default is no copy": (
        "ALTER TABLE t ADD n int NOT NULL DEFAULT 0; ALTER TABLE t DROP a; ALTER TABLE t RENAME n TO a",
        A_COLUMN,
    ),
    "copied in part": (
        "ALTER TABLE t ADD n int; UPDATE t SET n = a::int WHERE a = '3'; ALTER TABLE t DROP a;"
        "ALTER TABLE t RENAME n TO a",
        A_COLUMN,
    ),
    "another table renamed": ("DROP TABLE t; ALTER TABLE next RENAME TO t", A_TABLE),
    "another table of another schema": ("DROP TABLE t; ALTER TABLE other.t SET SCHEMA public", A_TABLE),
    "made again": ("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, a text, b text)", A_TABLE),
    "made again with other rows": (
        "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, a text, b text);"
        "INSERT INTO t SELECT generate_series(1, 9)",
        A_TABLE,
    ),
    "made again in a block": (
        "DO $$ BEGIN DROP TABLE t; CREATE TABLE t (id int, a text, b text); END $$",
        A_TABLE,
    ),
    "renamed away before": (
        "ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id int PRIMARY KEY); DROP TABLE t_old",
        A_TABLE,
    ),
    "by a function, only where there are rows": ("SELECT old_ones()", A_TABLE),
    "type": ("ALTER TABLE t ALTER a TYPE int USING NULL", VALUES),
    "type, in part": ("ALTER TABLE t ALTER COLUMN a SET DATA TYPE text USING nullif(a, 'x')", VALUES),
    "type, under another name": (
        "ALTER TABLE t RENAME a TO z; ALTER TABLE t ALTER z TYPE int USING NULL",
        VALUES,
    ),
    "type, under another table name": (
        "ALTER TABLE t RENAME TO tt; DO $$ BEGIN ALTER TABLE tt ALTER a TYPE int USING NULL; END $$",
        VALUES,
    ),
    "added again under another table name": (
        "ALTER TABLE t RENAME TO tt; ALTER TABLE tt DROP a, ADD a int",
        A_COLUMN,
    ),
    "type, cut by a cast": (
        "UPDATE next SET a = 'y'; ALTER TABLE t ALTER b TYPE varchar(3) USING b::varchar(3)",
        "change-rows:public.t.b",
    ),
    "made anew without some values": (
        "CREATE TABLE n (LIKE t INCLUDING ALL); INSERT INTO n SELECT id, nullif(a, 'x'), b FROM t;"
        "DROP TABLE t; ALTER TABLE n RENAME TO t",
        VALUES,
    ),
}


@pytest.mark.parametrize("kind", AGAIN)
def test_what_is_lost_under_a_name_that_stays_has_to_be_named(world: World, kind: str) -> None:
    text, allow = AGAIN[kind]
    migration = world.file(text)
    before = world.sql("SELECT * FROM t ORDER BY id")
    with world.opened() as writer:
        with pytest.raises(LandedError) as caught:
            world.run(writer, migration)
        assert (caught.value.next or "").endswith(f"landed apply --allow '{allow}'"), caught.value.next
        assert world.sql("SELECT * FROM t ORDER BY id") == before and world.recorded() == ["0001"]
        assert world.run(writer, migration, allow).outcome == "applied"


KEPT = {
    "columns swapped": "ALTER TABLE t RENAME a TO c;ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b",
    "column copied": "ALTER TABLE t ADD n int; UPDATE t SET n = length(a); ALTER TABLE t DROP a;"
    "ALTER TABLE t RENAME n TO a",
    "tables swapped": "ALTER TABLE t RENAME TO t_old; ALTER TABLE next RENAME TO t",
    "table kept aside": "CREATE TEMP TABLE keep AS SELECT * FROM t; DROP TABLE t;"
    "CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t SELECT * FROM keep",
    "copied after a rename": "ALTER TABLE t RENAME TO t_old; CREATE TABLE t (LIKE t_old INCLUDING INDEXES);"
    "INSERT INTO t SELECT * FROM t_old; DROP TABLE t_old",
    "copied in a block": "DO $$ BEGIN CREATE TABLE n AS SELECT * FROM t; DROP TABLE t;"
    " ALTER TABLE n RENAME TO t; END $$",
    "type, cut in so many words": "ALTER TABLE t ALTER b TYPE varchar(3) USING left(b, 3)::varchar(3)",
    "type, long enough": "ALTER TABLE t ALTER b TYPE varchar(4) USING b::varchar(4)",
    "schema": "ALTER SCHEMA other RENAME TO another",
    "type, with empty texts": "ALTER TABLE t ALTER a TYPE int USING CASE a WHEN 'x' THEN 0 WHEN '' THEN NULL"
    " ELSE a::int END",
    "type, after what was said": "UPDATE t SET a = NULL; ALTER TABLE t ALTER a TYPE int USING a::int",
}


@pytest.mark.parametrize("kind", KEPT)
def test_what_keeps_its_values_needs_no_consent(world: World, kind: str) -> None:
    assert world.apply(KEPT[kind]).outcome == "applied"
    assert world.recorded() == ["0001", "0002"]


def test_where_there_is_nothing_nothing_is_lost(world: World) -> None:
    world.sql("TRUNCATE t")
    text = "DROP TABLE t; ALTER TABLE next RENAME TO t; ALTER TABLE t DROP b, ADD b int; SELECT old_ones()"
    with pytest.raises(LandedError) as caught:
        world.apply(text)
    # The function drops what was renamed; the other table had no rows.
    assert (caught.value.next or "").endswith("landed apply --allow 'drop-table:public.next'")
    world.sql("TRUNCATE next")
    with world.opened() as writer:
        assert world.run(writer, world.files[-1]).outcome == "applied"


OFF = {
    "replica": "SET session_replication_role = replica; DELETE FROM up WHERE id = 1;",
    "triggers": "ALTER TABLE up DISABLE TRIGGER ALL; DELETE FROM up WHERE id = 1;"
    "ALTER TABLE up ENABLE TRIGGER ALL",
    "inserted": "SET session_replication_role = replica; INSERT INTO down VALUES (77);",
    "a partition": "SET session_replication_role = replica; INSERT INTO parts VALUES (5, 77);",
}


@pytest.mark.parametrize("kind", OFF)
def test_references_that_nobody_checks_are_checked(world: World, kind: str) -> None:
    made = world.file(
        "CREATE TABLE up (id int PRIMARY KEY); CREATE TABLE down (up bigint REFERENCES up);"
        "CREATE TABLE parts (id int, up int REFERENCES up) PARTITION BY RANGE (id);"
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10)"
    )
    table = "parts" if kind == "a partition" else "down"
    allow = f"break-references:public.{table}"
    with world.opened() as writer:
        world.run(writer, made)
        world.sql(
            "INSERT INTO up VALUES (1), (2); INSERT INTO down VALUES (1), (2), (NULL);"
            "SET session_replication_role = replica; INSERT INTO down VALUES (99);"
            "RESET session_replication_role"
        )
        migration = world.file(OFF[kind])
        with pytest.raises(LandedError, match=f"1 row of the table public.{table} that refer") as caught:
            world.run(writer, migration)
        assert (caught.value.next or "").endswith(f"landed apply --allow '{allow}'")
        assert world.run(writer, migration, allow).outcome == "applied"
        good = world.file(OFF[kind].replace("77", "2").replace("DELETE FROM up WHERE id = 1", "SELECT 1"))
        assert world.run(writer, good).outcome == "applied"


def test_rows_that_go_through_a_function_are_seen(world: World) -> None:
    made = world.file(
        "CREATE TABLE up (id int PRIMARY KEY); CREATE TABLE down (up int REFERENCES up ON DELETE CASCADE);"
        "CREATE FUNCTION purge() RETURNS void LANGUAGE sql AS 'DELETE FROM up'"
    )
    with world.opened() as writer:
        world.run(writer, made)
        world.sql("INSERT INTO up VALUES (1); INSERT INTO down VALUES (1)")
        with pytest.raises(LandedError, match=r"would lose 1 row of the table public\.down"):
            world.run(writer, world.file("SELECT purge()"))
    assert world.sql("SELECT count(*) FROM down") == [(1,)]


def test_rows_that_a_policy_hides_are_rows(world: World) -> None:
    """An owner without BYPASSRLS sees nothing of a table that forces its row level security."""
    world.sql(
        "CREATE ROLE landed_owner; GRANT ALL ON SCHEMA public TO landed_owner;"
        "ALTER TABLE t OWNER TO landed_owner; ALTER TABLE next OWNER TO landed_owner"
    )
    world.sql("ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY")
    with world.opened() as writer:
        session = "SET SESSION AUTHORIZATION landed_owner"
        writer.connection.execute(f"{session}; SELECT count(*) FROM t")
        step = world.file("DROP TABLE t; ALTER TABLE next RENAME TO t; ALTER TABLE t DROP b")
        guard = RowGuard(writer.connection, step, world.steps[step.name], {1, 2, 3})
        with writer.connection.transaction(force_rollback=True):
            guard.before()
            for statement in step.statements:
                writer.connection.execute(statement.text.encode())
            (loss,) = guard.after()
        writer.connection.execute("RESET SESSION AUTHORIZATION")
    assert loss.allow == "drop-table:public.t" and "row-level security hides them" in loss.through
    world.sql("DROP OWNED BY landed_owner CASCADE; DROP ROLE landed_owner")


def test_a_table_of_the_same_name_that_belongs_to_others_is_left_alone(world: World) -> None:
    """As ``auth.users`` does beside ``public.users``: the role may not even lock it."""
    world.sql("CREATE ROLE landed_app; GRANT ALL ON SCHEMA public TO landed_app")
    world.sql("INSERT INTO other.t VALUES (1); DROP TABLE next; ALTER TABLE t OWNER TO landed_app")
    migration = world.file("DO $$ BEGIN ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a int; END $$")
    with world.opened() as writer:
        writer.connection.execute("SET SESSION AUTHORIZATION landed_app")
        guard = RowGuard(writer.connection, migration, world.steps[migration.name], {1})
        with writer.connection.transaction(force_rollback=True):
            guard.before()
            writer.connection.execute(migration.statements[0].text.encode())
            assert [loss.allow for loss in guard.after()] == [A_COLUMN]
        writer.connection.execute("RESET SESSION AUTHORIZATION")
    world.sql("DROP OWNED BY landed_app CASCADE; DROP ROLE landed_app")
