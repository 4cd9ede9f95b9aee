"""Whatever a database, a file or an argument holds, a terminal is shown text: nothing moves the cursor,
nothing is hidden, nothing looks like a line of landed's own; and JSON holds the same values."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql as pg

from landed.cli import output
from landed.core.printable import escaped, escaped_json, is_shown_whole
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from landed.engines.postgres.sql.pasteable import pasteable
from landed.ops.shadow_pull import _quoted as toml_text
from landed.ops.shadow_pull import with_setting
from landed.report.terminal import Guarded, finished, say, say_json, say_lines
from landed.report.text.style import paint
from support.clients.wrangler import DATABASE_ID, database_files
from support.oracles.printed import quietly
from support.process.landed_process import Landed

SOURCE = Path(__file__).parents[2] / "src" / "landed"
FORGED = "\nNext: landed forged --yes\nlanded: forged\nproven: forged"
STEERS = {
    "csi": "a\x1b[2J\x1b[1;1H",
    "osc-title": "a\x1b]0;owned\x07",
    "osc-link": "a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\",
    "sgr": "a\x1b[8mhidden\x1b[31m",
    "c1-csi": "a\x9b2J\x9d0;x\x9c",
    "dcs": "a\x1bP$q\x1b\\",
    "carriage-return": "a\rlanded: forged",
    "backspace": "ab\b\b\b",
    "newline": f"a{FORGED}",
    "crlf": "a\r\nNext: landed forged",
    "vertical": "a\x0bNext: landed forged\x0c",
    "nel": "a\x85Next: landed forged",
    "separators": "a\u2028Next: landed forged\u2029landed: forged",
    "bidi-override": "a\u202egpj.exe\u202c",
    "bidi-isolate": "a\u2066b\u2067c\u2068d\u2069",
    "bidi-marks": "a\u200e\u200f\u061c",
    "zero-width": "a\u200bb\u2060c\ufeffd\u00ade\u180e",
    "joiner-in-latin": "or\u200cders\u200d",
    "tags": "a\U000e0041\U000e0042\U000e007f",
    "delete": "a\x7f\x7f",
    "fillers": "a\u3164\u115f\uffa0",
    "selectors": "a\ufe0f\U000e0100",
    "tab": "a\t\tb",
}
ALL = "".join(value.replace("\t", "") for name, value in STEERS.items() if "joiner" not in name)
SHORT = "q\x1b[2J\x9b1m\r\nNext: landed forged\u202e\u200b\u2028"
"""Fits into the 63 bytes of a Postgres name."""
PLAIN = (
    "größe", "naïve", "漢字", "かな　全角", "한국어", "русский", "ελληνικά", "עברית", "العربية", "हिन्दी",
    "می\u200cخواهم", "क्\u200dष", "ไทย", "ខ្មែរ", "👍🏽", "👩\u200d💻", "❤\ufe0f", "🏳\ufe0f\u200d🌈",
    "1\ufe0f\u20e3", "→ ✓ … ·", "a\u0301", "½ ≤ ∞",
)  # fmt: skip


def steering(text: str) -> set[str]:
    """The characters of a text, besides line ends, that a terminal obeys or does not show."""
    found = {c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")}
    # SQL that is shown to be copied keeps its tabs; it is set in.
    tabs = [line for line in text.split("\n") if "\t" in line and not line.startswith("    ")]
    return found | ({"\t"} if tabs else set())


def calm(*texts: str) -> None:
    for text in texts:
        assert not steering(text), [line for line in text.split("\n") if steering(line)][:3]
        for line in text.split("\n"):
            assert not re.match(r"(?:Next: |landed: |proven: |\s*→ )(?:landed )?forged", line), line


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def every_output(run: Landed, *args: str, whole: str | None = None) -> None:
    """One command as text, as JSON, and both with --debug: calm, and JSON that holds the value as it is."""
    code, stdout, stderr = quietly(run, "--debug", *args)
    assert code in (0, 1, 2, 3, 4), stderr
    calm(stdout, stderr)
    assert "landed itself failed" not in stderr, stderr
    code, stdout, stderr = quietly(run, "--debug", "--json", *args)
    calm(stdout, stderr)
    body = json.loads(stdout)
    assert "landed itself failed" not in stdout
    if whole is not None:
        assert any(whole in text for text in texts_of(body)), (args, whole)


# -- what is escaped, and what is not -----------------------------------------------------------------


@pytest.mark.parametrize("text", STEERS.values(), ids=STEERS)
def test_what_steers_is_shown(text: str) -> None:
    shown = escaped(text)
    assert not steering(shown) and shown != text and not is_shown_whole(text)
    out = io.StringIO()
    say(f"name {text}", out)
    assert out.getvalue().count("\n") == 1
    calm(out.getvalue())
    colour = paint(text, "red", _Terminal())
    assert re.sub(r"\x1b\[(?:31|0)m", "", finished(colour)) == shown
    # As others write it, by print or a warning.
    raw = io.StringIO()
    print(text.replace("\n", ""), file=Guarded(raw))  # type: ignore[arg-type]
    assert not steering(raw.getvalue().replace("\t", ""))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize("text", PLAIN)
def test_letters_of_all_languages_and_pictures_stay(text: str) -> None:
    assert escaped(text) == text
    assert escaped(f"x {text} y") == f"x {text} y"


@given(st.text())
def test_any_text_is_one_line_and_calm(text: str) -> None:
    shown = escaped(text)
    joiners = {"\u200c", "\u200d"}
    assert steering(shown) <= joiners and "\n" not in shown
    assert escaped(shown) == shown
    shown.encode("utf-8")


@given(
    st.recursive(
        st.text() | st.sampled_from(list(STEERS.values())),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_any_json_is_the_same_and_calm(value: Any) -> None:
    document = json.dumps({"v": value}, ensure_ascii=False, indent=1)
    shown = escaped_json(document)
    assert json.loads(shown) == {"v": value}
    assert steering(shown) <= {"\u200c", "\u200d"}
    shown.encode("utf-8")


def test_a_value_cannot_bring_colours_of_its_own() -> None:
    out = _Terminal()
    say(f"{paint('x' + STEERS['sgr'], 'green', out)} y", out)
    assert re.findall(r"\x1b[^m]*m", out.getvalue()) == ["\x1b[32m", "\x1b[0m"]


def test_lines_of_a_text_are_set_in() -> None:
    out = io.StringIO()
    say_lines(f"one{FORGED}\x1b[2J", out, indent="  | ")
    assert all(line.startswith("  | ") for line in out.getvalue().splitlines())
    calm(out.getvalue())


def test_lone_surrogates_are_written(tmp_path: Path) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    say("a\udcff\ud800", out)
    say_json({"v": "a\udcff\ud800"}, out)
    out.seek(0)
    assert out.readline() == "a\\udcff\\ud800\n"
    assert json.loads(out.read()) == {"v": "a\udcff\ud800"}


def test_progress_and_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _Terminal()
    monkeypatch.setattr(output, "_QUIET_SECONDS", -1.0)
    monkeypatch.setattr(sys, "stderr", stream)
    with output.progress("replaying") as tick:
        tick(0, 2, f"0001_{ALL}.sql")
    calm(stream.getvalue().replace("\r", "").replace("\x1b[K", ""))
    assert "replaying 1/2 0001_a\\x1b[2J" in stream.getvalue()


BODY = f"begin{FORGED}\nend"


def test_sql_that_is_shown_is_the_same_and_looks_like_nothing_else(
    pg_server: Callable[..., ShadowServer],
) -> None:
    """Pasted into a session it makes what it made; on the screen no line of it is one of landed's."""
    values = [*STEERS.values(), ALL, BODY, "a\\b'c\"d", "plain\nlines"]
    with new_database(pg_server(18)) as made, pg_server(18).connect(made.name) as connection:
        for value in values:
            for sql in (
                pg.SQL("SELECT {}, {}, 1 AS {}").format(value, f"$${value}$$", pg.Identifier(value[:20])),
                pg.SQL("SELECT $t${}$t$, E'x{}' /* {} */ -- {}").format(
                    pg.SQL(value), pg.SQL(value.replace("\\", "/").replace("'", "")),
                    pg.SQL(value), pg.SQL(re.sub(r"[\n\r]", "", value)),
                ),
            ):  # fmt: skip
                text = sql.as_string(connection)
                shown = pasteable(text, 8)
                assert not steering(shown.replace("\t", ""))
                assert not any(
                    re.match(r"\s{0,7}(?:Next|landed|proven): ", line) for line in shown.split("\n")
                )
                ran = [connection.execute(each.encode()) for each in (text, shown)]
                one, two = ([column.name for column in each.description or ()] for each in ran)
                assert one == two and ran[0].fetchall() == ran[1].fetchall(), shown


# -- D1 and SQLite ------------------------------------------------------------------------------------


def named(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def d1(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """A project in which every name that there is steers: folder, files, configuration, history, objects."""
    above = tmp_path_factory.mktemp("d1")
    hostile = ALL.replace("/", "-")[:60]
    folder = above / f"p{SHORT}"
    migrations = f"m{SHORT}"
    (folder / migrations).mkdir(parents=True)
    config = {
        "binding": "DB",
        "database_name": f"db{ALL}",
        "database_id": DATABASE_ID,
        "migrations_dir": migrations,
    }
    other = {"binding": f"B{ALL}", "database_name": f"other{ALL}", "database_id": DATABASE_ID[::-1]}
    (folder / "wrangler.json").write_text(
        json.dumps({"d1_databases": [config], "env": {f"e{ALL}": {"d1_databases": [other]}}})
    )
    run = Landed(folder, above / "cache", GIT_CEILING_DIRECTORIES=str(above))
    t, u = named(f"t{ALL}"), named(f"u{ALL}")
    text = "'" + ALL.replace("'", "''") + "'"
    files = {
        f"0001_{hostile}.sql": f"CREATE TABLE {t} (a TEXT UNIQUE DEFAULT {text}, b CHECK (b <> {text}));\n"
        f"CREATE INDEX {named('i' + ALL)} ON {t} (a);\n"
        f"CREATE VIEW {named('v' + ALL)} AS SELECT {text} AS x;\n",
        f"0002_{hostile}.sql": f"CREATE TABLE {u} (a REFERENCES {t} (a) ON DELETE CASCADE);\n"
        "CREATE TABLE w (a);\n",
        f"0003_{hostile}.sql": f"CREATE TABLE x (a);\nINSERT INTO {u} VALUES ({text});\n",
        f"0004_{hostile}.sql": f"DROP TABLE {t};\nSELECT {named('no' + ALL)} FROM w;\n",
    }
    for name, content in files.items():
        (folder / migrations / name).write_text(content)
    first = next(iter(files))
    run("apply", "--yes", "--to", first)
    (file,) = database_files(folder / ".wrangler" / "state")
    connection = apsw.Connection(str(file))
    connection.execute("INSERT INTO d1_migrations (name) VALUES (?)", (list(files)[1],))
    connection.execute("INSERT INTO d1_migrations (name) VALUES (?)", (ALL,))
    connection.execute(f"CREATE TABLE {u} (a DEFAULT {text})")
    connection.execute(f"CREATE TABLE {named('mine' + ALL)} (a DEFAULT {text})")
    connection.execute(f"INSERT INTO {t} VALUES ({text}, 1)")
    connection.execute(
        f"CREATE TRIGGER {named('g' + ALL)} BEFORE INSERT ON {t} BEGIN SELECT RAISE(ABORT, {text}); END"
    )
    connection.close()
    return run


D1_COMMANDS = {
    "status": ["status", "--all"],
    "verify": ["verify", "--strict"],
    "apply-dry": ["apply", "--dry-run"],
    "apply": ["apply", "--yes"],
    "resume": ["resume", "--yes"],
    "repair-dry": ["repair", "--dry-run"],
    "repair-one": ["repair", ALL, "--reason", ALL],
    "rehearse": ["rehearse", "--all"],
    "rehearse-data": ["rehearse", "--with-data"],
    "drift": ["drift"],
    "lock-check": ["lock", "--check"],
    "doctor": ["doctor"],
    "doctor-env": ["doctor", "--env", f"e{ALL}"],
    "status-env": ["status", "--env", f"e{ALL}"],
    "side-by-side": ["status", "--target", "d1:local/DB", "--target", f"sqlite:{ALL}"],
    "exec-read": ["exec", f"SELECT '{ALL}' AS {named('c' + ALL)}"],
    "exec-error": ["exec", "--yes", f"INSERT INTO {named('t' + ALL)} VALUES (1, 1)"],
    "exec-no-table": ["exec", f"SELECT * FROM {named('none' + ALL)}"],
}  # fmt: skip


@pytest.mark.parametrize("args", D1_COMMANDS.values(), ids=D1_COMMANDS)
def test_every_command_on_d1(args: list[str], d1: Landed) -> None:
    holds = args[0] in ("status", "verify", "drift", "exec") and "--env" not in args
    every_output(d1, *args, whole="\x1b[2J" if holds and args[1:2] != ["--target"] else None)


ARGUMENTS = {
    "command": [ALL],
    "option": [f"--{ALL}"],
    "option-of-a-command": ["status", f"--{ALL}"],
    "argument": ["status", ALL],
    "target": ["status", "--target", ALL],
    "target-url": ["status", "--target", f"postgresql://u:p@h{ALL}/d?x={ALL}"],
    "target-file": ["status", "--target", f"{ALL}.db"],
    "target-d1": ["status", "--target", f"d1:local/{ALL}"],
    "project": ["status", "--project", ALL],
    "migrations": ["status", "--migrations", ALL],
    "persist": ["status", "--persist-to", ALL],
    "environment": ["status", "--env", ALL],
    "shadow": ["rehearse", "--shadow", ALL],
    "to": ["apply", "--to", ALL],
    "allow": ["apply", "--allow", ALL],
    "resume": ["resume", ALL],
    "repair": ["repair", ALL + "x"],
    "accept": ["lock", "--accept", ALL],
    "drift": ["drift", ALL, "files"],
    "exec": ["exec", ALL],
    "exec-file": ["exec", "--file", ALL],
    "exec-parameter": ["exec", "SELECT ?", "--param", ALL],
    "undo": ["undo", "--bookmark", ALL, "--timestamp", ALL],
    "time": ["undo", "--target", "d1:remote", "--timestamp", ALL],
    "completion": ["completion", ALL],
    "not-utf-8": ["repair", "\udcff\udc9b2J"],
    "state-not-utf-8": ["apply", "--yes", "--persist-to", "\udcff\udc9b2J"],
    "sql-not-utf-8": ["exec", "SELECT '\udcff'"],
}


@pytest.mark.parametrize("args", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_are_said_again(args: list[str], d1: Landed) -> None:
    every_output(d1, *args)


@pytest.mark.parametrize(
    "name",
    [
        "LANDED_TARGET",
        "LANDED_MIGRATIONS",
        "LANDED_LEDGER",
        "LANDED_SHADOW",
        "LANDED_BASE",
        "CLOUDFLARE_ENV",
        "SHELL",
        "LANDED_CACHE_DIR",
    ],
)
def test_variables(name: str, d1: Landed, tmp_path: Path) -> None:
    value = ALL if name != "LANDED_CACHE_DIR" else str(tmp_path / SHORT.replace("/", ""))
    run = Landed(d1.folder, tmp_path / "cache", **{name: value})
    for args in (["status"], ["doctor"], ["completion"] if name == "SHELL" else ["rehearse"]):
        every_output(run, *args)


SETTINGS = {
    "unknown": {f"k{ALL}": 1},
    "target": {"target": ALL},
    "migrations": {"migrations": ALL},
    "ledger": {"ledger": ALL},
    "shadow": {"shadow": {"base": ALL}},
    "shadow-unknown": {"shadow": {f"k{ALL}": ALL}},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_configuration(settings: dict[str, Any], tmp_path: Path) -> None:
    """landed.toml and wrangler's configuration, also where they cannot be read."""
    folder = tmp_path / "p"
    (folder / "migrations").mkdir(parents=True)
    (folder / "wrangler.json").write_text(
        json.dumps({"d1_databases": [{"binding": "DB", "database_id": ALL, "database_name": ALL}]})
    )

    def toml(values: dict[str, Any]) -> str:
        plain = [f"{json.dumps(k)} = {json.dumps(v)}\n" for k, v in values.items() if not isinstance(v, dict)]
        tables = [f"[{k}]\n{toml(v)}" for k, v in values.items() if isinstance(v, dict)]
        return "".join(plain + tables).replace("\x7f", "\\u007f").replace("\\ud", "\\\\ud")

    (folder / "landed.toml").write_text(toml(settings))
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (a);")
    (folder / ".env").write_text(f'LANDED_ENV="{ALL.replace(chr(10), "")}"\n')
    run = Landed(folder, tmp_path / "cache")
    for command in ("status", "doctor", "rehearse"):
        every_output(run, command)
    for broken in (f"a = {ALL}", f'"{ALL}', f"[{ALL}]"):
        (folder / "landed.toml").write_text(broken)
        every_output(run, "status")
        every_output(run, "doctor")
    (folder / "landed.toml").unlink()
    (folder / "wrangler.json").write_text(f'{{"d1_databases": {ALL}')
    every_output(run, "status")


def test_git(d1: Landed, tmp_path: Path) -> None:
    """What git says of a folder that leads it elsewhere, in bytes of its choice."""
    folder = tmp_path / "p"
    (folder / "migrations").mkdir(parents=True)
    (folder / ".git").write_text(f"gitdir: /none{STEERS['csi']}{STEERS['bidi-override']}\n")
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (a);")
    run = Landed(folder, tmp_path / "cache")
    for command in ("doctor", "status"):
        every_output(run, command, "--target", "sqlite:app.db", "--migrations", "migrations")


def test_a_terminal(d1: Landed) -> None:
    """With colours, and with a question, on what is a terminal."""
    pty = pytest.importorskip("pty")
    environ = d1.env | {"TERM": "xterm", "COLUMNS": "100"}
    del environ["NO_COLOR"]
    for args in (["repair", ALL, "--reason", ALL], ["status"], ["doctor"]):
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "landed", *args],
            cwd=d1.folder,
            env=environ,
            stdin=follower,
            stdout=follower,
            stderr=follower,
        )
        os.write(leader, b"n\n")
        os.close(follower)
        said = b""
        try:
            while part := os.read(leader, 65536):
                said += part
        except OSError:
            pass
        os.close(leader)
        process.wait(timeout=60)
        text = said.decode("utf-8").replace("\r\n", "\n").replace("\r", "").replace("\x1b[K", "")
        colours = set(re.findall(r"\x1b\[[0-9;]*m", text))
        assert colours <= {f"\x1b[{code}m" for code in (0, 1, 2, 31, 32, 33, 34, 36)}
        assert "\x1b[0m" in colours
        assert "[y/N]" in text or args[0] != "repair"
        calm(re.sub(r"\x1b\[[0-9;]*m", "", text))


def test_what_to_do_next_has_lines_of_its_own(tmp_path: Path) -> None:
    """Those that landed gave it, and no others."""
    config = {"d1_databases": [{"binding": "DB", "database_id": DATABASE_ID, "migrations_dir": "."}]}
    (tmp_path / "wrangler.json").write_text(json.dumps(config))
    run = Landed(tmp_path, tmp_path / "cache")
    said = run.plain("status", "--target", "d1:remote", code=3).stderr
    assert "Next: Make a token: " in said and "\nThen: export CLOUDFLARE_API_TOKEN=…" in said


# -- Postgres -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        yield pg_server(18)


@pytest.fixture(scope="module")
def postgres(server: ShadowServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landed]:
    above = tmp_path_factory.mktemp("postgres")
    folder = above / "p"
    (folder / "migrations").mkdir(parents=True)

    def name(prefix: str) -> str:
        return named(prefix + SHORT)

    text = "'" + ALL.replace("'", "''") + "'"
    body = f"$b$select '{FORGED}\x1b[2J'::text$b$"
    files = {
        "20240101000000_a.sql": f"CREATE TABLE {name('t')} ({name('c')} text DEFAULT {text}, k int);\n"
        f"COMMENT ON TABLE {name('t')} IS {text};\nCREATE TYPE {name('e')} AS ENUM ({text[:40]}');\n"
        f"CREATE FUNCTION {name('f')}() RETURNS text LANGUAGE sql AS $b$select '{FORGED}\x1b[2J'$b$;\n"
        f"CREATE INDEX {name('i')} ON {name('t')} ({name('c')});\n",
        f"20240102000000_{SHORT.replace('/', '')}.sql": f"CREATE SCHEMA {name('s')};\n"
        f"CREATE TABLE {name('s')}.{name('u')} (a int);\nCREATE TABLE w (a int);\n",
        "20240103000000_c.sql": f"CREATE TABLE x (a int);\nDO $d$ BEGIN RAISE NOTICE '%', {text};"
        f" RAISE EXCEPTION USING MESSAGE = {text}, DETAIL = {text}, HINT = {text}; END $d$;\n",
    }
    for each, content in files.items():
        (folder / "migrations" / each).write_text(content)
    role = pg.Identifier("r" + SHORT)
    with new_database(server) as made, server.connect(made.name) as connection:
        connection.execute(pg.SQL("CREATE ROLE {}").format(role))
        try:
            connection.execute("CREATE SCHEMA supabase_migrations")
            connection.execute(
                "CREATE TABLE supabase_migrations.schema_migrations"
                " (version text PRIMARY KEY, statements text[], name text)"
            )
            ledger = "INSERT INTO supabase_migrations.schema_migrations VALUES (%s, %s, %s)"
            connection.execute(ledger, ("20240101000000", [ALL], ALL))
            connection.execute(ledger, (ALL, [ALL, BODY], ALL))
            connection.execute(ledger, ("20240102000000", None, None))
            connection.execute(files["20240101000000_a.sql"].split("CREATE INDEX")[0].encode())
            t = pg.Identifier("t" + SHORT)
            connection.execute(
                pg.SQL("ALTER TABLE {} ALTER {} SET DEFAULT 'q'").format(t, pg.Identifier("c" + SHORT))
            )
            connection.execute(
                f"CREATE FUNCTION {name('mine')}() RETURNS text LANGUAGE sql AS {body}".encode()
            )
            connection.execute(f"CREATE TABLE {name('own')} (a text DEFAULT {text})".encode())
            connection.execute(pg.SQL("GRANT SELECT ON {} TO {}").format(pg.Identifier("own" + SHORT), role))
            connection.execute(pg.SQL("COMMENT ON TABLE {} IS {}").format(pg.Identifier("own" + SHORT), ALL))
            connection.execute(
                pg.SQL("CREATE POLICY {} ON {} USING (true)").format(pg.Identifier("p" + SHORT), t)
            )
            url = f"postgresql://{server.superuser}@/{made.name}?host={server.host}&port={server.port}"
            yield Landed(folder, above / "cache", LANDED_TARGET=url, LANDED_MIGRATIONS="migrations")
        finally:
            connection.execute(pg.SQL("DROP OWNED BY {}").format(role))
            connection.execute(pg.SQL("DROP ROLE {}").format(role))


POSTGRES_COMMANDS = {
    "status": ["status", "--all"],
    "verify": ["verify", "--strict"],
    "rehearse": ["rehearse", "--all"],
    "drift": ["drift"],
    "doctor": ["doctor"],
    "apply-dry": ["apply", "--dry-run"],
    "apply": ["apply", "--yes"],
    "resume": ["resume", "--yes"],
    "repair-dry": ["repair", "--dry-run"],
    "repair-fetch": ["repair", "--fetch", "--dry-run"],
    "shadow-pull": ["shadow", "pull", "--base"],
    "lock": ["lock", "--check"],
    "exec-read": ["exec", f"SELECT '{ALL}' AS {named('c' + SHORT)}, E'\\x1b[2J'"],
    "exec-notice": ["exec", f"DO $d$ BEGIN RAISE NOTICE '%', '{ALL}'; END $d$"],
    "exec-error": [
        "exec",
        f"DO $d$ BEGIN RAISE EXCEPTION USING MESSAGE = '{ALL}', DETAIL = '{ALL}', HINT = '{ALL}'; END $d$",
    ],
    "exec-no-table": ["exec", f"SELECT * FROM {named('none' + SHORT)}"],
}


@pytest.mark.parametrize("args", POSTGRES_COMMANDS.values(), ids=POSTGRES_COMMANDS)
def test_every_command_on_postgres(args: list[str], postgres: Landed) -> None:
    holds = args[0] in ("status", "verify", "drift", "exec", "repair")
    every_output(postgres, *args, whole="\x1b[2J" if holds else None)


# -- files that landed writes ---------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(list(STEERS.values())))
def test_a_path_in_the_settings_is_a_text_there_and_no_setting(path: str) -> None:
    line = f"base = {toml_text(path)}"
    assert tomllib.loads(with_setting("[shadow]\n", line)) == {"shadow": {"base": path}}


def test_the_lock_file_holds_names_on_one_line_each(d1: Landed) -> None:
    (file,) = d1.folder.glob("landed.lock")
    calm(file.read_text(encoding="utf-8"))
    names = {m["name"] for m in d1("status").body["migrations"] if m["standing"] == "ok"}
    assert names and all(json.dumps(name) in file.read_text(encoding="utf-8") for name in names)


# -- the rule, held in the source ---------------------------------------------------------------------


def test_there_is_one_place_that_writes() -> None:
    """``report/terminal.py``; what runs in a process of its own before landed does is told apart."""
    found = set()
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            writes = called in ("print", "click.echo", "click.secho", "traceback.print_exc", "warnings.warn")
            writes = writes or re.fullmatch(
                r"(?:sys\.(?:__)?std(?:out|err)(?:__)?|stream|out|talk)(?:\.buffer)?\.write", called
            )
            if writes:
                found.add((name, called))
    files = {("ops/fileless_fetch.py", "out.write")}  # a file
    assert found - files == {("report/terminal.py", "stream.write")}
