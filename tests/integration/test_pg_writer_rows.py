"""Rows and objects that a file would take away without saying so: counted in its transaction, refused."""

from __future__ import annotations

import pytest

from landed.core.errors import LandedError, NeedsConfirmation, NotProven
from support.worlds.pgwriting import World

FAMILY = (
    "CREATE TABLE parent (id int PRIMARY KEY, name text);"
    "CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE);"
    "CREATE TABLE note (p int REFERENCES parent ON DELETE SET NULL);"
)
ROWS = (
    "INSERT INTO parent VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES (10, 1), (11, 1), (12, 2);"
    "INSERT INTO note VALUES (1), (2);"
)


@pytest.fixture
def world(pg_world: World) -> World:
    pg_world.empty()
    with pg_world.opened() as writer:
        pg_world.run(writer, pg_world.file(FAMILY))
    pg_world.sql(ROWS)
    return pg_world


LOSING = {
    "drop table": (
        "DROP TABLE child",
        NeedsConfirmation,
        "drop-table:public.child",
        "dropped with 3 rows",
    ),
    "drop table with references": (
        "DROP TABLE child, note; DROP TABLE IF EXISTS nothing; DROP TABLE parent CASCADE",
        NeedsConfirmation,
        "drop-table:public.parent",
        "table public.parent: dropped with 2 rows",
    ),
    "drop column": (
        "ALTER TABLE parent DROP COLUMN name",
        NeedsConfirmation,
        "drop-column:public.parent.name",
        "dropped with 2 values",
    ),
    "truncate cascade": (
        "TRUNCATE parent CASCADE",
        NotProven,
        "lose-rows:public.child",
        "TRUNCATE … CASCADE of public.parent reaches it through child_p_fkey",
    ),
    "delete cascade": (
        "DELETE FROM parent WHERE id = 1",
        NotProven,
        "lose-rows:public.child",
        "table public.child: 2 rows deleted: rows deleted from public.parent fire ON DELETE CASCADE",
    ),
    "set null": (
        "DELETE FROM child; DELETE FROM parent",
        NotProven,
        "change-rows:public.note",
        "table public.note: 2 rows changed",
    ),
    "delete in a block": (
        "DO $$ BEGIN DELETE FROM public.parent; END $$",
        NotProven,
        "lose-rows:public.child",
        "3 rows deleted",
    ),
    "made anew with fewer rows": (
        "CREATE TABLE child2 (LIKE child INCLUDING ALL); INSERT INTO child2 SELECT * FROM child LIMIT 1;"
        "DROP TABLE child; ALTER TABLE child2 RENAME TO child",
        NotProven,
        "lose-rows:public.child",
        "2 rows deleted: the table is made anew in this file, with fewer rows",
    ),
}


@pytest.mark.parametrize("kind", LOSING)
def test_a_loss_has_to_be_named(world: World, kind: str) -> None:
    text, error, allow, said = LOSING[kind]
    migration = world.file(text)
    counted = (
        "SELECT (SELECT count(*) FROM parent), (SELECT count(*) FROM child), (SELECT count(p) FROM note)"
    )
    before = world.sql(counted)
    with world.opened() as writer:
        with pytest.raises(error) as caught:
            world.run(writer, migration)
        assert any(said in line for line in caught.value.details), caught.value.details
        assert f"--allow '{allow}'" in (caught.value.next or "")
        assert (caught.value.where or "").startswith("migrations/0002_file.sql:")
        assert world.sql(counted) == before and world.recorded() == ["0001"]
        named = [word.strip("'") for word in (caught.value.next or "").split() if ":public." in word]
        assert world.run(writer, migration, *named).outcome == "applied"
    assert world.recorded() == ["0001", "0002"]


KEEPING = {
    "renames": "ALTER TABLE child RENAME TO kid; ALTER TABLE parent RENAME COLUMN name TO title;"
    "ALTER TABLE note SET SCHEMA public",
    "another schema": "CREATE SCHEMA other; ALTER TABLE child SET SCHEMA other",
    "made anew": "CREATE TABLE child2 (LIKE child INCLUDING ALL); INSERT INTO child2 SELECT * FROM child;"
    "DROP TABLE child; ALTER TABLE child2 RENAME TO child",
    "said so": "DELETE FROM child; DELETE FROM note; DELETE FROM parent",
    "no rows": "DELETE FROM child; TRUNCATE note; CREATE TABLE e (a int); DROP TABLE e;",
    "nothing to delete": "DELETE FROM parent WHERE id = 99",
    "an update": "UPDATE parent SET name = 'c'",
}


@pytest.mark.parametrize("kind", KEEPING)
def test_what_keeps_its_rows_or_says_that_they_go_needs_no_consent(world: World, kind: str) -> None:
    assert world.apply(KEEPING[kind]).outcome == "applied"
    assert world.recorded() == ["0001", "0002"]


TAKEN_ALONG = {
    "view": (
        "CREATE VIEW theirs AS SELECT name FROM parent",
        "ALTER TABLE parent DROP COLUMN name CASCADE",
        "drop-view:public.theirs",
    ),
    "index": (
        "CREATE INDEX theirs ON parent (name)",
        "ALTER TABLE parent DROP COLUMN name",
        "drop-index:public.parent.theirs",
    ),
    "constraint": (
        "CREATE TABLE theirs (p int, CONSTRAINT mine FOREIGN KEY (p) REFERENCES child)",
        "DROP TABLE child CASCADE",
        "drop-constraint:public.theirs.mine",
    ),
    "function's users": (
        "CREATE TABLE theirs (id int DEFAULT one(), x bigint); CREATE VIEW v AS SELECT one()",
        "DROP FUNCTION one CASCADE",
        "drop-view:public.v",
    ),
    "in a block": (
        "CREATE VIEW theirs AS SELECT 1",
        "DO $$ BEGIN EXECUTE 'DROP VIEW IF EXISTS theirs'; END $$",
        "drop-view:public.theirs",
    ),
}


@pytest.mark.parametrize("kind", TAKEN_ALONG)
def test_objects_that_no_file_made_do_not_go_along_in_silence(world: World, kind: str) -> None:
    theirs, text, allow = TAKEN_ALONG[kind]
    with world.opened() as writer:
        world.run(
            writer, world.file("CREATE FUNCTION one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'")
        )
        world.sql("DELETE FROM child; UPDATE parent SET name = NULL;" + theirs)
        migration = world.file(text)
        with pytest.raises(LandedError, match="which no migration made") as caught:
            world.run(writer, migration)
        assert isinstance(caught.value, NeedsConfirmation)
        assert f"--allow '{allow}'" in (caught.value.next or "")
        assert world.recorded() == ["0001", "0002"]
        assert world.run(writer, migration, allow).outcome == "applied"


def test_parts_of_what_a_file_drops_need_no_word_of_their_own(world: World) -> None:
    world.sql("DELETE FROM child; CREATE INDEX theirs ON child (p); GRANT SELECT ON child TO PUBLIC")
    world.sql("ALTER TABLE child ADD COLUMN extra int, ADD CONSTRAINT odd CHECK (p > 0)")
    assert world.apply("DROP TABLE child CASCADE").outcome == "applied"
