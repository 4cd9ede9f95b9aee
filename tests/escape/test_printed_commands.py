"""What landed prints to be pasted is one command, whatever the names in it are: no code, no option."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql as pg

from landed.cli.main import COMMANDS
from landed.cli.options import Common
from landed.core.command import EFFECTS
from landed.core.next import APPLY, BREAK, DOCTOR, Hint, Next, Quoted, as_next, landed, shell_word
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.clients.wrangler import DATABASE_ID, database_files
from support.oracles.printed import SHELLS, Pasted, commands, parsed, told
from support.process.landed_process import Landed
from support.walls.escaping import Canary, canary

pytestmark = pytest.mark.skipif(not SHELLS, reason="no shell of POSIX here")
SOURCE = Path(__file__).parents[2] / "src" / "landed"

EVIL = {
    "substitution": "x$(touch y)",
    "backticks": "x`touch y`",
    "semicolon": "x; touch y",
    "ampersand": "x & touch y",
    "pipe": "x | touch y",
    "single-quote": "x'; touch y; '",
    "double-quote": 'x"; touch y; "',
    "quotes-and-substitution": "x'\"$(touch y)\"'",
    "newline": "x\ntouch y\n#",
    "carriage-return": "x\rtouch y\r",
    "escape-sequence": "x\x1b[2K\x1b[1A$(touch y)",
    "option": "--yes",
    "short-option": "-y",
    "option-with-value": "--project=/",
    "option-in-words": "--shadow same-server",
    "debug": "--debug",
    "json": "--json",
    "dashes": "--",
    "tilde": "~root",
    "glob": "*",
    "question-mark": "?",
    "braces": "{a,b}",
    "history": "x!!",
    "variable": "x${HOME}",
    "comment": "# x",
    "redirection": "x > y",
    "backslash": "x\\",
    "backslash-quote": "x\\'; touch y; \\'",
    "percent": "%s%n%d",
    "octal": "x\\044(touch y)",
    "bidi": "x\u202e$(touch y)",
    "a-command": "landed apply --yes; touch y",
    "looks-like-next": "x\nNext: landed undo --yes",
    "equals": "=ls",
    "backslash-quote-substitution": "\\'$(touch y)\"'",
    "empty-quotes": "''",
    "space": " ",
    "control-and-option": "-\x1b[2J",
    "surrogate": "x\udcff$(touch y)",
}  # fmt: skip


@pytest.fixture(scope="module")
def pasted(tmp_path_factory: pytest.TempPathFactory) -> Pasted:
    return Pasted(tmp_path_factory.mktemp("pasted"))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", EVIL.values(), ids=EVIL)
def test_a_name_is_one_word_and_no_option(name: str, shell: str, pasted: Pasted) -> None:
    made = landed("repair", name, "b", reason=name, yes=True)
    (words,) = pasted.run(made, shell)
    understood = parsed(words[1:])
    assert understood["verb"] == "repair"
    assert understood["names"] == (name, "b") and understood["reason"] == name
    assert understood["yes"] is True and not understood["debug"] and not understood["json"]
    assert pasted.run(made.allowing([name]), shell)[0][-1:] != ["y"]
    assert made.isprintable(), made


@pytest.mark.parametrize("name", EVIL.values(), ids=EVIL)
def test_every_command_keeps_a_name_that_is_one(name: str, pasted: Pasted) -> None:
    for made, key in (
        (landed("resume", name, ran=[1, 2], allow=[Quoted(name)]), "name"),
        (landed("exec", name, param=[name], yes=True), "sql"),
        (landed("drift", name, "files"), "a"),
        (landed("lock", accept=name), "accept"),
        (landed("apply", to=name), "to"),
        (landed("undo", bookmark=name), "bookmark"),
        (APPLY.but("resume", name).allowing([name]), "name"),
        (landed("exec", Hint(name)), "sql"),
    ):
        (words,) = pasted.run(made)
        understood = parsed(words[1:])
        assert understood[key] in (name, (name,)), made
        assert understood.get("yes", True) is (made.verb == "exec" and "--yes" in made.options) or (
            "yes" not in understood or understood["yes"] is False
        )


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_text_is_one_word_of_a_shell(name: str) -> None:
    if name.endswith("\n"):
        return  # not every shell has a way to write that on one line; none of it is code (below)
    line = f"printf '%s\\0' {shell_word(name)}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode("utf-8").split("\0")[:-1] == [name]
    assert "\n" not in line and "\x1b" not in line


def test_a_name_that_ends_a_line_is_no_code_either(pasted: Pasted) -> None:
    for shell in SHELLS:
        for name in ("x\n", "x'; touch y; '\n", "$(touch y)\n", "\\'; touch y\n"):
            assert len(pasted.run(landed("repair", name), shell)) <= 1  # fish knows no such word


@given(st.lists(st.text(max_size=12), max_size=4))
def test_words_and_commands_never_break_a_line(texts: list[str]) -> None:
    made = Next("a: ", *texts, landed("repair", *texts), as_next("\n".join(texts)))
    assert made.isprintable() or all(c.isprintable() or ord(c) > 0x9F for c in made)
    assert "\n" not in made and "\x1b" not in made


def test_the_texts_of_old_stay() -> None:
    assert landed("repair", "0001_a.sql", reason=Hint("…")) == 'landed repair 0001_a.sql --reason "…"'
    assert landed("resume", "a", allow=["drop-table:t"]) == "landed resume a --allow drop-table:t"
    assert landed("apply", allow=[Quoted("drop-table:t")]) == "landed apply --allow 'drop-table:t'"
    told = Next("Mend it. Then run: ", APPLY.afterwards(), BREAK, "Or: ", DOCTOR)
    assert told == "Mend it. Then run: landed apply\nOr: landed doctor"
    assert Next("Mend it. Then: ", APPLY).instead("apply", "resume", "-x") == (
        "Mend it. Then: landed resume -- -x"
    )


def test_the_users_options_are_put_into_commands_and_nowhere_else() -> None:
    """A name that reads as a command stays a name, also in a text that has one."""
    common = Common(words=["--project", "a b", "--target", "x$(touch y)"])
    given = "landed --project 'a b' --target 'x$(touch y)'"
    name = "landed apply"
    told = Next(f"restore {name}, or: ", landed("repair", name))
    assert common.command(told) == f"restore {name}, or: {given} repair '{name}'"
    assert common.command(Next("mend it, then: ", APPLY)) == f"mend it, then: {given} apply"
    assert common.command("words about landed apply") == "words about landed apply"
    assert common.command(f'GRANT CREATE ON SCHEMA a TO "{name}"') == f'GRANT CREATE ON SCHEMA a TO "{name}"'
    assert common.command(landed("exec", "-- x\n")).startswith(f"{given} exec -- ")


def test_every_verb_is_known() -> None:
    assert list(EFFECTS) == list(COMMANDS)


# -- end to end: histories whose names are attacks ---------------------------------------------------


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def d1(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, Path]:
    folder = tmp_path_factory.mktemp("d1") / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "wrangler.jsonc").write_text(
        f'{{"d1_databases": [{{"binding": "DB", "database_id": "{DATABASE_ID}"}}]}}'
    )
    (folder / "migrations" / "0001_one.sql").write_text("CREATE TABLE one (id INTEGER PRIMARY KEY);")
    run = Landed(folder, folder.parent / "cache", GIT_CEILING_DIRECTORIES=str(folder.parent))
    run("apply", "--yes")
    (file,) = database_files(folder / ".wrangler" / "state")
    return run, file


def insert(file: Path, names: list[str]) -> None:
    connection = apsw.Connection(str(file))
    connection.execute("DELETE FROM d1_migrations WHERE name <> '0001_one.sql'")
    for name in names:
        connection.execute("INSERT INTO d1_migrations (name) VALUES (?)", (name,))
    connection.close()


def test_history_rows_of_d1(d1: tuple[Landed, Path], pasted: Pasted) -> None:
    """A row called ``--yes`` was printed as ``landed repair --yes``, which repairs everything."""
    run, file = d1
    names = [name for name in EVIL.values() if "\udcff" not in name]
    insert(file, names)
    body = run("status").body
    rows = {m["name"]: m["next"] for m in body["migrations"]}
    # Nobody knows what these rows did: none is offered to be taken away, whatever its name says.
    for name in names:
        for command in commands(rows[name]):
            assert [parsed(words[1:])["verb"] for words in pasted.run(command)] in ([], ["status"]), command
    shown = run.plain("status", "--all").stdout + run.plain("repair", "--dry-run").stdout
    for line in told(shown):
        for words in pasted.run(line):
            assert words[0] == "landed" and parsed(words[1:])["verb"] in ("repair", "status", "apply")
    # Somebody who knows better says so: the row of that name goes, and no other.
    for name in ("--yes", "x$(touch y)", "x\x1b[2K\x1b[1A$(touch y)", "-\x1b[2J"):
        (words,) = pasted.run(landed("repair", name, reason="it is gone"))
        asked = run.plain("--json", *words[1:], code=4)
        (again,) = pasted.run(commands(asked.error["next"])[0])
        run.plain(*again[1:])
        left = [m["name"] for m in run("status").body["migrations"]]
        assert name not in left and len(left) == len(names)
        insert(file, names)


def test_files_of_d1(d1: tuple[Landed, Path], pasted: Pasted) -> None:
    """Files that are recorded and never ran, ran half-way, were edited, or are gone and in git."""
    run, file = d1
    names = [f"0{n:03}_{name.replace('/', '_')}.sql" for n, name in enumerate(EVIL.values(), 2)]
    names = [name for name in names if "\udcff" not in name]
    folder = run.folder / "migrations"
    for number, name in enumerate(names):
        (folder / name).write_text(f"CREATE TABLE t{number} (a);\nCREATE TABLE u{number} (a);\n")
    insert(file, names)
    try:
        connection = apsw.Connection(str(file))
        for number in range(0, len(names), 2):
            connection.execute(f"CREATE TABLE t{number} (a)")
        found = {m["name"]: m["next"] for m in run("status").body["migrations"]}
        for number, name in enumerate(names):
            (command,) = commands(found[name])
            (words,) = pasted.run(command)
            understood = parsed(words[1:])
            assert understood["verb"] == ("repair" if number % 2 else "resume")
            assert understood.get("name", understood.get("names")) in (name, (name,))
            assert not understood["yes"]
        git(run.folder, "init", "--quiet")
        git(run.folder, "add", "migrations")
        git(run.folder, "commit", "--quiet", "-m", "x")
        for name in names:
            (folder / name).unlink()
        found = {m["name"]: m["next"] for m in run("status").body["migrations"]}
        for name in names:
            (words,) = pasted.run(commands(found[name])[0])
            assert words[0] == "git" and words[-2:] == ["--", f"migrations/{name}"], words
        # Also where git would read the name as a pattern of others, or as its own magic.
        (words,) = pasted.run(
            commands(found["0025_*.sql"] if "0025_*.sql" in found else found[glob(names)])[0]
        )
        git(run.folder, *words[1:])
        assert [p.name for p in folder.iterdir() if p.name != "0001_one.sql"] == [words[-1].split("/", 1)[1]]
    finally:
        for number in range(len(names)):
            connection.execute(f"DROP TABLE IF EXISTS t{number}")
        connection.close()
        insert(file, [])
        for name in names:
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(run.folder / ".git", ignore_errors=True)


def glob(names: list[str]) -> str:
    return next(name for name in names if name.endswith("_*.sql"))


def test_databases_of_a_configuration(tmp_path: Path, pasted: Pasted) -> None:
    """Bindings and environments in the choice that is offered."""
    names = [name for name in EVIL.values() if "\udcff" not in name]
    databases = [{"binding": name, "database_id": f"{n}"} for n, name in enumerate(names)]
    elsewhere = {f"e{n}": {"d1_databases": [{"binding": "only", "database_id": "o"}]} for n in names}
    config = {"d1_databases": databases, "env": elsewhere}
    (tmp_path / "wrangler.json").write_text(json.dumps(config))
    run = Landed(tmp_path, tmp_path / "cache")
    error = run("status", code=2).error
    lines = [f"landed {d.split('    ')[0]} status" for d in error["details"] if d.startswith("--target")]
    assert len(lines) == len(names)
    for name, line in zip(names, lines, strict=True):
        assert pasted.run(line) == [["landed", "--target", f"d1:local/{name}", "status"]]
    (words,) = pasted.run(commands(error["next"])[0])
    assert words == ["landed", "--target", f"d1:local/{names[0]}", "status"]
    error = run("status", "--target", "d1:local/only", code=2).error
    lines = [d.rpartition(": add ")[2] for d in error["details"] if ": add " in d]
    assert lines
    for line in lines:
        ((_, flag, *_),) = pasted.run(f"landed {line}")
        assert flag == "--env"


def test_losses_of_d1(d1: tuple[Landed, Path], pasted: Pasted) -> None:
    """Names of tables and columns in ``--allow``."""
    run, file = d1
    folder = run.folder / "migrations"
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in EVIL.values() if "\udcff" not in name}
    connection = apsw.Connection(str(file))
    for shown in quoted.values():
        connection.execute(f"CREATE TABLE {shown} (a)")
        connection.execute(f"INSERT INTO {shown} VALUES (1)")
    try:
        for name, shown in list(quoted.items())[::4]:
            (folder / "0002_drop.sql").write_text(f"DROP TABLE {shown};\n")
            error = run("apply", "--yes", code=None).error
            for command in commands(error["next"]):
                for words in pasted.run(command):
                    understood = parsed(words[1:])
                    assert understood["verb"] in ("apply", "drift") and not understood.get("yes"), name
                    allowed = understood.get("allow", ())
                    assert allowed in ((), (f"drop-table:{name.lower()}",), (f"drop-table:{name}",)), name
    finally:
        (folder / "0002_drop.sql").unlink(missing_ok=True)
        for shown in quoted.values():
            connection.execute(f"DROP TABLE IF EXISTS {shown}")
        connection.close()


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        yield pg_server(18)


@pytest.fixture
def world() -> Iterator[Canary]:
    with canary() as made:
        yield made


def test_postgres(server: ShadowServer, tmp_path: Path, pasted: Pasted, world: Canary) -> None:
    """INVALID indexes, roles, schemas, history rows and databases whose names are attacks."""
    names = [name for name in EVIL.values() if "\udcff" not in name]
    with new_database(server) as made, server.connect(made.name) as connection:
        url = f"postgresql://{server.superuser}@/{made.name}?host={server.host}&port={server.port}"
        folder = tmp_path / "project"
        (folder / "migrations").mkdir(parents=True)
        run = Landed(folder, tmp_path / "cache", LANDED_TARGET=url, LANDED_MIGRATIONS="migrations")
        connection.execute("CREATE SCHEMA supabase_migrations")
        connection.execute(
            "CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[],"
            " name text)"
        )
        for name in names:
            connection.execute("INSERT INTO supabase_migrations.schema_migrations VALUES (%s)", (name,))
        connection.execute("CREATE TABLE doubled (a int); INSERT INTO doubled VALUES (1), (1)")
        for name in names[:8]:
            build = pg.SQL("CREATE UNIQUE INDEX CONCURRENTLY {} ON doubled (a)").format(pg.Identifier(name))
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute(build)
        body = run("status").body
        rows = {m["name"]: m["next"] for m in body["migrations"]}
        for name in names:
            for command in commands(rows[name]):
                assert [parsed(words[1:])["verb"] for words in pasted.run(command)] in ([], ["status"])
        checks = run("doctor", code=None).body["checks"]
        drops = [c["next"] for c in checks if c["id" if "id" in c else "code"] == "invalid-index"]
        assert drops
        for line in drops:
            (words,) = pasted.run(line)
            dropped = parsed(words[1:])["sql"]
            assert isinstance(dropped, str) and dropped.startswith("DROP INDEX CONCURRENTLY public.")
            connection.execute(dropped.encode())
        text = run.plain("doctor", code=None).stdout
        for line in told(text):
            for words in pasted.run(line):
                assert words[0] in ("landed", "git", "wrangler")
        name = "x$(touch y)"
        quoted = f'"{name}"'
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {quoted} ON doubled (a)".encode())
        connection.execute("TRUNCATE supabase_migrations.schema_migrations")
        (folder / "migrations" / "20240101000000_a.sql").write_text(
            f"CREATE TABLE doubled (a int);\nCREATE UNIQUE INDEX CONCURRENTLY {quoted} ON doubled (a);\n"
        )
        allowed = f"drop-invalid-index:public.{name}"
        lines = commands(run("status").body["migrations"][0]["next"])
        lines += commands(run("resume", "--yes", code=4).error["next"])
        failed = run("resume", "--yes", "--allow", allowed, code=1).error["next"]
        for line in lines + commands(failed):
            (words,) = pasted.run(line)
            understood = parsed(words[1:])
            assert understood["verb"] == "resume" and understood["allow"] == (allowed,), line
        assert len(lines) == 2 and commands(failed)
        world.untouched(text)


# -- the rule, held in the source --------------------------------------------------------------------

_COMMAND = re.compile(
    r"\blanded (?=(?:status|verify|apply|resume|repair|undo|rehearse|drift|lock|shadow|exec|doctor)\b)"
)
_TOLD = {
    # Words about landed in which nothing from outside stands inside of a command.
    "report/markdown/rehearse.py": 2, "report/markdown/side_by_side.py": 1, "report/markdown/status.py": 1,
    "ops/apply_words.py": 1, "engines/postgres/doctor/database.py": 1, "engines/postgres/doctor/ledger.py": 1,
    "ops/one_off.py": 1, "engines/postgres/pull.py": 1, "report/text/status.py": 1, "cli/demo_tour.py": 1,
}  # fmt: skip


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_no_command_is_made_by_putting_a_name_into_a_text() -> None:
    found: dict[str, int] = {}
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and any(
                isinstance(v, ast.FormattedValue) for v in node.values
            ):
                text = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
                if _COMMAND.search(text):
                    found[name] = found.get(name, 0) + 1
    assert found == _TOLD


def test_commands_are_made_in_one_place() -> None:
    made = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Command"
        and not name.startswith("engines/postgres/")  # there it is what is sent to a server
    }
    assert made == {"core/command.py"}
