"""Files that another role runs than that of the replay: what depends on it is neither missing nor drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from landed.cli.main import cli
from landed.core.standing import Standing
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.ops.drift_sides import drift
from landed.ops.examine import Examination, examine
from landed.ops.workspace import open_workspace

Server = Callable[..., ShadowServer]
ENVIRON = {"PATH": "/usr/bin:/bin"}
FIRST = """\
create table public.t (id int primary key, v text);
create function public.f() returns int language sql as 'select 1';
create schema app;
"""
SECOND = """\
create table public.u (id serial primary key);
grant select on public.u to anon;
create view public.w as select id from public.t;
create type public.mood as enum ('sad');
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


@contextmanager
def database(server: ShadowServer, *roles: str) -> Iterator[Scratch]:
    """A database in which these (cluster-wide) roles may make what they like; they go with it."""
    with server.connect(server.admin) as admin:
        for role in roles:
            admin.execute(f"CREATE ROLE {role} LOGIN")
    try:
        with new_database(server) as scratch:
            with scratch.connect() as own:
                own.execute(f"ALTER DATABASE {scratch.name} OWNER TO {server.role}")
                for role in roles:
                    own.execute(f"GRANT CREATE ON DATABASE {scratch.name} TO {role}")
                    own.execute(f"GRANT ALL ON SCHEMA public TO {role}")
            yield scratch
            with scratch.connect() as own:
                own.execute(f"ALTER DATABASE {scratch.name} OWNER TO {server.superuser}")
    finally:
        with server.connect(server.admin) as admin:
            for role in roles:
                admin.execute(f"DROP OWNED BY {role}")
                admin.execute(f"DROP ROLE {role}")


def url(scratch: Scratch, user: str) -> str:
    return f"postgresql://{user}@/{scratch.name}?host={scratch.server.host}&port={scratch.server.port}"


def project(folder: Path, *files: str, hosted: bool = True) -> Path:
    place = folder / "supabase" / "migrations" if hosted else folder / "migrations"
    place.mkdir(parents=True, exist_ok=True)
    if hosted:
        (folder / "supabase" / "config.toml").write_text('project_id = "x"\n')
    for number, text in enumerate(files, 1):
        (place / f"2024010{number}000000_f.sql").write_text(text)
    return folder


def landed(folder: Path, *args: str) -> str:
    result = CliRunner().invoke(cli, ["--project", str(folder), *args], standalone_mode=False)
    assert result.exception is None, result.exception
    return result.output


def judged(folder: Path, target: str) -> Examination:
    return examine(open_workspace(folder, target, None, ENVIRON))


def unexplained(exam: Examination) -> list[str]:
    return sorted(str(key) for key in exam.unexplained if "schema public" not in str(key))


@pytest.mark.parametrize("by", ["deployer", "supabase_admin"])
def test_a_supabase_project_applied_by_another_role(by: str, pg_server: Server, tmp_path: Path) -> None:
    folder = project(tmp_path, FIRST, SECOND)
    with database(pg_server(18, supabase()), "deployer") as scratch:
        with scratch.connect() as admin:
            admin.execute("GRANT postgres TO deployer")
        lacks = by == "deployer"  # the platform's own superuser gives by default what postgres gives
        before = landed(folder, "--target", url(scratch, by), "status")
        assert (f"it is to be run by {by}, not by postgres: what postgres's default" in before) is lacks
        assert "2 files applied and proven" in landed(folder, "--target", url(scratch, by), "apply", "--yes")
        for looking in (by, "postgres"):
            exam = judged(folder, url(scratch, looking))
            assert [j.standing for j in exam.judgements] == [Standing.OK, Standing.OK], looking
            assert unexplained(exam) == []
            told = f"of {by}, not of postgres: what postgres's default"
            assert any(told in note for note in exam.judgements[0].notes) is lacks
            seen = drift(folder, ("files", "target"), url(scratch, looking), None, ENVIRON)
            assert [d for d in seen.differences if "schema public" not in str(d.key)] == []

        with scratch.connect() as admin:
            # What nobody's default privileges give is still drift, whoever made the table.
            admin.execute("GRANT UPDATE ON public.t TO dashboard_user")
        exam = judged(folder, url(scratch, by))
        assert [str(k.object) for k in exam.unexplained if "dashboard_user" in str(k)] == [
            "grant on table public.t(UPDATE to dashboard_user)"
        ]


def test_of_two_roles_each_is_judged_by_what_its_objects_are_born_with(
    pg_server: Server, tmp_path: Path
) -> None:
    folder = project(tmp_path, FIRST, SECOND)
    with database(pg_server(18, supabase()), "deployer") as scratch:
        landed(folder, "--target", url(scratch, "postgres"), "apply", "--yes", "--to", "20240101000000")
        with scratch.connect() as admin:
            admin.execute("GRANT postgres TO deployer")
        landed(folder, "--target", url(scratch, "deployer"), "apply", "--yes")
        for looking in ("deployer", "postgres"):
            exam = judged(folder, url(scratch, looking))
            assert [j.standing for j in exam.judgements] == [Standing.OK, Standing.OK], looking
            assert unexplained(exam) == []
            assert [bool(j.notes) for j in exam.judgements] == [False, True]
        with scratch.connect() as admin:
            admin.execute("REVOKE SELECT ON public.t FROM anon")  # postgres made it: it was born with that
        exam = judged(folder, url(scratch, "deployer"))
        assert exam.judgements[0].standing is Standing.PARTIAL
        assert "SELECT to anon" in str(exam.judgements[0].evidence[0].fact)


def test_an_owner_that_no_file_and_no_deployment_explains_is_told(pg_server: Server, tmp_path: Path) -> None:
    folder = project(tmp_path, FIRST)
    with database(pg_server(18, supabase()), "stranger") as scratch:
        landed(folder, "--target", url(scratch, "postgres"), "apply", "--yes")
        with scratch.connect() as admin:
            admin.execute("ALTER TABLE public.t OWNER TO stranger")
        exam = judged(folder, url(scratch, "postgres"))
        assert exam.judgements[0].standing is Standing.PARTIAL
        assert "table public.t · owner" in [str(e.fact) for e in exam.judgements[0].evidence]


def test_plain_postgres_with_an_owner_and_a_deployer(pg_server: Server, tmp_path: Path) -> None:
    (tmp_path / "landed.toml").write_text("")
    folder = project(
        tmp_path,
        "create table t (id int);\nalter default privileges grant select on tables to public;\n",
        "create table u (id int);\ncreate function g() returns int language sql as 'select 1';\n",
        hosted=False,
    )
    with database(pg_server(18), "boss", "deployer") as scratch:
        with scratch.connect() as admin:
            admin.execute(f"ALTER DATABASE {scratch.name} OWNER TO boss")
            admin.execute("GRANT boss TO deployer")
        said = landed(folder, "--target", url(scratch, "deployer"), "apply", "--yes")
        assert "2 files applied and proven" in said
        with scratch.connect() as admin:
            admin.execute("GRANT USAGE ON SCHEMA supabase_migrations TO boss")
            admin.execute("GRANT SELECT ON supabase_migrations.schema_migrations TO boss")
        for looking in ("deployer", "boss", "postgres"):
            exam = judged(folder, url(scratch, looking))
            assert [j.standing for j in exam.judgements] == [Standing.OK, Standing.OK], looking
            assert unexplained(exam) == []
            seen = drift(folder, ("files", "target"), url(scratch, looking), None, ENVIRON)
            assert [d for d in seen.differences if "schema public" not in str(d.key)] == []
        with scratch.connect() as admin:
            # By hand, for the deployer: what it makes from now on everybody may also call or not.
            admin.execute("ALTER DEFAULT PRIVILEGES FOR ROLE deployer GRANT INSERT ON TABLES TO boss")
        (folder / "migrations" / "20240103000000_f.sql").write_text("create table x (id int);\n")
        landed(folder, "--target", url(scratch, "deployer"), "apply", "--yes")
        exam = judged(folder, url(scratch, "deployer"))
        assert [j.standing for j in exam.judgements] == [Standing.OK] * 3
        assert unexplained(exam) == ["default privileges (owner)(INSERT on tables to (owner)) · exists"]
        with scratch.connect() as admin:
            admin.execute("ALTER DEFAULT PRIVILEGES FOR ROLE deployer REVOKE INSERT ON TABLES FROM boss")
            admin.execute("REASSIGN OWNED BY deployer TO boss")
        for looking in ("deployer", "boss", "postgres"):
            exam = judged(folder, url(scratch, looking))
            assert [j.standing for j in exam.judgements] == [Standing.OK] * 3, looking


def test_files_may_name_roles_that_an_administrator_made(pg_server: Server, tmp_path: Path) -> None:
    """Also the database's owner: what is said of it is said of whoever owns the database."""
    (tmp_path / "landed.toml").write_text("")
    folder = project(
        tmp_path,
        "create table t (id int);\ngrant select on t to reader;\nalter table t owner to boss;\n",
        "alter default privileges for role boss grant insert on tables to reader;\n"
        "create table u (id serial primary key);\nalter table public.u owner to boss;\n",
        hosted=False,
    )
    with database(pg_server(18), "boss", "deployer", "reader") as scratch:
        with scratch.connect() as admin:
            admin.execute(f"ALTER DATABASE {scratch.name} OWNER TO boss")
            admin.execute("GRANT boss TO deployer")
        said = landed(folder, "--target", url(scratch, "deployer"), "apply", "--yes")
        assert "2 files applied and proven" in said
        with scratch.connect() as admin:
            admin.execute("GRANT USAGE ON SCHEMA supabase_migrations TO boss")
            admin.execute("GRANT SELECT ON supabase_migrations.schema_migrations TO boss")
        for looking in ("deployer", "boss", "postgres"):
            exam = judged(folder, url(scratch, looking))
            assert [j.standing for j in exam.judgements] == [Standing.OK, Standing.OK], looking
            assert unexplained(exam) == [] and [j.notes for j in exam.judgements] == [(), ()]
            seen = drift(folder, ("files", "target"), url(scratch, looking), None, ENVIRON)
            assert [d for d in seen.differences if "schema public" not in str(d.key)] == []
        with scratch.connect() as admin:
            admin.execute("REVOKE SELECT ON t FROM reader")
            admin.execute("ALTER TABLE u OWNER TO reader")
        exam = judged(folder, url(scratch, "deployer"))
        assert [j.standing for j in exam.judgements] == [Standing.PARTIAL, Standing.PARTIAL]


def test_a_file_that_heals_another_is_not_asked_for_what_its_role_cannot_give(
    pg_server: Server, tmp_path: Path
) -> None:
    folder = project(tmp_path, FIRST)
    with database(pg_server(18, supabase()), "deployer") as scratch:
        target = url(scratch, "deployer")
        with scratch.connect() as admin:
            admin.execute("GRANT postgres TO deployer")
        landed(folder, "--target", target, "apply", "--yes")
        with scratch.connect() as admin:
            admin.execute("DROP TABLE public.t")
        project(tmp_path, FIRST, "create table if not exists public.t (id int primary key, v text);\n")
        assert judged(folder, target).judgements[0].standing is Standing.PARTIAL
        assert "1 file applied and proven" in landed(folder, "--target", target, "apply", "--yes")
        assert judged(folder, target).judgements[0].standing is Standing.OK


def test_what_is_so_with_many_files_is_said_once(pg_server: Server, tmp_path: Path) -> None:
    folder = project(tmp_path, *(f"create table public.t{n} (id int);\n" for n in range(5)))
    with database(pg_server(18, supabase()), "deployer") as scratch:
        with scratch.connect() as admin:
            admin.execute("GRANT postgres TO deployer")
        exam = judged(folder, url(scratch, "deployer"))
    assert [len(j.notes) for j in exam.judgements] == [1, 0, 0, 0, 0]
    assert exam.judgements[0].notes[0].endswith("will not be there; and so it is with 4 more files")
    assert all("made-by-another-role" in j.flags for j in exam.judgements)
