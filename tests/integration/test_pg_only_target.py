"""What only the target has: tables, columns, triggers and rules made by hand; what goes of it is named."""

from __future__ import annotations

import re

import pytest

from landed.core.errors import LandedError
from support.worlds.pgwriting import World

FIRST = (
    "CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE other (id int PRIMARY KEY, t int);"
    "CREATE TABLE shop (id int); CREATE TABLE ruled (id int);"
)
THEIRS = """
CREATE TABLE legacy (id int); INSERT INTO legacy VALUES (1), (2);
CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
INSERT INTO parts VALUES (1);
ALTER TABLE t ADD COLUMN theirs text; INSERT INTO t VALUES (1, 'x', 'y'), (2, 'z', NULL);
INSERT INTO other VALUES (1, 1), (2, 2);
CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN DELETE FROM public.other WHERE t = OLD.id; RETURN NULL; END$$;
CREATE TRIGGER hand AFTER UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION gone();
INSERT INTO ruled VALUES (1);
CREATE RULE hand AS ON UPDATE TO ruled DO ALSO DELETE FROM other;
CREATE TABLE found (t int, words text); INSERT INTO found VALUES (1, 'x');
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN DELETE FROM public.found WHERE t = 1; INSERT INTO public.found VALUES (1, 'y'); RETURN NULL; END$$;
CREATE TRIGGER anew AFTER UPDATE ON shop FOR EACH ROW EXECUTE FUNCTION again();
CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO shop VALUES (1);
"""
GOES = {
    "DROP TABLE IF EXISTS legacy": "drop-table:public.legacy",
    "DROP TABLE IF EXISTS public.legacy CASCADE": "drop-table:public.legacy",
    "DROP TABLE IF EXISTS parts": "drop-table:public.parts",
    "ALTER TABLE t DROP COLUMN IF EXISTS theirs": "drop-column:public.t.theirs",
    "UPDATE t SET a = 'b' WHERE id = 1": "lose-rows:public.other",
    "DELETE FROM t WHERE id = 2": "lose-rows:public.other",
    "UPDATE ruled SET id = 2": "lose-rows:public.other",
}
STAYS = ["UPDATE shop SET id = 2", "DROP TABLE IF EXISTS nothing", "DROP TABLE IF EXISTS shop_old, part_9"]


@pytest.mark.parametrize("sql", list(GOES))
def test_what_only_the_target_has_goes_by_name(pg_world: World, sql: str) -> None:
    world = pg_world
    world.empty()
    with world.opened() as writer:
        world.run(writer, world.file(FIRST))
    world.sql(THEIRS)
    migration = world.file(sql)
    with world.opened() as writer:
        with pytest.raises(LandedError) as caught:
            world.run(writer, migration)
        assert re.findall(r"--allow '([^']*)'", caught.value.next or "") == [GOES[sql]]
        assert world.run(writer, migration, GOES[sql]).outcome == "applied"


def test_what_keeps_its_rows_needs_no_word(pg_world: World) -> None:
    world = pg_world
    world.empty()
    with world.opened() as writer:
        world.run(
            writer,
            world.file(
                FIRST + "CREATE TABLE moved (id int) PARTITION BY LIST (id);"
                "CREATE TABLE m1 PARTITION OF moved FOR VALUES IN (1);"
                "CREATE TABLE m2 PARTITION OF moved DEFAULT"
            ),
        )
        world.sql(THEIRS + "INSERT INTO moved VALUES (1), (5)")
        for sql in [*STAYS, "UPDATE moved SET id = 2", "DELETE FROM moved"]:
            assert world.run(writer, world.file(sql)).outcome == "applied"
