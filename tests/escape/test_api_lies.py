"""Answers that no database can give, and databases whose ledger would run something when it is written to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.servers.d1_wire import UUID
from support.servers.hostile_api import Hostile
from support.servers.hostile_attacks import (
    COMMANDS,
    TARGET,
    Change,
    changed,
    held,
    landed_in,
    project,
    works_again,
    writes,
)
from support.walls.escaping import Canary


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as made:
        yield made


SCHEMAS: dict[str, Change] = {
    "two of one name": lambda found: [*found, *found],
    "an index of no table": lambda found: [
        *found, {"type": "index", "name": "i", "tbl_name": "none", "sql": "CREATE INDEX i ON none (a)"}
    ],
    "a kind that there is not": lambda found: [{**found[0], "type": "function"}, *found[1:]],
    "a name that is a number": lambda found: [{**found[0], "name": 7}, *found[1:]],
    "a text that is a list": lambda found: [{**found[0], "sql": []}, *found[1:]],
    "no text's column": lambda found: [{"type": "table"}, *found],
}  # fmt: skip
LEDGERS: dict[str, Change] = {
    "in another order": lambda found: [
        {"_rowid": 2, "id": 2, "name": "0002_b.sql"}, {"_rowid": 1, "id": 1, "name": "0001_a.sql"}
    ],
    "twice": lambda found: [*found, *found],
    "rows that are texts": lambda found: ["x"],
    "a rowid that is a text": lambda found: [{**found[0], "_rowid": "1"}],
    "a rowid beyond all": lambda found: [{**found[0], "_rowid": 10**300}],
    "a name that is an object": lambda found: [{**found[0], "name": {}}],
    "a blob of no bytes": lambda found: [{**found[0], "name": [1, 2, 999]}],
    "a row without a name": lambda found: [*found, {"_rowid": 99}],
}  # fmt: skip


@pytest.mark.parametrize("command", ["status", "verify", "apply"])
@pytest.mark.parametrize("lie", [*SCHEMAS, *LEDGERS])
def test_what_no_database_can_hold_proves_nothing(
    api_world: Path, hostile: Hostile, canary: Canary, lie: str, command: str
) -> None:
    at, change = (0, SCHEMAS[lie]) if lie in SCHEMAS else (1, LEDGERS[lie])

    def changing(result: Any) -> Any:
        if isinstance(result, list) and len(result) > at:
            result[at]["results"] = change(result[at]["results"])
        return result

    hostile.healthy()
    hostile.attack = changed(changing)
    answer = landed_in(api_world, hostile, "5")(*TARGET, *COMMANDS[command], code=3)
    held(answer, canary)
    assert not any(map(writes, hostile.asked))
    works_again(api_world, hostile)


@pytest.mark.parametrize(
    "words", [("status",), ("verify",), ("doctor",), ("drift", "files", "target"), ("rehearse",), ("lock",),
              ("apply", "--dry-run"), ("exec", "SELECT 1"), ("undo", "--bookmark", "b00k-mark", "--dry-run")],
    ids=lambda words: "-".join(words[:2]),
)  # fmt: skip
def test_reading_commands_send_only_reads(api_world: Path, hostile: Hostile, words: tuple[str, ...]) -> None:
    hostile.healthy()
    landed_in(api_world, hostile, "30")(*TARGET, *words, code=None)
    assert not any(map(writes, hostile.asked))
    assert not [asked for asked in hostile.asked if asked.path.endswith("/restore")]


LEDGER = "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TEXT);"
VICTIM = "CREATE TABLE victim (id INTEGER PRIMARY KEY); INSERT INTO victim VALUES (1);"
DELETES = "BEGIN DELETE FROM victim; END;"
CONTENTS = {
    "a view": "CREATE VIEW d1_migrations AS SELECT 1 AS rowid, 1 AS id, '0001_a.sql' AS name;",
    "a view in other letters": "CREATE VIEW D1_Migrations AS SELECT 1 AS rowid, 1 AS id, 'x' AS name;",
    "a view that takes rows": "CREATE VIEW d1_migrations AS SELECT 1 AS id, 'x' AS name, 'y' AS applied_at; "
    f"CREATE TRIGGER w INSTEAD OF INSERT ON d1_migrations {DELETES}",
    "a virtual table": "CREATE VIRTUAL TABLE d1_migrations USING fts5(id, name, applied_at);",
    "a computed name": "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, n, "
    "name TEXT GENERATED ALWAYS AS (upper(n)));",
    "a trigger after a row": f"{LEDGER} CREATE TRIGGER w AFTER INSERT ON d1_migrations {DELETES}",
    "a trigger before a row": f"{LEDGER} CREATE TRIGGER w BEFORE INSERT ON D1_MIGRATIONS {DELETES}",
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_ledger_that_would_run_something_is_not_written_to(tmp_path: Path, name: str) -> None:
    folder = project(tmp_path, database_id=UUID)
    with Hostile() as server:
        server.wire.execute(VICTIM + CONTENTS[name])
        answer = landed_in(folder, server, "30")(*TARGET, "apply", "--yes", code=None)
        assert answer.code in (1, 3), answer
        assert "d1_migrations" in answer.error["message"].lower()
        assert server.wire.execute("SELECT id FROM victim") == [(1,)]
        assert not any(map(writes, server.asked))
        for word in ("w", "computed", "view", "virtual"):
            if word in name.split():
                assert word in answer.error["message"]


def test_a_trigger_that_a_file_puts_on_the_ledger_does_not_run(tmp_path: Path) -> None:
    folder = project(tmp_path, database_id=UUID)
    with Hostile() as server:
        server.wire.execute(VICTIM + LEDGER)
        text = f"CREATE TRIGGER w AFTER INSERT ON d1_migrations {DELETES}"
        (folder / "migrations" / "0002_w.sql").write_text(text, encoding="utf-8")
        landed = landed_in(folder, server, "30")
        answer = landed(*TARGET, "apply", "--yes", code=1)
        assert "trigger" in answer.error["message"]
        assert server.wire.execute("SELECT id FROM victim") == [(1,)]
        assert server.wire.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'") == []
        (folder / "migrations" / "0002_w.sql").unlink()
        landed(*TARGET, "verify")


def test_rows_that_hang_on_the_ledgers_are_not_deleted_with_them(tmp_path: Path) -> None:
    folder = project(tmp_path, database_id=UUID)
    with Hostile() as server:
        server.wire.execute(
            f"{LEDGER} INSERT INTO d1_migrations VALUES (1, '0001_a.sql', ''); CREATE TABLE victim "
            "(m REFERENCES d1_migrations (id) ON DELETE CASCADE); INSERT INTO victim VALUES (1);"
        )
        answer = landed_in(folder, server, "30")(*TARGET, "repair", "--yes", code=1)
        assert "victim" in answer.error["message"]
        assert server.wire.execute("SELECT m FROM victim") == [(1,)]
