"""A checkout that lacks its database's newest migrations: whatever follows from what is said changes nothing.

What a row without a file has done is known from its own SQL (Supabase) or from git; where it is not, nothing
is called partial or phantom for want of it, and nothing is offered or run that writes to the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from landed.core.command import Effect
from landed.core.errors import NotProven
from landed.core.standing import Standing
from landed.core.turns import next_steps
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.stored import ledger_statements
from landed.ops.adopting import by_hand
from landed.ops.apply import plan_apply
from landed.ops.examine import Examination, examine
from landed.ops.lock import plan_lock
from landed.ops.repair import plan_repair
from landed.ops.resume import plan_resume
from landed.ops.workspace import open_workspace
from landed.project.githistory import MOST_COMMITS
from support import ROOT
from support.process.landed_process import Landed
from support.worlds import histories
from support.worlds.world import World

WRONG = {"partial", "phantom"}
WRITES = {Effect.WRITE_SCHEMA, Effect.WRITE_HISTORY, Effect.RUN_SQL, Effect.RESTORE}


def standings(exam: Examination) -> dict[str, str]:
    return {j.name: str(j.standing) for j in exam.judgements}


def offered(exam: Examination) -> list[str]:
    """Commands that somebody is told to run and that write to the database."""
    return [
        str(action.command)
        for j in exam.judgements
        for action in (j.next.actions if j.next else ())
        if action.command is not None and action.command.effect in WRITES
    ]


def is_harmless(exam: Examination) -> None:
    """Nothing is called wrong, nothing that writes is offered, and what writes would do nothing."""
    assert WRONG.isdisjoint(standings(exam).values()), standings(exam)
    assert offered(exam) == []
    assert plan_resume(exam, None).items == ()
    assert plan_repair(exam).changes == ()
    try:
        assert plan_apply(exam).items == ()
    except NotProven as error:
        assert "Nothing was changed." in error.details  # noqa: PT017


def everything_is_run(landed: Landed) -> None:
    """Every command that is printed as it is, and those that write, with no more than ``--yes``."""
    said = landed("status").body
    printed = [a for m in said["migrations"] for a in (*m["actions"], *said["actions"]) if a["argv"]]
    for action in printed:
        if action["argv"][0] == "landed" and action["effect"] in {str(effect) for effect in WRITES}:
            landed.plain(*action["argv"][1:], "--yes", code=None)
    for verb in ("resume", "repair", "apply"):
        landed.plain(verb, "--yes", code=None)


D1_FILES = {
    "0001_docs.sql": "CREATE TABLE docs (id INTEGER PRIMARY KEY, email TEXT);\n"
    "CREATE TABLE old (id INTEGER);\nCREATE INDEX old_id ON old (id);\n",
    "0002_notes.sql": "CREATE TABLE notes (id INTEGER PRIMARY KEY);\n",
    "0003_drop.sql": "DROP TABLE old;\n",
    "0004_mail.sql": "ALTER TABLE docs RENAME COLUMN email TO mail;\n",
    "0005_gone.sql": "DROP TABLE notes;\n",
}
LOSSES = ("drop-table:old", "drop-table:notes")


@pytest.fixture
def d1(tmp_path: Path) -> World:
    world = World(tmp_path / "w", D1_FILES)
    world.apply(*LOSSES)
    world.folder.joinpath("landed.lock").unlink()
    return world


class TestD1:
    @pytest.mark.parametrize("gone", [1, 2, 3])
    def test_nobody_can_say_what_a_row_without_file_and_git_did(self, d1: World, gone: int) -> None:
        for name in list(D1_FILES)[-gone:]:
            d1.remove(name)
        exam = d1.examine()
        is_harmless(exam)
        assert standings(exam)["0002_notes.sql" if gone == 1 else "0001_docs.sql"] == "unprovable"
        row = exam.judgement(list(D1_FILES)[-gone])
        assert row is not None
        assert {"behind", "unseen"} <= set(row.flags)
        assert str(row.next) == f"put migrations/{row.name} back, then: landed status"
        # Nothing else that is printed leads to a change either, also where somebody gives a reason.
        assert "by hand" not in str([j.notes for j in exam.judgements]) + by_hand(exam)
        name = next(j.name for j in exam.judgements if j.standing is Standing.UNPROVABLE)
        with pytest.raises(NotProven) as refused:
            plan_repair(exam, [name], reason="I say so")
        assert refused.value.next == row.next
        # A file of one's own waits until the checkout is complete.
        d1.write("0009_own.sql", "CREATE TABLE own (id INTEGER);")
        exam = d1.examine()
        assert offered(exam) == []
        with pytest.raises(NotProven, match="this checkout is older"):
            plan_apply(exam)

    @pytest.mark.parametrize("gone", [1, 2, 3])
    def test_git_says_what_it_did(self, d1: World, gone: int) -> None:
        d1.git("init", "-q", "-b", "main")
        d1.git("add", "migrations")
        d1.git("commit", "-qm", "all")
        d1.git("branch", "ahead")
        for name in list(D1_FILES)[-gone:]:
            d1.remove(name)
        d1.git("add", "-A", "migrations")
        d1.git("commit", "-q", "--amend", "-m", "behind")
        ahead = d1.git("rev-parse", "--short=10", "ahead")
        exam = d1.examine()
        is_harmless(exam)
        assert "unprovable" not in standings(exam).values()
        assert exam.unexplained == ()
        row = exam.judgement("0005_gone.sql")
        assert row is not None
        assert row.next == f"git checkout {ahead} -- migrations/0005_gone.sql"
        assert f"it is in commit {ahead} of branch ahead" in row.notes
        # What is really missing is still seen.
        d1.sql("DROP TABLE docs")
        assert standings(d1.examine())["0001_docs.sql"] == "phantom"

    def test_several_texts_under_one_name_say_nothing(self, d1: World) -> None:
        d1.git("init", "-q", "-b", "main")
        for text in ("SELECT 1;\n", D1_FILES["0005_gone.sql"]):
            d1.write("0005_gone.sql", text)
            d1.git("add", "migrations")
            d1.git("commit", "-qm", text.strip())
        d1.remove("0005_gone.sql")
        exam = d1.examine()
        is_harmless(exam)
        row = exam.judgement("0005_gone.sql")
        assert row is not None
        assert "nobody can say what it did: git knows 2 different texts of it" in row.notes
        assert standings(exam)["0002_notes.sql"] == "unprovable"

    def test_a_shallow_clone_is_said_and_deepened(self, d1: World) -> None:
        d1.git("init", "-q", "-b", "main")
        d1.git("add", "migrations")
        d1.git("commit", "-qm", "all")
        d1.git("rm", "-q", "migrations/0005_gone.sql")
        d1.git("commit", "-qm", "behind")
        clone = d1.folder.parent / "clone"
        d1.git("clone", "-q", "--depth", "1", f"file://{d1.folder}", str(clone))
        for name in (".wrangler", "wrangler.json"):
            (d1.folder / name).rename(clone / name)
        d1.folder = clone
        exam = d1.examine()
        is_harmless(exam)
        row = exam.judgement("0005_gone.sql")
        assert row is not None
        assert str(row.next) == "git pull --unshallow"
        assert any("this clone is shallow" in note for note in row.notes)

    def test_a_file_half_there_before_no_unknown_row_is_partial_as_ever(self, d1: World) -> None:
        """A row that nobody knows says nothing of files after it."""
        d1.remove("0002_notes.sql")
        d1.sql("ALTER TABLE docs RENAME COLUMN mail TO email")
        assert standings(d1.examine())["0004_mail.sql"] in WRONG

    def test_a_file_half_run_beside_a_row_that_nobody_knows(self, d1: World) -> None:
        """Only behind a file that was recorded after that row is it surely its own doing."""
        half = "CREATE TABLE own (id INTEGER);\nCREATE TABLE other (id INTEGER);\n"
        d1.remove("0003_drop.sql")
        d1.sql("CREATE TABLE own (id INTEGER)")
        d1.write("0003_half.sql", half)
        exam = d1.examine()
        assert standings(exam)["0003_half.sql"] == "unknown"
        assert offered(exam) == []
        with pytest.raises(NotProven, match=r"0003_half.sql is unknown"):
            plan_apply(exam)
        d1.remove("0003_half.sql")
        d1.write("0006_half.sql", half)
        assert standings(d1.examine())["0006_half.sql"] == "partial"

    def test_what_is_there_may_be_the_doing_of_a_row_that_nobody_knows(self, d1: World) -> None:
        d1.write("0006_more.sql", "CREATE TABLE more (id INTEGER);")
        d1.apply()
        d1.remove("0006_more.sql")
        d1.write("0007_own.sql", "CREATE TABLE IF NOT EXISTS more (id INTEGER);")
        d1.folder.joinpath("landed.lock").unlink()
        exam = d1.examine()
        is_harmless(exam)
        assert standings(exam)["0007_own.sql"] == "unknown"

    def test_where_there_is_a_remote_it_is_asked_first(self, d1: World) -> None:
        d1.git("init", "-q", "-b", "main")
        d1.git("remote", "add", "origin", "https://example.invalid/x.git")
        d1.remove("0005_gone.sql")
        exam = d1.examine()
        is_harmless(exam)
        assert next_steps(exam.judgements) == ["git pull"]

    def test_what_is_printed_is_followed(self, d1: World, tmp_path: Path) -> None:
        for name in list(D1_FILES)[-2:]:
            d1.remove(name)
        before = (d1.sql("SELECT * FROM sqlite_master"), d1.ledger())
        everything_is_run(Landed(d1.folder, tmp_path / "cache"))
        assert (d1.sql("SELECT * FROM sqlite_master"), d1.ledger()) == before

    def test_files_that_are_not_here_are_not_locked(self, d1: World) -> None:
        d1.git("init", "-q", "-b", "main")
        d1.git("add", "migrations")
        d1.git("commit", "-qm", "all")
        d1.remove("0005_gone.sql")
        report, _ = plan_lock(d1.examine())
        assert report.added == tuple(D1_FILES)[:4]

    @pytest.mark.parametrize("recorded", [False, True])
    def test_files_that_were_squashed_into_one(self, d1: World, recorded: bool) -> None:
        """Git knows the old ones, and the new one fails behind them: it stands for them."""
        d1.git("init", "-q", "-b", "main")
        d1.git("add", "migrations")
        d1.git("commit", "-qm", "all")
        for name in list(D1_FILES):
            d1.remove(name)
        d1.write("0006_all.sql", "CREATE TABLE docs (id INTEGER PRIMARY KEY, mail TEXT);\n")
        if recorded:
            d1.sql("INSERT INTO d1_migrations (name) VALUES ('0006_all.sql')")
        exam = d1.examine()
        assert standings(exam)["0006_all.sql"] == ("ok" if recorded else "unrecorded")
        assert exam.unexplained == ()
        if recorded:
            is_harmless(exam)
            d1.sql("ALTER TABLE docs DROP COLUMN mail")
            assert standings(d1.examine())["0006_all.sql"] == "partial"

    def test_a_file_that_does_the_same_as_a_missing_one(self, d1: World) -> None:
        """Which would have been a conflict with somebody's newer file takes nothing of that away."""
        d1.write("0006_more.sql", "DROP TABLE docs; CREATE TABLE more (id INTEGER);")
        d1.apply("drop-table:docs")
        d1.git("init", "-q", "-b", "main")
        d1.git("add", "migrations")
        d1.git("commit", "-qm", "all")
        d1.remove("0006_more.sql")
        d1.write("0007_own.sql", "CREATE TABLE more (id INTEGER, x);")
        exam = d1.examine()
        is_harmless(exam)
        assert "unseen" in exam.judgements[0].flags

    def test_the_folder_of_another_project(self, tmp_path: Path) -> None:
        world = World(tmp_path / "w", D1_FILES)
        world.apply(*LOSSES)
        for name in D1_FILES:
            world.remove(name)
        world.write("0001_other.sql", "CREATE TABLE other (id INTEGER);")
        with pytest.raises(NotProven, match="No migration that the database has recorded has a file here"):
            plan_apply(world.examine())

    def test_how_many_commits_are_read_is_bounded(self, d1: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert MOST_COMMITS > 1
        monkeypatch.setattr("landed.project.githistory.MOST_COMMITS", 2)
        d1.git("init", "-q", "-b", "main")
        for name in D1_FILES:
            d1.git("add", f"migrations/{name}")
            d1.git("commit", "-qm", name)
        d1.remove("0005_gone.sql")
        row = d1.examine().judgement("0005_gone.sql")
        assert row is not None
        assert any("git has more commits than are looked through" in note for note in row.notes)


def test_without_missing_files_nothing_more_is_asked(d1: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays, checks of rows and calls of git are counted."""
    asked: list[str] = []
    kind = type(d1.workspace().engine)
    real = kind.replay

    def replay(self: object, *args: object, **more: object) -> object:
        asked.append("replay")
        return real(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(kind, "replay", replay)
    d1.examine()
    assert asked == ["replay"]


@pytest.mark.parametrize("known", [False, True], ids=["no-git", "git"])
@pytest.mark.parametrize("name", [p.name for p in sorted(histories.CORPUS.iterdir()) if p.is_dir()])
def test_the_newest_files_of_real_projects_deleted(name: str, known: bool, tmp_path: Path) -> None:
    history = histories.history(name)
    if any(step.failed for step in history.steps):
        return  # its files do not make its database
    world = World(tmp_path / "w", {m.name: m.text for m in history.migrations})
    if "/" in history.migrations[0].name:
        database = {"binding": "DB", "database_name": "db", "database_id": "0-world"}
        database["migrations_dir"] = "migrations"
        database["migrations_pattern"] = "migrations/*/migration.sql"
        (world.folder / "wrangler.json").write_text(json.dumps({"d1_databases": [database]}))
    world.sql(
        "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"
    )
    for migration in history.migrations:
        world.sql(migration.text, foreign_keys=False)
        world.sql(f"INSERT INTO d1_migrations (name) VALUES ('{migration.name}')")
    if known:
        world.git("init", "-q", "-b", "main")
        world.git("add", "migrations")
        world.git("commit", "-qm", "all")
    whole = standings(world.examine())
    assert WRONG.isdisjoint(whole.values())
    for migration in list(reversed(history.migrations))[:5]:
        world.remove(migration.name)
        exam = world.examine()
        is_harmless(exam)
        found = standings(exam)
        if known:
            left = {m.name for m in exam.migrations}
            assert {n: s for n, s in found.items() if n in left} == {n: whole[n] for n in left}
            assert exam.unexplained == ()


class Behind(NamedTuple):
    """What the newest files do to what the first one made."""

    first: str
    newest: tuple[str, ...]


DOCS = """\
create table public.docs (id int primary key, owner uuid, email text);
alter table public.docs enable row level security;
create policy p on public.docs using (true);
"""
COUNT = "create function public.counted() returns int language sql as 'select 1';\n"
VARIANTS = {
    "policy altered, column renamed": Behind(
        DOCS,
        (
            "alter policy p on public.docs using (owner = auth.uid());\n"
            "alter table public.docs rename email to mail;\n",
            "create index docs_owner on public.docs (owner);\n",
            "alter table public.docs alter mail set not null;\n",
        ),
    ),
    "policy and column dropped": Behind(
        DOCS,
        (
            "drop policy p on public.docs;\nalter table public.docs drop column email;\n",
            "create policy q on public.docs using (owner is not null);\n",
            "alter table public.docs force row level security;\n",
        ),
    ),
    "execute revoked": Behind(
        COUNT + "grant execute on function public.counted() to anon;\n",
        (
            "revoke execute on function public.counted() from anon;\n",
            "revoke execute on function public.counted() from public;\n",
            "create or replace function public.counted() returns int language sql as 'select 2';\n",
        ),
    ),
    "table dropped": Behind(
        "create table public.gone (id int);\ncreate index gone_id on public.gone (id);\n",
        (
            "drop table public.gone;\n",
            "create table public.come (id int);\n",
            "drop table public.come;\n",
        ),
    ),
}


class Applied(NamedTuple):
    """A project whose files were all recorded as the Supabase CLI records them."""

    folder: Path
    url: str

    def examine(self) -> Examination:
        return examine(open_workspace(self.folder, self.url, None, {}))

    def file(self, name: str) -> Path:
        return self.folder / "supabase" / "migrations" / name


@pytest.fixture
def apply_as_the_cli(
    pg_server: Callable[..., ShadowServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Applied]]:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    server = pg_server(18, supabase())
    with new_database(server) as scratch:
        url = f"postgresql://postgres@/{scratch.name}?host={server.host}&port={server.port}"

        def do(files: dict[str, str], *, keep_sql: bool = True) -> Applied:
            world = Applied(tmp_path / "w", url)
            world.file("").mkdir(parents=True)
            (tmp_path / "w" / "supabase" / "config.toml").write_text('project_id = "x"\n')
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("create schema if not exists supabase_migrations")
                connection.execute("drop table if exists supabase_migrations.schema_migrations")
                connection.execute(
                    "create table supabase_migrations.schema_migrations "
                    "(version text primary key, statements text[], name text)"
                )
                for name, text in files.items():
                    world.file(name).write_text(text)
                    connection.execute(text.encode())
                    version, _, title = name.removesuffix(".sql").partition("_")
                    connection.execute(
                        "insert into supabase_migrations.schema_migrations values (%s, %s, %s)",
                        (version, list(ledger_statements(text)) if keep_sql else None, title),
                    )
            return world

        yield do


@pytest.mark.parametrize("keep_sql", [True, False], ids=["rows hold their SQL", "rows hold none"])
@pytest.mark.parametrize("name", VARIANTS)
def test_supabase(name: str, keep_sql: bool, apply_as_the_cli: Callable[..., Applied]) -> None:
    variant = VARIANTS[name]
    texts = (variant.first, *variant.newest)
    files = {f"2024010{n}000000_f{n}.sql": text for n, text in enumerate(texts, 1)}
    first, *newest = files
    world = apply_as_the_cli(files, keep_sql=keep_sql)
    assert set(standings(world.examine()).values()) == {"ok"}
    for gone in reversed(newest):
        world.file(gone).unlink()
        exam = world.examine()
        is_harmless(exam)
        if keep_sql:
            assert {s for n, s in standings(exam).items() if n in files} == {"ok"}
            row = exam.judgement(gone.removesuffix(".sql"))
            assert row is not None
            assert str(row.next) == f"landed repair {row.name} --fetch"
    if not keep_sql:
        assert standings(exam)[first] == "unprovable"
    else:
        # A file of one's own can be run: what it builds on is known.
        world.file("20240109000000_own.sql").write_text("create table public.own (id int);\n")
        (item,) = plan_apply(world.examine()).items
        assert item.migration.name == "20240109000000_own.sql"
        world.file(first).unlink()
        with pytest.raises(NotProven, match="these may be another project's"):
            plan_apply(world.examine())


def test_supabase_what_is_printed_is_followed(apply_as_the_cli: Callable[..., Applied]) -> None:
    variant = VARIANTS["policy altered, column renamed"]
    texts = enumerate((variant.first, variant.newest[0]), 1)
    first, newest = files = {f"2024010{n}000000_f{n}.sql": text for n, text in texts}
    world = apply_as_the_cli(files)
    world.file(newest).unlink()

    def seen() -> object:
        state = world.examine().state
        return dict(state.facts or {}), state.stored

    before = seen()
    everything_is_run(Landed(world.folder, world.folder.parent / "cache", LANDED_TARGET=world.url))
    assert seen() == before
    assert world.file(first).exists()


@pytest.mark.parametrize("name", ["usebasejump__basejump", "point-source__supabase-tenant-rbac"])
def test_the_newest_files_of_supabase_projects_deleted(
    name: str, apply_as_the_cli: Callable[..., Applied]
) -> None:
    folder = ROOT / "tests" / "data" / "corpus" / "supabase" / name / "supabase" / "migrations"
    files = {path.name: path.read_text() for path in sorted(folder.glob("*.sql"))}
    world = apply_as_the_cli(files)
    whole = standings(world.examine())
    assert WRONG.isdisjoint(whole.values())
    for gone in list(reversed(files))[: min(5, len(files) - 1)]:
        world.file(gone).unlink()
        exam = world.examine()
        is_harmless(exam)
        left = {m.name for m in exam.migrations}
        assert {n: s for n, s in standings(exam).items() if n in left} == {n: whole[n] for n in left}
        assert exam.unexplained == ()
