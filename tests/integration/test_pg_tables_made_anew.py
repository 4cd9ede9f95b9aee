"""A Postgres table that a file makes anew keeps its protection and its parts, or what it lacks is named."""

from __future__ import annotations

import re

import pytest

from landed.core.errors import NeedsConfirmation
from support.worlds.pgwriting import World

TABLE = "id int PRIMARY KEY, mail text DEFAULT 'x', n int, extra int"
INDEX = "CREATE UNIQUE INDEX t_mail ON t (mail);"
SECURITY = "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
POLICY = "CREATE POLICY p ON t FOR SELECT USING (mail = 'a');"
TRIGGER = "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
GRANT = "GRANT SELECT ON t TO PUBLIC;"
CHECK = "ALTER TABLE t ADD CONSTRAINT t_n UNIQUE (n);"
PARTS = (INDEX, SECURITY, POLICY, TRIGGER, GRANT, CHECK)
FIRST = (
    f"CREATE TABLE t ({TABLE}); "
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';" + "".join(PARTS)
)


def rebuild(*without: str, table: str = TABLE, more: str = "") -> str:
    """A file that makes ``t`` anew, ``without`` some of its parts."""
    parts = "".join(part for part in PARTS if part not in without)
    return (
        f"CREATE TABLE t2 ({table}); INSERT INTO t2 SELECT * FROM t; DROP TABLE t; "
        f"ALTER TABLE t2 RENAME TO t; {parts}{more}"
    )


LACKS = {
    "index": (rebuild(INDEX), {"drop-index:public.t.t_mail"}),
    "row level security": (rebuild(SECURITY), {"drop-row-level-security:public.t"}),
    "policy": (rebuild(POLICY), {"drop-policy:public.t.p"}),
    "policy that it drops and makes first": (
        f"DROP POLICY p ON t; {POLICY}" + rebuild(POLICY),
        {"drop-policy:public.t.p"},
    ),
    "trigger": (rebuild(TRIGGER), {"drop-trigger:public.t.g"}),
    "grant": (rebuild(GRANT), {"drop-grant:public.t.(SELECT to PUBLIC)"}),
    "constraint": (rebuild(CHECK), {"drop-constraint:public.t.t_n"}),
    "default": (rebuild(table=TABLE.replace(" DEFAULT 'x'", "")), {"drop-default:public.t.mail"}),
    "protection": (
        rebuild(SECURITY, POLICY),
        {"drop-row-level-security:public.t", "drop-policy:public.t.p"},
    ),
}
KEEPS = {
    "all": rebuild(),
    "under other names": rebuild(
        INDEX, TRIGGER,
        more=INDEX.replace("t_mail", "i") + TRIGGER.replace("TRIGGER g", "TRIGGER h"),
    ),
    "what the file drops itself": "DROP POLICY p ON t; DROP INDEX t_mail;" + rebuild(POLICY, INDEX),
    "renames": "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN mail TO email; "
    "ALTER TABLE u RENAME TO t;",
}  # fmt: skip


@pytest.fixture
def world(pg_world: World) -> World:
    pg_world.empty()
    with pg_world.opened() as writer:
        pg_world.run(writer, pg_world.file(FIRST))
    return pg_world


@pytest.mark.parametrize("name", list(LACKS))
def test_what_is_lacking_is_named_one_by_one(world: World, name: str) -> None:
    sql, wanted = LACKS[name]
    migration = world.file(sql)
    with world.opened() as writer:
        with pytest.raises(NeedsConfirmation, match=r"makes the table public\.t anew without") as caught:
            world.run(writer, migration)
        assert set(re.findall(r"--allow '([^']*)'", caught.value.next or "")) == wanted
        assert world.run(writer, migration, *wanted).outcome == "applied"


@pytest.mark.parametrize("name", list(KEEPS))
def test_what_is_carried_over_needs_no_word(world: World, name: str) -> None:
    assert world.apply(KEEPS[name]).outcome == "applied"


def test_what_only_the_target_has_is_named_too(world: World) -> None:
    world.sql("CREATE INDEX theirs ON t (extra); CREATE POLICY q ON t AS RESTRICTIVE USING (n > 0)")
    with pytest.raises(NeedsConfirmation) as caught:
        world.apply(rebuild())
    wanted = {"drop-index:public.t.theirs", "drop-policy:public.t.q"}
    assert set(re.findall(r"--allow '([^']*)'", caught.value.next or "")) == wanted


def test_what_the_same_run_made_may_go(pg_world: World) -> None:
    pg_world.empty()
    with pg_world.opened() as writer:
        pg_world.run(writer, pg_world.file(FIRST))
        assert pg_world.run(writer, pg_world.file(rebuild(*PARTS))).outcome == "applied"
