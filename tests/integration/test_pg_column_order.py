"""Columns that stand in another order than the files make: said, and in nobody's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from landed.cli.main import cli
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer

FILES = {
    "0001_a.sql": "CREATE TABLE t (a int, b int);\n",
    "0002_b.sql": "ALTER TABLE t ADD COLUMN c int;\n",
}
LATER = {
    "0003_c.sql": "ALTER TABLE t ADD COLUMN d int;\n",
    "0004_d.sql": "ALTER TABLE t ADD COLUMN e int;\nDO $$ BEGIN PERFORM 1; END $$;\n",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def landed(folder: Path, *words: str) -> dict[str, Any]:
    answer = CliRunner().invoke(cli, ["-C", str(folder), *words, "--json"], standalone_mode=False)
    assert answer.exception is None, answer.exception
    body: dict[str, Any] = json.loads(answer.stdout)
    return body


def test_another_order_of_columns(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> None:
    place = tmp_path / "migrations"
    place.mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text)
    with new_database(pg_server(18)) as scratch:
        server = scratch.server
        where = (
            "--target",
            f"postgresql://{server.superuser}@/{scratch.name}?host={server.host}&port={server.port}",
        )
        assert len(landed(tmp_path, "apply", "--yes", *where)["files"]) == 2
        with scratch.connect() as admin:
            admin.execute("ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a int")
        status = landed(tmp_path, "status", *where)
        assert [m["standing"] for m in status["migrations"]] == ["ok", "ok"]
        notes = [note for m in status["migrations"] for note in m["notes"]]
        assert any("the columns of public.t stand in another order" in note for note in notes)
        for name, text in LATER.items():
            (place / name).write_text(text)
        done = landed(tmp_path, "apply", "--yes", *where)["files"]
        assert [f["outcome"] for f in done] == ["applied", "applied"]
        status = landed(tmp_path, "status", *where)
        assert [m["standing"] for m in status["migrations"]] == ["ok"] * 4
        # What resume brings back is the last column, too.
        with scratch.connect() as admin:
            admin.execute("ALTER TABLE t DROP COLUMN b")
        status = landed(tmp_path, "status", *where)
        assert "resume 0001_a.sql" in status["migrations"][0]["next"]
        landed(tmp_path, "resume", "0001_a.sql", "--yes", *where)
        status = landed(tmp_path, "status", *where)
        assert [m["standing"] for m in status["migrations"]] == ["ok"] * 4
        drift = landed(tmp_path, "drift", "files", where[1])
        assert "column order" in json.dumps(drift["differences"])
