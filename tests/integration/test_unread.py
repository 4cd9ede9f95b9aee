"""Statements that leave what landed does not read: that is said, and no strict proof holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from landed.cli.main import cli
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer

Server = Callable[..., ShadowServer]


def run(folder: Path, target: str, *words: str) -> tuple[int, Any]:
    given = ["--project", str(folder), "--target", target, "--json", *words]
    result = CliRunner().invoke(cli, given, standalone_mode=False)
    return int(result.return_value or 0), json.loads(result.stdout)


def told(answer: Any) -> dict[str, tuple[str, list[int], list[str]]]:
    return {m["name"]: (m["standing"], m["unread"], m["notes"]) for m in answer["migrations"]}


def project(folder: Path, files: dict[str, str]) -> Path:
    place = folder / "migrations"
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def check(folder: Path, target: str, expected: dict[str, tuple[str, list[int], list[str]]]) -> None:
    """Applied, it is proven but for what is not read: that is named, and fails the strict answer alone."""
    code, applied = run(folder, target, "apply", "--yes")
    assert code == 0, applied
    for _ in range(2):  # the second time from the cache
        code, answer = run(folder, target, "verify")
        assert (code, answer["proven"]) == (0, True)
        assert told(answer) == expected
        assert answer["not_looked_at"] == [
            {"migration": name, "why": "unread", "statements": numbers}
            for name, (_, numbers, _) in expected.items()
            if numbers
        ]
    assert run(folder, target, "verify", "--strict")[0] == 1
    said = CliRunner().invoke(cli, ["--project", str(folder), "--target", target, "verify", "--strict"])
    assert said.stdout.splitlines()[-1] == "Next: add a check to the file: -- landed:verify SELECT …"


def test_numbers_in_the_header_of_a_sqlite_file(tmp_path: Path) -> None:
    folder = project(tmp_path, {
        "0001_a.sql": "CREATE TABLE t (id int);\nPRAGMA user_version = 7;\nPRAGMA application_id = 0;\n",
        "0002_b.sql": "PRAGMA user_version = 7;\nPRAGMA foreign_keys = on;\nCREATE TABLE u (id int);\n",
        "0003_c.sql": "-- landed:verify SELECT user_version = 8 FROM pragma_user_version\n"
        "CREATE TABLE v (id int);\nPRAGMA user_version = 8;\n",
    })  # fmt: skip
    sqlite3.connect(tmp_path / "x.db").close()
    check(folder, f"sqlite:{tmp_path / 'x.db'}", {
        "0001_a.sql": ("ok", [2], ["line 2: landed does not read what this leaves: user_version"]),
        "0002_b.sql": ("ok", [], []),
        "0003_c.sql": ("ok", [], []),
    })  # fmt: skip


def test_catalogs_of_postgres_that_nothing_is_read_from(pg_server: Server, tmp_path: Path) -> None:
    server = pg_server(18)
    folder = project(tmp_path, {
        "1_a.sql": "CREATE TABLE t (id int);\nSELECT lo_create(4711);\nANALYZE t;\n",
        "2_b.sql": "CREATE TABLE u (id int);\nGRANT SELECT ON u TO PUBLIC;\nGRANT SELECT ON u TO PUBLIC;\n"
        "CREATE TEMP TABLE x AS SELECT 1 AS a;\nCREATE INDEX ON x (a);\nDROP TABLE x;\n",
        "3_c.sql": "CREATE EXTENSION pgcrypto;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
        "REVOKE EXECUTE ON FUNCTION gen_salt(text) FROM PUBLIC;\n"
        "REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;\n"
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n",
    })  # fmt: skip
    with new_database(server) as scratch:
        place = f"host={server.host}&port={server.port}"
        check(folder, f"postgresql://{server.superuser}@/{scratch.name}?{place}", {
            "1_a.sql": ("ok", [2], [
                "line 2: landed does not read what this leaves: large objects' owners and privileges"
            ]),
            "2_b.sql": ("ok", [], []),
            "3_c.sql": ("ok", [3], [
                "line 3: landed does not read what this leaves: what is an extension's or the platform's"
            ]),
        })  # fmt: skip
