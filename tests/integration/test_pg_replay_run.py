"""Files replayed together have the same steps as files replayed one by one, statement by statement."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import pytest

from landed.core.migration import Migration, Statement
from landed.core.timeline import Step
from landed.engines.postgres.catalog import PLAIN
from landed.engines.postgres.shadow.replay.footprint import footprint
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
from landed.engines.postgres.shadow.replay.run import Run, runs, takes_part
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse, split

BEFORE = """
CREATE TABLE old (id int PRIMARY KEY, note text);
CREATE TABLE child () INHERITS (old);
CREATE TABLE split (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE split_1 PARTITION OF split FOR VALUES FROM (0) TO (10);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION sly() RETURNS int LANGUAGE plpgsql AS
  'BEGIN CREATE TABLE surprise (a int); RETURN 1; END';
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
INSERT INTO old VALUES (1, 'x')
"""
PIECES = (
    'CREATE TABLE {t} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text NOT NULL, "B c" int)',
    'CREATE TABLE {t} (id int, "B c" int CHECK ("B c" > 0), g int GENERATED ALWAYS AS (id + 1) STORED)',
    "create table if not exists public.{t} (id serial primary key, a text unique, z_id serial)",
    "CREATE TABLE {t}_z (id serial, old_id int REFERENCES old (id) DEFERRABLE)",
    "CREATE TABLE {t} (id int) INHERITS (old)",
    "CREATE TABLE {t} AS SELECT 1 AS a",
    "CREATE TABLE {t} (LIKE old INCLUDING ALL)",
    "CREATE INDEX {t}_a ON {t} (a)",
    "CREATE UNIQUE INDEX IF NOT EXISTS {t}_a ON public.{t} USING btree (lower(a)) WHERE a <> ''",
    "CREATE INDEX ON {t} (a)",
    "CREATE INDEX {t}_split ON split (b)",
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE IF EXISTS ONLY public.{t} FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {t} DISABLE ROW LEVEL SECURITY",
    "CREATE POLICY \"Read {t}\" ON {t} FOR SELECT USING (id > 0)",
    "DROP POLICY IF EXISTS \"Read {t}\" ON {t}",
    "ALTER TABLE {t} ADD COLUMN extra int DEFAULT 7, ADD COLUMN more serial",
    "ALTER TABLE {t} ADD CONSTRAINT {t}_c CHECK (id > 0) NOT VALID",
    "ALTER TABLE {t} ADD CONSTRAINT {t}_old FOREIGN KEY (id) REFERENCES old (id)",
    "ALTER TABLE {t} ALTER COLUMN a SET DEFAULT 'n'",
    "ALTER TABLE {t} ALTER a DROP NOT NULL",
    "ALTER TABLE {t} RENAME COLUMN a TO b",
    "ALTER TABLE {t} RENAME TO {u}",
    "ALTER TABLE old ADD COLUMN {t} int",
    "ALTER TABLE child ADD COLUMN {t} int DEFAULT sly()",
    "ALTER TABLE old ADD COLUMN {t}_s int DEFAULT sly()",
    "DROP TABLE IF EXISTS {t} CASCADE",
    "DROP INDEX IF EXISTS {t}_a",
    "CREATE OR REPLACE VIEW {t}_v AS SELECT * FROM {t}",
    "CREATE OR REPLACE FUNCTION {t}_f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1'",
    "CREATE OR REPLACE FUNCTION {t}_f(a text) RETURNS int STABLE LANGUAGE sql AS 'SELECT 2'",
    "CREATE TRIGGER {t}_t BEFORE INSERT OR UPDATE OF id ON {t} FOR EACH ROW EXECUTE FUNCTION touch()",
    "DROP TRIGGER IF EXISTS {t}_t ON {t}",
    "CREATE TRIGGER {t}_split AFTER INSERT ON split FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE TYPE {t}_e AS ENUM ('a', 'b')",
    "ALTER TYPE {t}_e ADD VALUE 'c'",
    "COMMENT ON TABLE {t} IS 'of {t}'",
    "COMMENT ON TABLE {t} IS NULL",
    "COMMENT ON COLUMN {t}.a IS 'it''s'",
    "DO $$ BEGIN CREATE TABLE {t} (id int, a text); ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; END $$",
    "GRANT SELECT ON {t} TO PUBLIC",
    "GRANT SELECT, INSERT ON TABLE public.{t} TO pg_monitor, PUBLIC",
    "REVOKE ALL ON {t} FROM PUBLIC",
    "GRANT USAGE ON SEQUENCE {t}_id_seq TO PUBLIC",
    "REVOKE ALL PRIVILEGES ON FUNCTION {t}_f(int) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION {t}_f(int) TO pg_monitor",
    "GRANT ALL ON SCHEMA public TO pg_monitor",
    "REVOKE CREATE ON SCHEMA public FROM pg_monitor",
    "ALTER TABLE {t} OWNER TO CURRENT_USER",
    "ALTER TABLE {t} OWNER TO pg_monitor",
    "ALTER TABLE IF EXISTS {t} DROP CONSTRAINT IF EXISTS {t}_old",
    "ALTER TABLE {t} VALIDATE CONSTRAINT {t}_c",
    "ALTER TABLE {t} DROP CONSTRAINT {t}_c",
    "ALTER TABLE {t} DROP CONSTRAINT {t}_a_not_null",
    "ALTER TABLE {t} ADD CONSTRAINT {t}_u UNIQUE (id)",
    "ALTER TABLE split ADD CONSTRAINT {t}_s CHECK (b > 0)",
    "ALTER TABLE split_1 ADD CONSTRAINT {t}_s1 CHECK (b > 0)",
    "CREATE UNIQUE INDEX {t}_i ON {t} (id)",
    "ALTER TABLE {t} ADD CONSTRAINT {t}_i2 UNIQUE USING INDEX {t}_i",
    "ALTER FUNCTION {t}_f(int) SET search_path = ''",
    "DROP FUNCTION IF EXISTS {t}_f(text)",
    "COMMENT ON FUNCTION {t}_f(int) IS 'f of {t}'",
    "COMMENT ON POLICY \"Read {t}\" ON {t} IS 'p of {t}'",
    "ALTER POLICY \"Read {t}\" ON {t} USING (id > 1)",
    "UPDATE old SET note = 'z' WHERE id = 1",
    "SET search_path = public",
    "INSERT INTO old VALUES (2, 'y')",
)  # fmt: skip


def messages(step: Step) -> list[str]:
    return [failure.message for failure in step.failures]


def migration(sql: str, number: int = 1) -> Migration:
    return Migration(f"{number:03}_x.sql", f"{number:03}", f"{number:03}_x.sql", sql, parse)


@pytest.fixture
def two(pg_server: Callable[..., ShadowServer]) -> Iterator[tuple[Scratch, Scratch]]:
    server = pg_server(18)
    with new_database(server) as one, new_database(server) as other:
        yield one, other


class EachAlone(PostgresReplayer):
    """Looks after every statement by itself, as where an event trigger watches."""

    def _is_watched(self, statements: Sequence[Statement]) -> bool:
        return True


def both_ways(two: Sequence[Scratch], files: Sequence[Migration]) -> tuple[list[Step], list[Step]]:
    """The steps together, and one by one; the facts that both end with are compared here."""
    replayers = [PostgresReplayer(two[0], PLAIN), EachAlone(two[1], PLAIN)]
    try:
        together = list(replayers[0].replay_each(files))
        single = [replayers[1].replay(file) for file in files]
        assert dict(replayers[0].facts) == dict(replayers[1].facts)
        replayers[0].tracker.reread()
        assert dict(replayers[0].facts) == dict(replayers[1].facts)
    finally:
        for replayer in replayers:
            replayer.close()
    return together, single


@pytest.mark.parametrize("seed", range(2))
def test_any_history_has_the_same_effects_together_and_one_by_one(
    two: tuple[Scratch, Scratch], seed: int
) -> None:
    chance = random.Random(seed)
    mostly = [piece for piece in PIECES if footprint(split(piece.format(t="t1", u="t2"))[0]) is not None]
    files = [migration(BEFORE)]
    for number in range(2, 14):
        pool = mostly if chance.random() < 0.8 else PIECES
        statements = []
        for piece in chance.choices(pool, k=chance.randint(1, 5)):
            third = "t3" if "_{t}" in piece or "{t}_" in piece or '"R' in piece else '"T 3"'
            statements.append(piece.format(t=chance.choice(("t1", "t2", third)), u="t4"))
        files.append(migration(";\n".join(statements), number))
    together, single = both_ways(two, files)
    assert together == single


class Growing:
    """A history that works: statements on tables that are there, each with names of its own."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tables = ["plain"]
        self.there: dict[str, list[str]] = {"POLICY": [], "TRIGGER": [], "v": [], "f": []}
        self.count = 0

    def new(self, prefix: str = "n") -> str:
        self.count += 1
        return f"{prefix}{self.count}" if self.chance.random() < 0.8 else f'"{prefix.upper()} {self.count}"'

    def statement(self) -> str:
        chance, table, name = self.chance, self.chance.choice(self.tables[-3:]), self.new()
        if chance.random() < 0.3:
            columns = chance.choice((
                "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL DEFAULT 'as select'",
                "id serial UNIQUE, note varchar(9) COLLATE \"C\" REFERENCES keyed (k), b_id serial",
                "id int CHECK (id > 0), note text, twice int GENERATED ALWAYS AS (id * 2) STORED",
            ))  # fmt: skip
            unlogged = chance.choice(("", "", "UNLOGGED ")) if "REFERENCES" not in columns else ""
            self.tables.append(name)
            return (
                f"create {unlogged}table {chance.choice(('', 'public.', 'IF NOT EXISTS '))}{name} ({columns})"
            )
        match chance.randrange(23):
            case 0 | 1:
                return f"CREATE {chance.choice(('', 'UNIQUE '))}INDEX {name} ON {table} (id, lower(note))"
            case 2 | 3:
                return f"ALTER TABLE {table} {chance.choice(('ENABLE', 'FORCE'))} ROW LEVEL SECURITY"
            case 4:
                self.there["POLICY"].append(f"{name} ON {table}")
                return f"CREATE POLICY {name} ON {table} AS RESTRICTIVE USING (note <> 'on x')"
            case 5 if self.there["POLICY"]:
                return f"DROP POLICY IF EXISTS {chance.choice(self.there['POLICY'])}"
            case 6:
                self.there["TRIGGER"].append(f"{name} ON {table}")
                when = chance.choice(("BEFORE INSERT OR UPDATE OF id, note", "AFTER DELETE"))
                return f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION touch()"
            case 7 if self.there["TRIGGER"]:
                return f"drop trigger if exists {chance.choice(self.there['TRIGGER'])}"
            case 8:
                more = "ADD COLUMN IF NOT EXISTS more int DEFAULT 3"
                return f"ALTER TABLE {table} ADD COLUMN {name} serial, {more}"
            case 9:
                return f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (id < 9) NOT VALID"
            case 10:
                return f"ALTER TABLE {table} ALTER COLUMN note {chance.choice(('SET', 'DROP'))} NOT NULL"
            case 11:
                view = chance.choice([*self.there["v"], self.new("v")])
                self.there["v"].append(view)
                return f"CREATE OR REPLACE VIEW {view} AS SELECT id FROM old WHERE id > {self.count}"
            case 12:
                function = chance.choice([*self.there["f"], self.new("f")])
                self.there["f"].append(function)
                given = chance.choice(("a int", "a text"))
                body = f"RETURNS int STABLE LANGUAGE sql AS 'SELECT {self.count}'"
                return f"CREATE OR REPLACE FUNCTION {function}({given}) {body}"
            case 13:
                return f"COMMENT ON {chance.choice((f'TABLE {table}', f'COLUMN {table}.note'))} IS '{name}'"
            case 14:
                given = chance.choice(("SELECT", "INSERT, UPDATE", "ALL"))
                return f"GRANT {given} ON {table} TO pg_monitor"
            case 15:
                return f"REVOKE {chance.choice(('SELECT', 'ALL'))} ON TABLE {table} FROM pg_monitor, PUBLIC"
            case 16:
                return "COMMENT ON FUNCTION touch() IS 'x'; ALTER FUNCTION touch() SET search_path = ''"
            case 17:
                refers = "FOREIGN KEY (id) REFERENCES only_ids ON DELETE CASCADE"
                return f"ALTER TABLE {table} ADD CONSTRAINT {name} {refers}"
            case 18:
                return f"CREATE POLICY {name} ON {table}; COMMENT ON POLICY {name} ON {table} IS 'x'"
            case 19:
                return "UPDATE old SET note = 'new' WHERE id = 1"
            case 20:
                return f"ALTER TABLE {table} OWNER TO CURRENT_USER"
            case 21:
                return f"INSERT INTO old VALUES ({self.count + 5}, 'new')"
            case _:
                return f"CREATE TYPE {name} AS ENUM ('a', 'b')"

    def files(self, many: int) -> list[Migration]:
        more = (
            "CREATE TABLE only_ids (id int PRIMARY KEY); CREATE TABLE plain (id int, note text);"
            'CREATE TABLE keyed (k varchar(9) COLLATE "C" UNIQUE)'
        )
        made = [migration(f"{BEFORE};{more}")]
        for number in range(2, many + 2):
            statements = [self.statement() for _ in range(self.chance.randint(1, 5))]
            made.append(migration(";\n".join(statements), number))
        return made


@pytest.mark.parametrize("seed", range(4))
def test_a_history_that_works_has_the_same_effects_together_and_one_by_one(
    two: tuple[Scratch, Scratch], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[bool] = []
    really = Run.run

    def run(self: Run) -> bool:
        worked.append(really(self))
        return worked[-1]

    monkeypatch.setattr(Run, "run", run)
    together, single = both_ways(two, Growing(seed).files(20))
    assert [messages(step) for step in single] == [[]] * 21
    assert together == single
    assert worked and all(worked)


def test_histories_of_tables_are_run_together_with_nothing_left_over(two: tuple[Scratch, Scratch]) -> None:
    """The fast way is really gone, and says the same."""
    files = [
        migration(
            f"CREATE TABLE t{n} (id bigint GENERATED BY DEFAULT AS IDENTITY, n serial, a text UNIQUE);"
            f"COMMENT ON TABLE t{n} IS 'x'; COMMENT ON COLUMN public.t{n}.a IS 'y';"
            f"CREATE INDEX t{n}_a ON t{n} (a); ALTER TABLE t{n} ENABLE ROW LEVEL SECURITY;"
            f"ALTER TABLE t{n} FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t{n} USING (a = 'x');"
            f"ALTER TABLE t{n} ADD COLUMN more serial, ADD COLUMN b int;"
            f"CREATE OR REPLACE VIEW v{n} WITH (security_invoker = on) AS SELECT * FROM t{n};"
            f"CREATE FUNCTION f{n}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            f"CREATE TRIGGER g BEFORE UPDATE ON t{n} FOR EACH ROW EXECUTE FUNCTION f{n}();"
            f"CREATE TYPE e{n} AS ENUM ('a', 'b')",
            n,
        )
        for n in range(1, 24)
    ]
    assert len(list(runs(files))) == 2
    assert all(map(takes_part, files))
    with new_database(two[0].server) as third:
        replayer = PostgresReplayer(third, PLAIN)
        try:
            assert Run(replayer.connection, replayer.tracker, None, files[:12]).run()
        finally:
            replayer.close()
    together, single = both_ways(two, files)
    assert together == single
    assert [c.after for c in together[4].traces[4].effects] == ["yes"]


@pytest.mark.parametrize(
    "amiss",
    [
        "ALTER TABLE nowhere ENABLE ROW LEVEL SECURITY",
        "CREATE INDEX i ON split (b)",
        "ALTER TABLE old ADD COLUMN d int DEFAULT sly()",
        "CREATE TABLE broken (a no_such_type)",
    ],
)
def test_what_goes_amiss_in_the_middle_is_told_as_ever(two: tuple[Scratch, Scratch], amiss: str) -> None:
    files = [migration(BEFORE)] + [
        migration(f"CREATE TABLE t{n} (a int); CREATE INDEX t{n}_a ON t{n} (a)", n) for n in range(2, 8)
    ]
    files[4:4] = [migration(amiss, 99)]
    assert footprint(split(amiss)[0]) is not None
    together, single = both_ways(two, files)
    assert together == single


def test_an_event_trigger_of_the_users_makes_every_statement_a_look_of_its_own(
    two: tuple[Scratch, Scratch],
) -> None:
    for scratch in two:
        with scratch.connect() as admin:
            admin.execute(
                "CREATE FUNCTION secure() RETURNS event_trigger LANGUAGE plpgsql AS $$"
                " DECLARE r record; BEGIN"
                " FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP"
                " IF r.command_tag = 'CREATE TABLE' THEN"
                " EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.object_identity); END IF;"
                " END LOOP; END $$;"
                "CREATE EVENT TRIGGER secures ON ddl_command_end EXECUTE FUNCTION secure()"
            )
    files = [
        migration(f"CREATE TABLE t{n} (a int); ALTER TABLE t{n} ENABLE ROW LEVEL SECURITY", n)
        for n in range(1, 4)
    ]
    together, single = both_ways(two, files)
    assert together == single
    assert together[2].traces[1].effects == ()
