"""Real Supabase projects replay on the baseline, file by file, as `postgres`, which is no superuser.

Each on the major that it names, sent as the Supabase CLI sends files; on 18 see test_pg_shadow_pull_dump.py.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.sql.segments import cli_mode, cli_segments
from landed.engines.postgres.sql.split import split

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"
PROJECTS = sorted(folder.name for folder in CORPUS.iterdir())

BROKEN = {"KanishJebaMathewM__Truxify"}
"""Its own history does not start from empty: files that were never applied, tables that no file makes."""


VECTOR_OPTIONS = {
    "liam-hq__liam": ['unrecognized parameter "lists"', 'relation "public.documents" does not exist']
}
"""Projects whose indexes take options that a stand-in of pgvector does not know, and what comes of it."""


def major_of(project: Path) -> int:
    config = tomllib.loads((project / "supabase" / "config.toml").read_text(encoding="utf-8"))
    return int(config.get("db", {}).get("major_version", 17))


def replay(scratch: Scratch, project: Path) -> list[tuple[str, str]]:
    """The failures, as (file, message); a file is one pipeline as the Supabase CLI sends it."""
    failures = []
    powers = scratch.server.powers
    assert powers is not None
    for file in sorted((project / "supabase" / "migrations").glob("*.sql")):
        with scratch.connect("postgres") as connection:
            try:
                run(connection, powers, file.read_bytes().decode("utf-8-sig"))
            except psycopg.Error as error:
                failures.append((file.name, str(error).splitlines()[0]))
    return failures


def run(connection: psycopg.Connection, powers: Powers, text: str) -> None:
    statements = {s.number: s.text for s in split(text)}
    if cli_mode(text, split(text)) != "batch":
        for sql in statements.values():
            connection.execute(sql)
        return
    for segment in cli_segments(text, split(text)):
        if len(segment.statements) == 1 and segment.alone:
            connection.execute(statements[segment.statements[0]])
            continue
        with connection.transaction(), connection.pipeline():
            for number in segment.statements:
                sql = statements[number]
                for part in powers.sent(read_head(sql)):
                    connection.execute(part, prepare=False)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_real_project_replays_whole(
    pg_server: Callable[..., ShadowServer], name: str, record_property: Callable[..., None]
) -> None:
    project = CORPUS / name
    server = pg_server(major_of(project), supabase())
    with new_database(server) as scratch:
        failures = replay(scratch, project)
    count = len(list((project / "supabase" / "migrations").glob("*.sql")))
    first = " · ".join(failures[0]) if failures else "–"
    line = f"{name} | {server.major} | {count} | {count - len(failures)} | {first}"
    record_property("replayed", line)
    sys.stdout.write(line + "\n")  # the table, with pytest -s
    if name in BROKEN:
        assert len(failures) < count
        assert failures
    elif name in VECTOR_OPTIONS and "vector" in server.stood_in:
        assert [message for _, message in failures] == VECTOR_OPTIONS[name]
    else:
        assert failures == []
