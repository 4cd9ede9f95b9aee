"""A role that may have one connection: every command works with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.worlds.pgfaults import FILES, Project, project_on


@pytest.fixture
def project(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> Iterator[Project]:
    with project_on(pg_server(18), tmp_path) as made:
        role, name = f"one_{made.scratch.name}", made.scratch.name
        asked(
            made,
            f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1",
            f"ALTER DATABASE {name} OWNER TO {role}",
            f"GRANT ALL ON SCHEMA public TO {role}",
        )
        url = f"postgresql://{role}@127.0.0.1:{made.proxy.port}/{name}"
        made.process.env["LANDED_TARGET"] = url
        yield made
        made.alone()
        superuser = made.scratch.server.superuser
        asked(made, f"REASSIGN OWNED BY {role} TO {superuser}", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def asked(project: Project, *statements: str) -> None:
    """What an administrator runs, on a connection that ends with it."""
    with project.scratch.connect() as admin:
        for statement in statements:
            admin.execute(statement)


def test_the_whole_way(project: Project) -> None:
    for words in (("status",), ("apply", "--yes"), ("verify",), ("rehearse",), ("exec", "SELECT 1")):
        assert project.landed(*words).code == 0, words
    project.hold(project.truth())
    asked(
        project,
        "DELETE FROM supabase_migrations.schema_migrations WHERE version = '0003'",
        "ALTER TABLE users DROP COLUMN last",
    )
    repair = ("repair", "0003_trigger.sql", "--yes", "--reason", "its rows are there")
    for words in (repair, ("resume", "--yes"), ("verify",), ("apply", "--yes")):
        assert project.landed(*words).code == 0, words
    truth = project.truth()
    assert truth.recorded == [name[:4] for name in FILES] and all(map(all, truth.there.values()))
