"""What was changed by hand on D1: brought back by resume, or kept by a new migration, and no row is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import apsw
import pytest

from landed.engines.sqlite.sql.pasteable import pasteable
from landed.engines.sqlite.sql.split import split
from support.clients.wrangler import DATABASE_ID, MiniflareD1, database_files
from support.process.landed_process import Landed
from support.servers.d1_standin import StandIn
from support.worlds.hand_damages import damages, fill
from support.worlds.histories import CORPUS, folder
from support.worlds.remoteworld import REMOTE, RemoteWorld

MOST = 6

SHOP = {
    "0001_shop.sql": """CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
  name TEXT COLLATE NOCASE,
  email TEXT NOT NULL UNIQUE,
  code TEXT DEFAULT 'new;' CHECK (code <> ''),
  boss INTEGER REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title TEXT
);
CREATE TABLE likes (post INTEGER REFERENCES posts (id) ON DELETE SET NULL, who TEXT, UNIQUE (post, who));
CREATE TABLE visits (user_id INTEGER REFERENCES users (id), at TEXT);
CREATE INDEX users_name ON users (name);
CREATE VIEW authors AS SELECT u.name, p.title FROM users u JOIN posts p ON p.user_id = u.id;
CREATE TRIGGER users_code AFTER INSERT ON users BEGIN
  UPDATE users SET code = upper(new.code) WHERE id = new.id;
END;
CREATE TRIGGER visits_name BEFORE INSERT ON visits WHEN new.user_id NOT IN (SELECT id FROM users) BEGIN
  SELECT raise(abort, 'who?');
END;
""",
    "0002_rank.sql": "ALTER TABLE users ADD COLUMN rank INTEGER;\nCREATE INDEX users_rank ON users (rank);\n",
}
ROWS = """
INSERT INTO users (id, name, email, code, boss, rank) VALUES (1, 'a', 'a@', 'x', NULL, 10),
  (2, 'b', 'b@', 'y', 1, 20), (9, 'z', 'z@', 'z', 1, 30);
INSERT INTO posts VALUES (1, 1, 'one'), (2, 2, 'two');
INSERT INTO likes VALUES (1, 'b'), (2, 'a');
INSERT INTO visits VALUES (1, 'now'), (2, 'then');
DELETE FROM users WHERE id = 9;
"""
READ = (
    "SELECT * FROM posts",
    "SELECT * FROM likes",
    "SELECT * FROM visits",
    "SELECT id, email, code, boss FROM users",
    "SELECT seq FROM sqlite_sequence WHERE name = 'users'",
)


class Shop:
    """A project with a local D1 database in which everything is applied."""

    def __init__(self, top: Path, files: dict[str, str], rows: str = "") -> None:
        self.folder = top / "p"
        (self.folder / "migrations").mkdir(parents=True)
        (self.folder / "wrangler.jsonc").write_text(
            f'{{"d1_databases": [{{"binding": "DB", "database_id": "{DATABASE_ID}"}}]}}'
        )
        for name, text in files.items():
            self.write(name, text)
        self.run = Landed(self.folder, top / "cache")
        self.run("apply", "--yes")
        self.sql(f"PRAGMA journal_mode = delete; {rows}")

    def write(self, name: str, text: str) -> None:
        (self.folder / "migrations" / name).write_text(text)

    @property
    def file(self) -> Path:
        (file,) = database_files(self.folder / ".wrangler" / "state")
        return file

    def sql(self, script: str, *, keys: bool = True) -> list[tuple[Any, ...]]:
        connection = apsw.Connection(str(self.file))
        try:
            connection.execute(f"PRAGMA foreign_keys = {int(keys)}").fetchall()
            return connection.execute(script).fetchall()
        finally:
            connection.close()

    def rows(self) -> list[list[tuple[Any, ...]]]:
        return [self.sql(read) for read in READ]

    def objects(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2")

    def follow(self) -> str:
        """How it ends to follow the actions that need no choice: ``clean``, or ``choice``."""
        taken: list[list[str]] = []
        while True:
            status = self.run("status").body
            actions = [a for a in status["actions"] if not a["reads_only"]]
            free = [a["argv"] for a in actions if a["choice"] is None and a["argv"]]
            if not free:
                groups = [a["choice"] for a in actions]
                if any(groups.count(g) > 1 for g in groups):
                    return "choice"
                assert {m["standing"] for m in status["migrations"]} <= {"ok", "unprovable"}, taken
                assert status["unexplained"] == []
                return "clean"
            assert free[0] not in taken and len(taken) < MOST, taken
            taken.append(free[0])
            self.run(*free[0][1:], "--yes")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, SHOP, ROWS)


# By hand, as people do it with the CLI: foreign keys off.
ANEW = "PRAGMA legacy_alter_table = on; CREATE TABLE n ({}); INSERT INTO n ({}) SELECT {} FROM {}; \
DROP TABLE {}; ALTER TABLE n RENAME TO {};"
USERS = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, code TEXT, "
    "boss INTEGER REFERENCES users (id), rank INTEGER"
)
BY_HAND = {
    "a column at the end": "DROP INDEX users_rank; ALTER TABLE users DROP COLUMN rank;",
    "a column in the middle": "DROP VIEW authors; DROP INDEX users_name; ALTER TABLE users DROP COLUMN name;",
    "a table without most of what it had": "PRAGMA writable_schema = 0;"
    + ANEW.format(USERS, *["id, email, code, boss, rank"] * 2, *["users"] * 3),
    "a column with another name": "ALTER TABLE posts RENAME COLUMN title TO headline;",
    "a table with another name": "ALTER TABLE posts RENAME TO articles;",
    "a constraint": ANEW.format(
        "post INTEGER REFERENCES posts (id) ON DELETE SET NULL, who TEXT", *["post, who"] * 2, *["likes"] * 3
    ),
    "a trigger": "DROP TRIGGER users_code; "
    "CREATE TRIGGER users_code AFTER INSERT ON users BEGIN SELECT 1; END;",
    "a view": "DROP VIEW authors; CREATE VIEW authors AS SELECT name FROM users;",
    "an index": "DROP INDEX users_name; CREATE UNIQUE INDEX users_name ON users (name);",
}
BESIDE = """
ALTER TABLE users ADD COLUMN own TEXT; UPDATE users SET own = email;
CREATE INDEX own_index ON posts (user_id); CREATE VIEW broken AS SELECT * FROM nowhere;
"""


@pytest.mark.parametrize("what", BY_HAND)
def test_it_comes_back_and_no_row_goes(what: str, shop: Shop) -> None:
    objects, rows = shop.objects(), shop.rows()
    shop.sql(BY_HAND[what], keys=False)
    assert shop.run("verify", code=1).body["proven"] is False
    assert shop.follow() == "clean"
    assert shop.run("verify").body["proven"] is True
    assert shop.objects() == objects
    assert shop.sql("PRAGMA foreign_key_check") == []
    lost = {"a table without most of what it had", "a column in the middle"}
    assert shop.rows() == rows if what not in lost else shop.rows()[:4] == rows[:4]
    # What AUTOINCREMENT has given before the rebuild is not given again.
    shop.sql("INSERT INTO users (name, email) VALUES ('new', 'new@')")
    assert shop.sql("SELECT id, code FROM users WHERE email = 'new@'")[0][1] == "NEW;"


def test_what_others_made_by_hand_stays(shop: Shop) -> None:
    """Also what is broken: an own column with its values, an index, a view of nothing."""
    shop.sql(BY_HAND["a column in the middle"], keys=False)
    shop.sql(BESIDE)
    rows = shop.rows()
    assert shop.follow() == "choice"
    status = shop.run("status")
    assert set(status.standings().values()) == {"ok"}
    assert {u["fact"].partition(" · ")[0] for u in status.body["unexplained"]} == {
        "column users.own",
        "index own_index",
        "view broken",
    }
    assert shop.rows() == rows
    assert shop.sql("SELECT own FROM users") == [("a@",), ("b@",)]
    adopt = status.body["adopt"]
    assert adopt["left"] == [] and 'DROP INDEX "own_index";' in adopt["drop"]
    assert not any("own TEXT" in sql or "COLUMN" in sql for sql in adopt["drop"])
    shop.write("0003_own.sql", "\n".join(adopt["sql"]))
    assert shop.run("status").standings()["0003_own.sql"] == "unrecorded"
    assert shop.follow() == "clean"


@pytest.mark.parametrize("what", [w for w in BY_HAND if w != "a column at the end"])
def test_or_a_new_migration_takes_it_over(what: str, shop: Shop) -> None:
    shop.sql(BY_HAND[what], keys=False)
    tables = [n for kind, n, _ in shop.objects() if kind == "table" and "_" not in n]
    rows = [shop.sql(f"SELECT * FROM {t}") for t in tables]
    for number in range(3, 6):
        status = shop.run("status")
        wrong = [m for m in status.body["migrations"] if m["remedy"]]
        if not wrong:
            break
        kept = wrong[0]["remedy"]["instead"]
        assert kept, wrong[0]["name"]
        shop.write(f"000{number}_kept.sql", "\n".join(kept))
        found = shop.run("status").migration(f"000{number}_kept.sql")
        assert found["standing"] == "unrecorded"
        # That rows were copied, nothing shows: a person says so.
        reason = ["--reason", "it was done by hand"] if found["unproven"] else []
        shop.run("repair", found["name"], *reason, "--yes")
    assert shop.follow() == "clean"
    assert rows == [shop.sql(f"SELECT * FROM {t}") for t in tables]


def test_a_table_comes_back_in_its_present_form_and_says_that_it_is_empty(shop: Shop) -> None:
    shop.sql("DROP TABLE likes; DROP VIEW authors")
    shop.write("0003_more.sql", "ALTER TABLE visits ADD COLUMN how TEXT;\n")
    shop.run("apply", "--yes", code=1)
    assert shop.follow() == "clean" or shop.run("apply", "--yes")
    assert shop.sql("SELECT * FROM likes") == []
    assert shop.sql("SELECT how FROM visits") == [(None,), (None,)]


LATER = {
    "0001_a.sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);\n",
    "0002_index.sql": "CREATE INDEX t_a ON t (a);\n",
    "0003_trigger.sql": "CREATE TRIGGER t_b AFTER INSERT ON t BEGIN UPDATE t SET b = 'x'; END;\n",
    "0004_names.sql": "ALTER TABLE t RENAME COLUMN a TO c;\nALTER TABLE t RENAME TO things;\n",
}


def test_an_index_whose_table_has_another_name_since_comes_back_in_its_present_form(tmp_path: Path) -> None:
    shop = Shop(tmp_path, LATER, "INSERT INTO things VALUES (1, 'a', 'b');")
    shop.sql("DROP INDEX t_a; DROP TRIGGER t_b")
    status = shop.run("status")
    assert [m["next"] for m in status.body["migrations"] if m["next"]] == [
        "landed resume 0002_index.sql",
        "landed resume 0003_trigger.sql",
        "landed resume 0004_names.sql",
    ]
    assert shop.follow() == "clean"
    assert shop.sql("SELECT sql FROM sqlite_master WHERE name = 't_a'")[0][0].endswith('"things" (c)')


def test_a_column_that_every_row_needs_is_a_decision(shop: Shop) -> None:
    """NOT NULL, no default, and rows: nobody but the user knows the values."""
    shop.sql(
        ANEW.format("id INTEGER PRIMARY KEY, title TEXT", *["id, title"] * 2, *["posts"] * 3), keys=False
    )
    assert shop.follow() == "choice"
    found = shop.run("status").migration("0001_shop.sql")
    assert "column posts.user_id is NOT NULL and has no default" in found["remedy"]["cautions"][0]
    assert found["remedy"]["sql"] == [] and found["remedy"]["instead"]
    shop.sql("DELETE FROM posts")
    assert shop.follow() == "clean"


NULLED = (
    ANEW.format("post INTEGER, who TEXT", *["post, who"] * 2, *["likes"] * 3)
    + "INSERT INTO likes SELECT * FROM likes; INSERT INTO likes VALUES (77, 'nobody');"
)


def test_rows_that_do_not_keep_the_rules_any_more_are_named_and_no_command_fails(shop: Shop) -> None:
    shop.sql(NULLED, keys=False)
    assert shop.follow() == "choice"
    found = shop.run("status").migration("0001_shop.sql")
    assert found["remedy"]["cautions"] == [
        "rows of likes are equal in post, who, which is unique",
        "rows of likes refer in post to rows of posts that are not there",
        "set these rows right first, or keep the change",
    ]
    assert found["remedy"]["sql"] == [] and found["remedy"]["instead"]
    shop.sql("DELETE FROM likes WHERE rowid > 2")
    assert shop.follow() == "clean"


def test_a_unique_index_that_the_rows_do_not_allow_any_more_is_a_decision(tmp_path: Path) -> None:
    files = {"0001_a.sql": "CREATE TABLE t (a TEXT);\n", "0002_i.sql": "CREATE UNIQUE INDEX i ON t (a);\n"}
    shop = Shop(tmp_path, files)
    shop.sql("DROP INDEX i; INSERT INTO t VALUES ('x'), ('x')")
    assert shop.follow() == "choice"
    found = shop.run("status").migration("0002_i.sql")
    assert (found["standing"], found["remedy"]["instead"]) == ("phantom", ['DROP INDEX "i";'])
    assert found["remedy"]["cautions"][0] == "rows of t are equal in a, which is unique"
    shop.sql("DELETE FROM t WHERE rowid = 2")
    assert shop.follow() == "clean"
    assert shop.sql("SELECT * FROM t") == [("x",)]


def test_what_was_made_by_hand_goes_by_the_command_that_is_offered(shop: Shop) -> None:
    shop.sql(
        "CREATE INDEX own ON posts (title); CREATE TRIGGER own2 AFTER DELETE ON posts BEGIN SELECT 1; END;"
    )
    assert shop.follow() == "choice"
    (drop,) = [a for a in shop.run("status").body["actions"] if a["argv"]]
    assert drop["effect"] == "run-sql" and drop["needs_consent"]
    shop.run(*drop["argv"][1:], "--yes")
    assert shop.follow() == "clean"


def _sampled() -> Iterator[tuple[str, int]]:
    yield from (("cloudflare__templates--saas-admin", 4), ("filcdn__worker", 7), ("0401lucky__grok2api", 7))


def test_changes_by_hand_in_real_projects_end(tmp_path: Path) -> None:
    """A sample of all columns, constraints, indexes, triggers, tables: dropped, altered, one added."""
    ends: dict[tuple[str, str], list[str]] = {}
    for project, each in _sampled():
        assert (CORPUS / project).is_dir()
        files = {p.name: p.read_text() for p in sorted(folder(project).glob("*.sql"))}
        shop = Shop(tmp_path / project, files)
        connection = apsw.Connection(str(shop.file))
        fill(connection)
        chosen = list(damages(connection))[::each]
        connection.close()
        before = shop.file.read_bytes()
        for damage in chosen:
            shop.file.write_bytes(before)
            shop.sql(damage.sql, keys=False)
            ends.setdefault((damage.kind, damage.how), []).append(shop.follow())
    told = [end for (_, how), found in ends.items() if how != "add" for end in found]
    assert len(told) > 30
    # A choice is no way out where a proof exists: those left are NOT NULL columns of tables with rows.
    assert told.count("clean") >= 0.8 * len(told), ends
    assert {end for (_, how), found in ends.items() if how == "add" for end in found} == {"choice"}


@pytest.mark.wrangler
def test_real_d1_runs_what_is_printed(shop: Shop, miniflare_d1: Callable[..., MiniflareD1]) -> None:
    """The same statements in one batch of the real thing: all rows are there, every reference is whole."""
    database = miniflare_d1()
    files = [s.text for text in SHOP.values() for s in split(text)]
    database.batch([*files, *(s.text for s in split(ROWS))])
    rows = database.batch([*READ])
    for what in ("a column in the middle", "a constraint"):
        shop.sql(BY_HAND[what], keys=False)
    remedy = shop.run("status").migration("0001_shop.sql")["remedy"]
    shown = shop.run.plain("status").stdout
    assert all(pasteable(sql.removesuffix(";"), 8) in shown for sql in remedy["sql"])
    database.batch(["DROP VIEW authors", "DROP INDEX users_name", "ALTER TABLE users DROP COLUMN name"])
    database.batch([s.text for sql in remedy["sql"] for s in split(sql)])
    assert database.batch([*READ, "PRAGMA foreign_key_check"]) == [*rows, []]
    assert shop.follow() == "clean"


CASCADING = (
    "CREATE TABLE users_new (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE,\n"
    "  email TEXT NOT NULL UNIQUE, code TEXT DEFAULT 'newer' CHECK (code <> ''),\n"
    "  boss INTEGER REFERENCES users (id) ON DELETE CASCADE, rank INTEGER);\n"
    "DROP VIEW authors;\nDROP TRIGGER visits_name;\n"
    "INSERT INTO users_new SELECT * FROM users;\n"
    "DROP TABLE users;\nALTER TABLE users_new RENAME TO users;\n"
    "CREATE VIEW authors AS SELECT u.name, p.title FROM users u JOIN posts p ON p.user_id = u.id;\n"
)
REFUSED = "ALTER TABLE users ALTER COLUMN name SET NOT NULL;\n"


@pytest.mark.parametrize("text", [CASCADING, REFUSED], ids=["cascades", "refused by D1"])
def test_a_rebuild_is_written_out_and_keeps_every_row(text: str, shop: Shop) -> None:
    rows = shop.rows()
    shop.write("0003_users.sql", text)
    error = shop.run("apply", "--yes", code=1).error
    start = next(i for i, line in enumerate(error["details"]) if line.startswith("Put this in place of"))
    sql = [line for line in error["details"][start + 1 :] if line.startswith("  ")]
    rehearsed = shop.run("rehearse", code=1).body["files"][-1]
    assert "\n".join(rehearsed["instead"]) == dedent("\n".join(sql))
    assert rehearsed["instead"][0] in shop.run.plain("rehearse", code=1).stdout
    shop.write("0003_users.sql", "\n".join(sql))
    shop.run("apply", "--yes")
    assert shop.rows() == rows
    assert shop.run("verify").body["proven"] is True


@pytest.mark.parametrize(
    "copy",
    [
        "INSERT INTO users_new SELECT id, upper(name), email, code, boss, rank FROM users",
        "INSERT INTO users_new (id, name, email) SELECT id, email, email FROM users",
        "INSERT INTO users_new SELECT * FROM users WHERE id > 1",
    ],
)
def test_a_file_that_makes_other_values_is_not_written_out(copy: str, shop: Shop) -> None:
    shop.write("0003_users.sql", CASCADING.replace("INSERT INTO users_new SELECT * FROM users", copy))
    error = shop.run("apply", "--yes", code=1).error
    assert not any(line.startswith("Put this") for line in error["details"])


@pytest.mark.wrangler
def test_remote_d1_by_the_same_contract(tmp_path: Path) -> None:
    """A column in the middle and a constraint come back in one batch, all rows of the family are there."""
    with StandIn(tmp_path / "standin", keep=False) as standin:
        world = RemoteWorld(tmp_path / "project", SHOP, standin)
        run = world.landed()
        run("apply", "--yes", *REMOTE)
        by_hand = [*split(ROWS), *split("DROP VIEW authors; DROP INDEX users_name")]
        by_hand += split("ALTER TABLE users DROP COLUMN name; DROP INDEX users_rank")
        standin.database.query([{"sql": s.text} for s in by_hand])
        rows = [standin.database.look(read) for read in READ]
        for _ in range(2):
            status = run("status", *REMOTE).body
            actions = [a["argv"] for a in status["actions"] if a["choice"] is None and not a["reads_only"]]
            if not actions:
                break
            run(*actions[0][1:], "--yes")
        status = run("status", *REMOTE)
        assert set(status.standings().values()) == {"ok"} and status.body["unexplained"] == []
        assert [standin.database.look(read) for read in READ] == rows
        assert standin.database.look("PRAGMA foreign_key_check") == []


ODD = {
    "0001_odd.sql": """CREATE TABLE "Order" (
  "group" TEXT PRIMARY KEY, /* a, comment */ [from] INT NOT NULL DEFAULT (abs(-1)), `a b` ANY,
  "x""y" REAL GENERATED ALWAYS AS ("from" * 2) STORED, lost BLOB DEFAULT x'00'
) STRICT, WITHOUT ROWID;
CREATE TABLE Ärger (rowid TEXT, a, b DEFAULT CURRENT_TIMESTAMP, lost TEXT DEFAULT 'a, b)', c,
  CHECK (a <> 'REFERENCES t'),
  CONSTRAINT ties UNIQUE (a, b) ON CONFLICT IGNORE);
CREATE TABLE doc (lost TEXT, body TEXT);
CREATE VIRTUAL TABLE doc_fts USING fts5(body, content='doc');
CREATE TABLE tree (id INTEGER PRIMARY KEY, lost TEXT,
  up INTEGER REFERENCES tree ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE a (id INTEGER PRIMARY KEY, lost TEXT, b INTEGER REFERENCES b (id) ON DELETE CASCADE);
CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE CASCADE);
CREATE UNIQUE INDEX "odd index" ON "Order" (lower("group"), [from] DESC) WHERE [from] > 0;
"""
}
ODD_ROWS = """
INSERT INTO "Order" ("group", [from], `a b`) VALUES ('g', 3, 1.5), ('h', 4, 'x');
INSERT INTO Ärger (rowid, a, b, c) VALUES ('r', 1, 2, x'01'), ('s', NULL, 3, 0.5);
INSERT INTO doc (rowid, body) VALUES (3, 'three'), (7, 'seven'), (9, 'nine'); DELETE FROM doc WHERE rowid = 7;
INSERT INTO doc_fts (doc_fts) VALUES ('rebuild');
INSERT INTO tree VALUES (1, '', NULL), (2, '', 1), (3, '', 2);
PRAGMA foreign_keys = 0; INSERT INTO a VALUES (1, '', 1), (2, '', NULL); INSERT INTO b VALUES (1, 1), (5, 2);
"""
ODD_READ = (
    'SELECT "group", [from], `a b`, "x""y" FROM "Order"',
    "SELECT rowid, a, b, c, typeof(c) FROM Ärger",
    "SELECT rowid, body FROM doc",
    "SELECT doc.body FROM doc_fts JOIN doc ON doc.rowid = doc_fts.rowid WHERE doc_fts MATCH 'nine'",
    "SELECT id, up FROM tree",
    "SELECT id, b FROM a",
    "SELECT * FROM b",
)


@pytest.mark.parametrize("table", ["Order", "Ärger", "doc", "tree", "a"])
@pytest.mark.parametrize("local", [True, False], ids=["d1", "sqlite"])
def test_odd_tables_keep_what_they_have(table: str, local: bool, tmp_path: Path) -> None:
    shop = Shop(tmp_path, ODD, ODD_ROWS)
    target: list[str] = [] if local else ["--target", f"sqlite:{shop.file}"]
    rows = [shop.sql(read) for read in ODD_READ]
    shop.sql(f'ALTER TABLE "{table}" DROP COLUMN lost', keys=False)
    (found,) = shop.run("status", *target).body["migrations"]
    assert found["next"].startswith("landed ") and "resume" in found["next"], found
    shop.run("resume", "--yes", *target)
    assert set(shop.run("status", *target).standings().values()) == {"ok"}
    assert [shop.sql(read) for read in ODD_READ] == rows
    assert shop.sql("PRAGMA integrity_check") == [("ok",)]
