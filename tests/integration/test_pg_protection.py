"""What somebody has shut by hand is kept by a new migration, or opened by name; nothing else opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed

pytestmark = pytest.mark.server

NAME = "20260101000000_docs.sql"
FILE = """\
create table public.docs (id int primary key, owner uuid, secret text);
alter table public.docs enable row level security;
create policy mine on public.docs for select to authenticated using (owner = auth.uid());
create policy never on public.docs as restrictive for select to anon using (false);
create function public.all_docs() returns bigint language sql security definer set search_path = '' as
  'select count(*) from public.docs';
create or replace function public.one() returns int language sql as 'select 1';
create view public.shown as select id from public.docs;
"""

BY_HAND = {
    "force row level security": "alter table docs force row level security",
    "a function made invoker": "alter function all_docs() security invoker",
    "EXECUTE revoked": "revoke execute on function all_docs() from public, anon, authenticated",
    "EXECUTE revoked from what was replaced": "revoke execute on function one() from public, anon",
    "a view made invoker": "alter view shown set (security_invoker = on)",
    "table rights revoked": "revoke all on docs from anon",
    "a policy narrowed": "alter policy mine on docs using (false)",
    "a policy dropped": "drop policy mine on docs",
    "a policy for fewer": "alter policy never on docs to public",
}
OPEN = ("no force row level", "security definer", "grant ", "reset (security_invoker", "create policy")


class Project(NamedTuple):
    """A project whose one file is applied, and what an administrator runs beside it."""

    folder: Path
    landed: Landed
    ask: Callable[[str], list[Any]]


@pytest.fixture
def project(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> Iterator[Project]:
    migrations = tmp_path / "p" / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    (migrations.parent / "config.toml").write_text('project_id = "x"\n')
    (migrations / NAME).write_text(FILE)
    server = pg_server(18, supabase())
    with new_database(server) as database:
        url = f"postgresql://postgres@/{database.name}?host={server.host}&port={server.port}"
        landed = Landed(tmp_path / "p", tmp_path / "cache", LANDED_TARGET=url)

        def ask(sql: str) -> list[Any]:
            with database.connect(server.role) as connection:
                cursor = connection.execute(sql.encode())
                return cursor.fetchall() if cursor.description else []

        landed("apply", "--yes")
        yield Project(migrations, landed, ask)


def protection(project: Project) -> list[Any]:
    """Everything about access that the catalogs hold of these objects."""
    rights = "(select array_agg(a::text order by a::text) from unnest(%s) a)"
    return project.ask(
        "select relname, relrowsecurity, relforcerowsecurity, reloptions, "
        f"{rights % 'relacl'} from pg_class where relname in ('docs', 'shown') union all "
        f"select proname, prosecdef, null, proconfig, {rights % 'proacl'}"
        " from pg_proc where proname in ('all_docs', 'one') order by 1"
    ) + project.ask(
        "select polname, polroles::text, pg_get_expr(polqual, polrelid) from pg_policy order by 1"
    )


@pytest.mark.parametrize("case", BY_HAND)
def test_what_was_shut_stays_shut_unless_it_is_opened_by_name(case: str, project: Project) -> None:
    open_then = protection(project)
    project.ask(BY_HAND[case])
    shut = protection(project)
    status = project.landed("status").body
    (judged,) = status["migrations"]
    assert judged["standing"] == "partial"

    # Whatever needs no consent by name opens nothing.
    for words in (
        ("resume", "--yes"),
        ("repair", "--yes"),
        ("apply", "--yes"),
        (f"resume {NAME} --yes").split(),
    ):
        project.landed(*words, code=None)
        assert protection(project) == shut, words
    refused = project.landed("resume", "--yes", code=4).body["error"]
    assert refused["code"] == "consent"

    # What stands there to be pasted without a word keeps it shut.
    text = project.landed.plain("status", code=None).stdout
    first = text.index("to keep it shut, in a new migration:")
    again = text.find("what resume runs opens it again:")
    assert again == -1 or first < again
    assert "statements that remove" not in text

    # Either way leads to the end.
    actions = [a["argv"] for a in refused["actions"] if a.get("argv")]
    consents = sorted({word for argv in actions for word in argv if word.startswith("open-access:public.")})
    assert consents
    project.landed("resume", "--yes", *(f"--allow={name}" for name in consents))
    (judged,) = project.landed("status").body["migrations"]
    assert judged["standing"] == "ok" and protection(project) != shut
    if "EXECUTE" not in case:
        assert protection(project) == open_then


@pytest.mark.parametrize("case", BY_HAND)
def test_a_new_migration_keeps_it_shut(case: str, project: Project) -> None:
    project.ask(BY_HAND[case])
    shut = protection(project)
    status = project.landed("status").body
    sql = status["migrations"][0]["remedy"]["instead"]
    adopted = [s for found in [status.get("adopt") or {}] for s in found.get("sql", ())]
    assert sql and not any(word in s.lower() for s in [*sql, *adopted] for word in OPEN)
    (project.folder / "20260102000000_shut.sql").write_text("".join(f"{s};\n" for s in [*sql, *adopted]))
    # Here its statements have run; elsewhere apply runs them.
    project.landed("repair", "20260102000000_shut.sql", "--yes")
    assert protection(project) == shut
    assert {m["standing"] for m in project.landed("status").body["migrations"]} == {"ok"}
    project.landed("verify", "--complete")


def test_a_right_that_only_everybody_lost_is_not_offered_back(project: Project) -> None:
    project.ask("revoke execute on function one() from public")
    text = project.landed.plain("status", code=None).stdout
    assert "REVOKE EXECUTE" in text and "GRANT EXECUTE" not in text
