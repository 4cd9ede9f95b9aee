"""rehearse on real D1 projects: what it finds in each, and that it finds nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from landed.core.findings import FailureFound, FileRehearsal, Rehearsal
from landed.engines.sqlite.shadow.sandbox import open_sandbox, unrestricted
from landed.engines.sqlite.shadow.seed import seed
from landed.engines.sqlite.sql.tokens import quote
from landed.ops.rehearse import rehearse
from landed.ops.rehearse_source import open_files
from support.clients.wrangler import BatchFailed, MiniflareD1

MISSING_BASE = "no such table: users"

EXPECTED: dict[str, set[str]] = {
    "0401lucky__grok2api": set(),
    "LubomirGeorgiev__cloudflare-workers-nextjs-saas-template": set(),
    "beilunyang__moemail": set(),
    "cloudflare__templates--chanfana": set(),
    "cloudflare__templates--d1": set(),
    "cloudflare__templates--openauth": set(),
    "cloudflare__templates--saas-admin": set(),
    # Passes on an empty database; on D1 it fails as soon as a user has a model provider with a secret.
    "cloudflare__vibesdk": {
        "0004_calm_omega_flight.sql:1 fails with rows: FOREIGN KEY constraint failed",
    },
    # The child table of actors and clients is dropped and made again; wrangler reports success.
    "cloudflare__wildebeest": {
        "0007_change_subscriptions_id.sql:3 loses rows: subscriptions 1 → 0",
    },
    "duyet__monorepo": set(),
    "filcdn__worker": {
        "0014_m2_5_upgrades.sql:6 loses rows: retrieval_logs 1 → 0",
    },
    # A column that only production has.
    "openRin__Rin": {
        "0011.sql:3 fails: no such column: top",
    },
    # The base tables were made from another file.
    "qaz741wsd856__warden-worker": {
        f"0001_add_password_salt.sql:8 fails: {MISSING_BASE}",
        f"0002_add_argon2_fields.sql:13 fails: {MISSING_BASE}",
        f"0002_add_argon2_fields.sql:15 fails: {MISSING_BASE}",
        f"0003_add_twofactor.sql:22 fails: {MISSING_BASE}",
        f"0004_add_avatar_color.sql:1 fails: {MISSING_BASE}",
        f"0007_add_password_iterations.sql:12 fails: {MISSING_BASE}",
        f"0008_add_eq_domains.sql:20 fails: {MISSING_BASE}",
        f"0008_add_eq_domains.sql:21 fails: {MISSING_BASE}",
    },
}


def findings(file: FileRehearsal) -> set[str]:
    name = file.migration.name
    told = {f"{name}:{f.line} {_how(f)}: {f.message}" for f in file.failures}
    told |= {f"{name}:{x.line} loses rows: {x.table} {x.before} → {x.after}" for x in file.rows_lost}
    told |= {f"{name}:{x.line} {x.kind}: {x.table}.{x.column} {x.example}" for x in file.rows_changed}
    return told


def _how(failure: FailureFound) -> str:
    if failure.weak:
        return "depends on data"
    return "fails with rows" if failure.only_with_data else "fails"


def rehearsed(project: Path) -> Rehearsal:
    flags = {"migrations": str(project / "server" / "sql")} if (project / "server").is_dir() else {}
    return rehearse(open_files(project, None, flags, {}))


def test_every_project_has_an_expectation(corpus: Path) -> None:
    assert {p.name for p in corpus.iterdir() if p.is_dir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_found_in_real_projects(name: str, corpus: Path) -> None:
    result = rehearsed(corpus / name)
    found = {text for file in result.files for text in findings(file)}
    lines = [f"{name}: {len(result.files)} files, {len(found)} findings", *sorted(found)]
    sys.stdout.write("\n" + "\n  ".join(lines) + "\n")
    assert found == EXPECTED[name]
    assert {f.migration.name for f in result.found} == {text.split(":")[0] for text in EXPECTED[name]}


def test_the_file_of_vibesdk_names_the_reference_and_a_way_out(corpus: Path) -> None:
    (file,) = rehearsed(corpus / "cloudflare__vibesdk").found
    (failure,) = file.failures
    assert "user_model_providers(secret_id) refers to user_secrets, ON DELETE NO ACTION" in failure.details
    assert failure.advice
    assert "user_model_providers still refers to user_secrets" in failure.advice


def with_rows_on_real_d1(database: MiniflareD1, project: Path, name: str) -> None:
    """Bring real D1 to where the rehearsal was: the files before this one, and a row in every table."""
    connection, _ = open_sandbox("d1")
    for migration in open_files(project, None, {}, {}).migrations().migrations:
        if migration.name == name:
            break
        texts = [s.text for s in migration.statements]
        database.batch(texts)
        for text in texts:
            connection.execute(text).fetchall()
    with unrestricted(connection):
        report = seed(connection)
        assert set(report.skipped.values()) <= {"a virtual table"}
        rows = [
            f"INSERT INTO {quote(t)} VALUES ({', '.join(map(apsw.format_sql_value, row))})"
            for t in report.seeded
            for row in connection.execute(f"SELECT * FROM {quote(t)}")
        ]
    database.batch(rows)


def statements(project: Path, name: str) -> list[str]:
    found = open_files(project, None, {}, {}).migrations().migrations
    return [s.text for m in found if m.name == name for s in m.statements]


def test_real_d1_does_what_the_rehearsals_say(
    corpus: Path, miniflare_d1: Callable[..., MiniflareD1], tmp_path: Path
) -> None:
    database = miniflare_d1(tmp_path / "vibesdk")
    project, name = corpus / "cloudflare__vibesdk", "0004_calm_omega_flight.sql"
    with_rows_on_real_d1(database, project, name)
    with pytest.raises(BatchFailed, match="FOREIGN KEY constraint failed"):
        database.batch(statements(project, name))

    for project, name, table in (
        (corpus / "cloudflare__wildebeest", "0007_change_subscriptions_id.sql", "subscriptions"),
        (corpus / "filcdn__worker", "0014_m2_5_upgrades.sql", "retrieval_logs"),
    ):
        database = miniflare_d1(tmp_path / project.name)
        with_rows_on_real_d1(database, project, name)
        count = f"SELECT count(*) AS n FROM {table}"
        assert database.batch([count]) == [[{"n": 1}]]
        database.batch(statements(project, name))
        assert database.batch([count]) == [[{"n": 0}]]
