"""What a question says: which database, by its file or by host, port and database; its project and name."""

from __future__ import annotations

import json
from pathlib import Path

from landed.project.discovery import discover
from landed.project.naming import resolve_target
from landed.report.place import named


def test_a_question_names_the_database(tmp_path: Path) -> None:
    database = {"binding": "DB", "database_name": "shop", "database_id": "0-x"}
    (tmp_path / "wrangler.json").write_text(json.dumps({"d1_databases": [database]}))
    (tmp_path / "landed.toml").write_text('[targets.staging]\nurl = {env = "STAGING_URL"}\n')
    (tmp_path / "supabase").mkdir()
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "shop"\n')
    environ = {"STAGING_URL": "postgresql://me:secret@127.0.0.1:5433/app"}

    def said(target: str) -> str:
        return named(resolve_target(discover(tmp_path, {}, environ), target), tmp_path)

    file = said("d1:local")
    assert file.startswith("D1 DB (LOCAL), .wrangler/…/") and file.endswith("….sqlite")
    assert said("d1:remote") == "D1 DB (REMOTE), shop  0-x"
    assert said("sqlite:data/app.db") == "SQLite app.db (FILE), data/app.db"
    assert said("supabase:local") == "Supabase 127.0.0.1:54322/postgres (LOCAL), project shop"
    assert said("staging") == "Supabase 127.0.0.1:5433/app (LOOPBACK), staging, project shop"
