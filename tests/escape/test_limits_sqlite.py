"""Limits of SQLite replays: what never ends, grows or nests too deep ends in a clear error, soon."""

# ruff: noqa: E501 (attacks are easier to read on one line)
from __future__ import annotations

import time
from itertools import cycle
from pathlib import Path

import pytest

from landed.core.errors import LimitReached
from landed.core.limits import Limits
from landed.core.migration import Migration
from landed.engines.clock import Clock
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.sql.split import parse
from support.process.landed_process import Answer, Landed
from support.worlds.world import World

GOOD = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\nINSERT INTO users VALUES (1, 'a');\n"
GRACE = 6.0
"""What a call into the C library that hears no interruption gets on top."""
SLACK = 15.0
"""What a busy machine may add; the attacks themselves would take hours."""

ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
BIG = "replace(hex(zeroblob(2000000)), '00', 'ab')"

TIME = {
    "endless-insert": f"CREATE TABLE t (a);\nINSERT INTO t {ENDLESS} SELECT 1 FROM c WHERE x < 0;",
    "endless-select": f"{ENDLESS} SELECT x FROM c;",
    "endless-count": f"CREATE TABLE t AS {ENDLESS} SELECT count(*) AS n FROM c;",
    "cross-join": f"CREATE TABLE n AS {ENDLESS} SELECT x FROM c LIMIT 30000;\n"
    "CREATE TABLE t AS SELECT count(*) AS n FROM n a, n b, n c WHERE a.x + b.x + c.x < 0;",
    "trigger-that-loops": "CREATE TABLE a (x);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO a "
    f"SELECT x FROM ({ENDLESS} SELECT x FROM c) WHERE x < 0; END;\nINSERT INTO a VALUES (1);",
    "update-from-endless": f"UPDATE users SET email = (SELECT count(*) FROM ({ENDLESS} SELECT x FROM c));",
    "group-concat": f"CREATE TABLE t AS {ENDLESS} SELECT group_concat(hex(zeroblob(100000))) AS a FROM c;",
    "json-group": f"CREATE TABLE t AS {ENDLESS} SELECT json_group_array(hex(zeroblob(100000))) AS a FROM c;",
}  # fmt: skip
DEAF = "CREATE TABLE t AS SELECT instr({0} || {0}, {0} || 'x') AS n;".format(
    "replace(hex(zeroblob(2000000)), '0', 'a')"
)
"""One call of a function: SQLite hears nothing until it returns."""
MEMORY = {
    "blobs": "CREATE TABLE t AS SELECT zeroblob(50000000) AS a, randomblob(50000000) AS b;",
    "one-blob": "CREATE TABLE t AS SELECT length(randomblob(500000000)) AS a;",
    "printf": "CREATE TABLE t AS SELECT length(printf('%*d', 900000000, 1)) AS a;",
    "replace": f"CREATE TABLE t AS SELECT replace({BIG}, 'a', {BIG}) AS a;",
    "rows": f"CREATE TABLE t (a);\nINSERT INTO t {ENDLESS} SELECT randomblob(100000) FROM c;",
    "sorter": f"CREATE TABLE t AS {ENDLESS} SELECT randomblob(100000) AS a FROM c ORDER BY a;",
    "temporary-table": f"CREATE TABLE t AS SELECT count(DISTINCT b) AS n FROM ({ENDLESS} SELECT hex(randomblob(50000)) "
    "|| x AS b FROM c);",
    "own-limits-lifted": "PRAGMA hard_heap_limit = 0; PRAGMA max_page_count = 4294967294; PRAGMA cache_size = 1000000;\n"
    f"CREATE TABLE t AS {ENDLESS} SELECT randomblob(100000) AS a FROM c;",
}  # fmt: skip
DEPTH = {
    "parentheses": "CREATE TABLE t AS SELECT " + "(" * 100_000 + "1" + ")" * 100_000 + " AS a;",
    "expression": "CREATE TABLE t AS SELECT " + "1+" * 100_000 + "1 AS a;",
    "case": "CREATE TABLE t AS SELECT " + "CASE WHEN 1 THEN " * 20_000 + "1" + " END" * 20_000 + " AS a;",
    "subqueries": "CREATE TABLE t AS SELECT * FROM " + "(SELECT * FROM " * 20_000 + "users" + ")" * 20_000 + ";",
    "compound": "CREATE TABLE t AS " + " UNION ALL ".join(["SELECT 1 AS a"] * 20_000) + ";",
    "columns": "CREATE TABLE t (" + ", ".join(f"c{n}" for n in range(5_000)) + ");",
    "check-in-parentheses": "CREATE TABLE t (a CHECK (" + "(" * 50_000 + "a" + ")" * 50_000 + "));",
    "recursive-trigger": "PRAGMA recursive_triggers = on;\nCREATE TABLE a (x);\nCREATE TRIGGER t AFTER INSERT ON a "
    "BEGIN INSERT INTO a VALUES (new.x + 1); END;\nINSERT INTO a VALUES (1);",
    "views-in-views": "CREATE VIEW v0 AS SELECT 1 AS a;\n"
    + "".join(f"CREATE VIEW v{n} AS SELECT * FROM v{n - 1};\n" for n in range(1, 1500))
    + "CREATE TABLE t AS SELECT * FROM v1499;",
    "view-of-itself": "CREATE VIEW v AS SELECT * FROM w;\nCREATE VIEW w AS SELECT * FROM v;\nCREATE TABLE t AS SELECT * FROM v;",
    "json": "CREATE TABLE t AS SELECT json('" + "[" * 200_000 + "') AS a;",
    "like": f"CREATE TABLE t AS SELECT {BIG} LIKE '{'%a_b' * 5000}' AS n;",
    "glob": "CREATE TABLE t AS SELECT " + BIG + " GLOB '" + "*[a-z]?" * 3000 + "' AS n;",
    "many-values": "CREATE TABLE v (a);\nINSERT INTO v VALUES " + ",".join(["(1)"] * 50_000) + ";",
}  # fmt: skip

COMMANDS = (
    ("status",),
    ("rehearse",),
    ("verify",),
    ("apply", "--yes"),
    ("lock",),
    ("drift", "target", "files"),
    ("repair", "--yes"),
)
TOO_BIG_FOR_D1 = {"blobs", "one-blob", "printf", "replace"}
"""D1's own limit of a value, below landed's, refuses them: what D1 would say is what is said."""


def bounded(folder: Path, mode: str, text: str, limits: str) -> tuple[World, Landed]:
    world = World(folder / "p", {"0001_good.sql": GOOD}, mode=mode)
    settings = "" if mode == "d1" else 'target = "sqlite:app.db"\nmigrations = "migrations"\n'
    (world.folder / "landed.toml").write_text(f"{settings}[limits]\n{limits}\n")
    landed = Landed(world.folder, folder / "cache")
    landed.plain("apply", "--yes")
    world.write("0002_attack.sql", text)
    return world, landed


def ended(world: World, landed: Landed, command: tuple[str, ...], setting: str, most: float) -> Answer:
    """A command that a limit ends: in time, in words, and the next one works."""
    began = time.monotonic()
    answer = landed(*command, code=3)
    assert time.monotonic() - began < most
    assert answer.error["kind"] == "LimitReached"
    assert setting in answer.error["next"]
    assert world.ledger() == ["0001_good.sql"]
    world.remove("0002_attack.sql")
    assert landed("status").standings() == {"0001_good.sql": "ok"}
    return answer


def paired(cases: dict[str, str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Every case in both modes, each time through another command."""
    commands = cycle(COMMANDS)
    return [(mode, name, next(commands)) for mode in ("sqlite", "d1") for name in cases]


def named(value: object) -> str:
    return value if isinstance(value, str) else str(value[0])  # type: ignore[index]


@pytest.mark.parametrize(("mode", "name", "command"), paired(TIME), ids=named)
def test_what_never_ends_is_stopped(tmp_path: Path, mode: str, name: str, command: tuple[str, ...]) -> None:
    world, landed = bounded(tmp_path, mode, TIME[name], "statement_seconds = 0.5")
    answer = ended(world, landed, command, "statement_seconds", 0.5 + SLACK)
    assert answer.error["where"].startswith("migrations/0002_attack.sql:")
    assert any("statement " in d for d in answer.error["details"])


@pytest.mark.parametrize(("mode", "name", "command"), paired(MEMORY), ids=named)
def test_what_grows_is_stopped(tmp_path: Path, mode: str, name: str, command: tuple[str, ...]) -> None:
    world, landed = bounded(tmp_path, mode, MEMORY[name], "statement_seconds = 60\nmemory_mb = 64")
    if mode == "d1" and name in TOO_BIG_FOR_D1:
        answer = landed("rehearse", code=1)
        assert "D1 does not take a value of this size" in answer.stdout
        return
    answer = ended(world, landed, command, "memory_mb", 60)
    assert "64 MB" in answer.error["message"]
    assert answer.error["where"].startswith("migrations/0002_attack.sql:")


@pytest.mark.parametrize(("mode", "name", "command"), paired(DEPTH), ids=named)
def test_what_nests_is_answered(tmp_path: Path, mode: str, name: str, command: tuple[str, ...]) -> None:
    world, landed = bounded(tmp_path, mode, DEPTH[name], "statement_seconds = 20")
    began = time.monotonic()
    for each in (("rehearse",), command):
        answer = landed(*each, code=None)
        assert "itself failed" not in answer.stdout + answer.stderr
    assert time.monotonic() - began < 60
    world.remove("0002_attack.sql")
    assert landed("status", code=None).code == 0


def test_all_replays_of_a_command_have_a_limit_together(tmp_path: Path) -> None:
    slow = f"CREATE TABLE t{{n}} AS {ENDLESS} SELECT count(*) AS n FROM (SELECT x FROM c LIMIT 1000000);\n"
    world, landed = bounded(
        tmp_path, "sqlite", "".join(slow.replace("{n}", str(n)) for n in range(100)), "total_seconds = 1"
    )
    answer = ended(world, landed, ("status",), "total_seconds", 1 + SLACK)
    assert "all replays" in answer.error["message"]


@pytest.mark.parametrize("mode", ["sqlite", "d1"])
@pytest.mark.parametrize("command", [("status",), ("verify",), ("rehearse",)], ids=named)
def test_a_check_of_a_file_has_the_same_limits(tmp_path: Path, mode: str, command: tuple[str, ...]) -> None:
    text = f"CREATE TABLE c1 (a);\n-- landed:verify {ENDLESS} SELECT count(*) FROM c"
    world, landed = bounded(tmp_path, mode, "CREATE TABLE c1 (a);", "statement_seconds = 0.5")
    landed.plain("apply", "--yes")
    world.write("0002_attack.sql", text)
    answer = landed(*command, code=None)
    assert command == ("rehearse",) or answer.error["kind"] == "LimitReached"


def test_rows_that_a_trigger_multiplies_in_a_rehearsal(tmp_path: Path) -> None:
    """The row that rehearse makes fires the file's own trigger, outside of any statement of the file."""
    trap = (
        "CREATE TABLE late (a);\nCREATE TRIGGER t AFTER INSERT ON late BEGIN UPDATE late SET a = "
        f"(SELECT count(*) FROM ({ENDLESS} SELECT x FROM c)); END;"
    )
    world, landed = bounded(tmp_path, "sqlite", trap, "statement_seconds = 0.5")
    world.write("0003_more.sql", "ALTER TABLE late ADD COLUMN more TEXT;\nUPDATE late SET more = 'x';")
    assert landed("rehearse", code=3).error["kind"] == "LimitReached"


class TestDeaf:
    """One call into the C library hears no interruption: the process ends, and says why."""

    @pytest.mark.parametrize(
        "command", [("status",), ("rehearse",), ("drift", "target", "files"), ("apply", "--yes")], ids=named
    )
    def test_in_a_replay(self, tmp_path: Path, command: tuple[str, ...]) -> None:
        world, landed = bounded(tmp_path, "sqlite", DEAF, "statement_seconds = 0.5")
        answer = ended(world, landed, command, "statement_seconds", 0.5 + GRACE + SLACK)
        assert answer.error["where"] == "migrations/0002_attack.sql:1"

    def test_on_a_copy_of_the_data_nothing_is_left_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world, landed = bounded(
            tmp_path, "sqlite", "UPDATE users SET email = instr(email, (SELECT max(email) FROM users));",
            "statement_seconds = 0.5",
        )  # fmt: skip
        half = "replace(hex(zeroblob(1000000)), '0', 'a')"
        world.sql(f"INSERT INTO users VALUES (5, {half} || {half}), (6, {half} || 'b')")
        landed.env["TMPDIR"] = str(tmp_path / "tmp")
        (tmp_path / "tmp").mkdir()
        answer = landed("rehearse", "--with-data", code=3)
        assert answer.error["kind"] == "LimitReached"
        assert list((tmp_path / "tmp").iterdir()) == []


def test_a_limit_leaves_the_process_usable(tmp_path: Path) -> None:
    """As a library: no process is ended, and the next replay works."""
    clock = Clock(Limits(0.3, 60, 64 << 20, 1 << 30))
    for text in (TIME["endless-select"], MEMORY["rows"], MEMORY["sorter"]):
        replayer = Replayer("sqlite", clock=clock)
        with pytest.raises(LimitReached):
            replayer.replay(Migration("0001_a.sql", "0001", "a.sql", text, parse))
        replayer.close()
        after = Replayer("sqlite", clock=clock)
        assert not after.replay(Migration("0001_a.sql", "0001", "a.sql", GOOD, parse)).failures
        after.close()
