"""No secret that was given is ever printed: every form, by every way, in every command, also for machines."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.process.landed_process import Landed
from support.servers.d1_wire import ACCOUNT, UUID, Asked, Fault, Wire
from support.servers.thief import Thief

HEAD, TAIL = "Zq7kopf", "ende9xV"
"""How a secret begins and ends: neither is in any output, whatever is misread in between."""

FORMS = {
    "url": "postgresql://me:{secret}@127.0.0.1:1/db",
    "short scheme": "postgres://me:{secret}@127.0.0.1:1/db",
    "double quoted": '"postgresql://me:{secret}@127.0.0.1:1/db"',
    "single quoted": "'postgresql://me:{secret}@127.0.0.1:1/db'",
    "angles": "<postgresql://me:{secret}@127.0.0.1:1/db>",
    "spaces around": "  postgresql://me:{secret}@127.0.0.1:1/db  ",
    "misspelt": "postgressql://me:{secret}@127.0.0.1:1/db",
    "upper case": "POSTGRESQL://me:{secret}@127.0.0.1:1/db",
    "one slash": "postgresql:/me:{secret}@127.0.0.1:1/db",
    "three slashes": "postgresql:///me:{secret}@127.0.0.1:1/db",
    "no colon": "postgresql//me:{secret}@127.0.0.1:1/db",
    "no scheme": "://me:{secret}@127.0.0.1:1/db",
    "other scheme": "mysql://me:{secret}@127.0.0.1:1/db",
    "unknown scheme": "x-y+z://me:{secret}@127.0.0.1:1/db",
    "jdbc": "jdbc:postgresql://me:{secret}@127.0.0.1:1/db",
    "sqlite before it": "sqlite:postgresql://me:{secret}@127.0.0.1:1/db",
    "d1 before it": "d1:remote/postgresql://me:{secret}@127.0.0.1:1/db",
    "supabase before it": "supabase://me:{secret}@127.0.0.1:1/db",
    "encoded whole": "postgresql%3A%2F%2Fme%3A{secret}%40127.0.0.1%3A1%2Fdb",
    "no user": "postgresql://:{secret}@127.0.0.1:1/db",
    "odd user": "postgresql://m%40e/x:{secret}@127.0.0.1:1/db",
    "wrong port": "postgresql://me:{secret}@127.0.0.1:99999/db",
    "no port": "postgresql://me:{secret}@127.0.0.1:port/db",
    "no host": "postgresql://me:{secret}@",
    "broken host": "postgresql://me:{secret}@[::1/db",
    "two hosts": "postgresql://me:{secret}@127.0.0.1:1,127.0.0.1:2/db",
    "unknown parameter": "postgresql://me:{secret}@127.0.0.1:1/db?sslmod=verify-full",
    "wrong value": "postgresql://me:{secret}@127.0.0.1:1/db?sslmode=verify_full",
    "parameter": "postgresql://me@127.0.0.1:1/db?password={secret}",
    "parameter with an @": "postgresql://me:{secret}@127.0.0.1:1/db?options=a@b",
    "misspelt parameter": "postgresql://me@127.0.0.1:1/db?pasword={secret}",
    "encoded parameter": "postgresql://me@127.0.0.1:1/db?pass%77ord={secret}",
    "sslpassword": "postgresql://me@127.0.0.1:1/db?sslpassword={secret}&sslmode=require",
    "given twice": "postgresql://me@127.0.0.1:1/db?password={secret}&password={secret}",
    "token": "https://{secret}@127.0.0.1:1/db",
    "conninfo": "host=127.0.0.1 port=1 user=me password={secret}",
    "conninfo quoted": "host=127.0.0.1 port=1 password='{secret}'",
    "conninfo spaced": "host = 127.0.0.1 password = {secret}",
    "a tab in it": "postgresql://me:{secret}@127.0.0.1:1/d\tb",
    "a line break in it": "postgresql://me:{secret}@127.0.0.1:1/d\nb",
}
ARGUMENTS = {
    "--target": ("--target", "{form}", "status"),
    "--target=": ("status", "--target={form}"),
    "-t": ("-t{form}", "doctor"),
    "two targets": ("--target", "{form}", "--target", "sqlite:x.db", "status"),
    "--shadow": ("--target", "postgresql://127.0.0.1:1/x", "--shadow", "{form}", "rehearse"),
    "--project": ("--project", "{form}", "status"),
    "--migrations": ("--target", "sqlite:x.db", "--migrations", "{form}", "status"),
    "--persist-to": ("--target", "sqlite:x.db", "--persist-to", "{form}", "doctor"),
    "--env": ("--env", "{form}", "doctor"),
    "command": ("{form}",),
    "positional": ("--target", "sqlite:x.db", "resume", "{form}", "--yes"),
    "drift": ("drift", "{form}", "files"),
    "exec": ("--target", "sqlite:x.db", "exec", "{form}"),
    "unknown option": ("status", "--targt={form}"),
    "flag with a value": ("status", "--json={form}"),
    "repair": ("--target", "sqlite:x.db", "repair", "--yes", "{form}"),
    "--allow": ("--target", "sqlite:x.db", "apply", "--yes", "--allow", "{form}"),
    "completion": ("completion", "{form}"),
    "undo": ("--target", "{form}", "undo"),
    "lock": ("--target", "{form}", "lock"),
}
VARIABLES = [
    "LANDED_TARGET", "LANDED_SHADOW", "LANDED_POOLER", "LANDED_MIGRATIONS", "LANDED_LEDGER", "LANDED_ENV",
    "PGHOST", "PGPASSWORD", "SUPABASE_URL", "SUPABASE_PROJECT_ID", "CLOUDFLARE_API_BASE_URL",
    "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_API_TOKEN", "LANDED_TIMEOUT", "LANDED_STATEMENT_SECONDS",
]  # fmt: skip
FILES = {
    ".env": "LANDED_TARGET={bare}\nDATABASE_URL={bare}\n",
    ".env.local": "LANDED_TARGET={text}\n",
    "landed.toml target": "target = {text}\n",
    "landed.toml pooler": 'target = "supabase:linked"\npooler = {text}\n',
    "landed.toml shadow": "[shadow]\nserver = {text}\n",
    "landed.toml key": "{text} = 1\n",
    "landed.toml type": "target = [{text}]\n",
    "landed.toml broken": "target = {text}, \n",
    "landed.toml ledger": 'target = "sqlite:x.db"\nledger = {text}\n',
    "landed.toml limits": "[limits]\nmemory_mb = {text}\n",
    "pyproject.toml": "[tool.landed]\ntarget = {text}\n",
    "wrangler.toml": '[[d1_databases]]\nbinding = "DB"\ndatabase_id = {text}\nmigrations_dir = {text}\n',
    "wrangler.toml key": "[[d1_databases]]\n{text} = 1\n",
    "wrangler.json": (
        '{{"d1_databases": [{{"binding": {text}, "database_name": {text}}}], "account_id": {text}}}'
    ),
    "wrangler.json broken": '{{"d1_databases": {text} {text}}}',
    "supabase/config.toml": "project_id = {text}\n[db]\nport = {text}\n",
    "supabase/.temp/pooler-url": "{bare}",
    "supabase/.temp/project-ref": "{bare}",
}
COMMANDS = [
    ("status",),
    ("doctor",),
    ("verify",),
    ("apply", "--yes"),
    ("rehearse",),
    ("exec", "SELECT 1"),
    ("drift", "files", "target"),
]
OUTPUTS = [(), ("--json",), ("--debug",), ("--json", "--debug")]

middles = st.one_of(
    st.just("-"),
    st.text(st.sampled_from("@:/?#[]%&=+ '\"\\,;$`<>{}|~^!()"), min_size=1, max_size=6),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8
    ),
)  # fmt: skip


def secrets(between: str) -> str:
    return f"{HEAD}{between}{TAIL}"


def run(folder: Path, *words: str, **environ: str) -> str:
    """What a run shows, on both streams."""
    if any("\0" in word for word in (*words, *environ.values())):
        return ""
    landed = Landed(folder, folder.parent / "cache", **environ)
    done = landed._forked(words) or landed._started(words)
    return f"{done[1]}\n{done[2]}"


def nothing_of(secret: str, shown: str, *about: object) -> None:
    for part in {secret, quote(secret), quote(secret, safe=""), HEAD, TAIL, json.dumps(secret)[1:-1]}:
        assert part.lower() not in shown.lower(), (part, about, shown)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets") / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (id int);\n")
    (folder / "landed.toml").write_text('migrations = "migrations"\n')
    return folder


def covered(ways: list[str]) -> list[object]:
    """Each way in a third of the forms, each form by a third of the ways."""
    return [
        pytest.param(way, form, id=f"{way}-{form}")
        for at, way in enumerate(ways)
        for number, form in enumerate(FORMS)
        if (at + number) % 3 == 0
    ]


def middle(number: int, form: str) -> str:
    """Something with a meaning in URLs, shells and SQL; a colon would make a token of it a user."""
    found = ("-", "@/#", "p%40:", " o'", '"$(x)')[number % 5]
    return found.replace(":", "") if form == "token" else found


@pytest.mark.parametrize(("way", "form"), covered(list(ARGUMENTS)))
def test_arguments(project: Path, way: str, form: str) -> None:
    number = list(FORMS).index(form) + list(ARGUMENTS).index(way)
    secret = secrets(middle(number // 3, form))
    words = [word.format(form=FORMS[form].format(secret=secret)) for word in ARGUMENTS[way]]
    nothing_of(secret, run(project, *words, *OUTPUTS[number % 4]), words)


@pytest.mark.parametrize("form", FORMS)
def test_variables(project: Path, form: str) -> None:
    """Every variable holds it at once, and each by itself in one of the forms."""
    number = list(FORMS).index(form)
    secret = secrets(middle(number // 3, form))
    text = FORMS[form].format(secret=secret)
    name = VARIABLES[number % len(VARIABLES)]
    words = (*COMMANDS[number % len(COMMANDS)], *OUTPUTS[number % 4])
    nothing_of(secret, run(project, *words, **{name: text, "PGPORT": "1"}), name, words)
    nothing_of(secret, run(project, "doctor", **dict.fromkeys(VARIABLES, text)), words)


def fill(folder: Path, name: str, text: str) -> None:
    (folder / "migrations").mkdir(parents=True, exist_ok=True)
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (id int);\n")
    file = folder / name.split()[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    if name.startswith("supabase"):
        (folder / "supabase" / "migrations").mkdir(parents=True, exist_ok=True)
    quoted = json.dumps(text, ensure_ascii=False)
    file.write_text(FILES[name].format(text=quoted, bare=text), encoding="utf-8", errors="surrogatepass")


@pytest.mark.parametrize(("name", "form"), covered(list(FILES)))
def test_files(tmp_path: Path, name: str, form: str) -> None:
    number = list(FORMS).index(form) + list(FILES).index(name)
    secret = secrets(middle(number // 3, form))
    fill(tmp_path / "project", name, FORMS[form].format(secret=secret))
    target = ("--target", "supabase:linked") if name.startswith("supabase") and number % 2 else ()
    for command in (COMMANDS[number % len(COMMANDS)], ("doctor",)):
        words = (*target, *command, *OUTPUTS[number % 4])
        nothing_of(secret, run(tmp_path / "project", *words), name, words)


@settings(max_examples=120, deadline=None)
@given(
    between=middles,
    form=st.sampled_from(sorted(FORMS)),
    way=st.sampled_from(sorted(ARGUMENTS)),
    encoded=st.booleans(),
    more=st.sampled_from(OUTPUTS),
)
def test_any_secret(
    project: Path, between: str, form: str, way: str, encoded: bool, more: tuple[str, ...]
) -> None:
    secret = secrets(between.replace(":", "") if form == "token" else between)
    text = FORMS[form].format(secret=quote(secret, safe="") if encoded else secret)
    words = [word.format(form=text) for word in ARGUMENTS[way]]
    nothing_of(secret, run(project, *words, *more), words)


# -- said again by somebody else ----------------------------------------------------------------------


@pytest.mark.parametrize("more", OUTPUTS, ids="".join)
@pytest.mark.parametrize("way", ["url", "PGPASSWORD", "pgpass", "service", "SUPABASE_DB_PASSWORD"])
def test_a_server_that_says_the_password_again(
    project: Path, tmp_path: Path, way: str, more: tuple[str, ...]
) -> None:
    secret = secrets("-o'-")
    environ = {"HOME": str(tmp_path)}
    with Thief() as thief:
        target = f"postgresql://me@127.0.0.1:{thief.port}/db"
        if way == "url":
            target = target.replace("me@", f"me:{quote(secret, safe='')}@")
        elif way == "pgpass":
            (tmp_path / ".pgpass").write_text(f"# mine\n127.0.0.1:*:*:me:{secret}\n")
            (tmp_path / ".pgpass").chmod(0o600)
        elif way == "service":
            (tmp_path / "services").write_text(f"[mine]\npassword={secret}\n")
            environ |= {"PGSERVICEFILE": str(tmp_path / "services"), "PGSERVICE": "mine"}
        else:
            environ[way] = secret
        if way == "SUPABASE_DB_PASSWORD":
            environ["LANDED_POOLER"], target = target, "supabase:linked"
        for command in COMMANDS:
            shown = run(project, "--target", target, *command, *more, **environ)
            nothing_of(secret, shown, command)
        assert any(secret.encode() in heard for heard in thief.passwords), "nothing was said again"


def _echo(status: int) -> Fault:
    def fault(wire: Wire, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        told = asked.headers.get("authorization", "")
        body = {
            "success": False,
            "errors": [{"code": 7000, "message": f"no: {told} {told[7:]}"}],
            "result": told,
        }
        return status, {"content-type": "application/json", "x-echo": told}, json.dumps(body).encode()

    return fault


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("more", OUTPUTS, ids="".join)
def test_an_api_that_says_the_token_again(tmp_path: Path, status: int, more: tuple[str, ...]) -> None:
    token = f"{HEAD}-{TAIL}"
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    entry = {"binding": "DB", "database_id": UUID, "migrations_dir": "migrations"}
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry], "account_id": ACCOUNT}))
    with Wire() as wire:
        wire.faults.update((number, _echo(status)) for number in range(1, 50))
        environ = {"CLOUDFLARE_API_TOKEN": token, "CLOUDFLARE_API_BASE_URL": wire.url, "LANDED_TIMEOUT": "2"}
        for command in (("status",), ("exec", "SELECT 1"), ("doctor",))[: 1 if status == 500 else 3]:
            shown = run(folder, "--target", "d1:remote", *command, *more, **environ)
            nothing_of(token, shown, command)
        assert wire.asked


@pytest.mark.parametrize("secret", ["a", "ab", "abc", "status", "postgres", "table", "t"])
def test_a_short_or_plain_password_does_not_blank_the_output(project: Path, secret: str) -> None:
    environ = {"PGPASSWORD": secret, "SUPABASE_DB_PASSWORD": secret}
    plain = run(project, "--target", "sqlite:x.db", "status")
    assert run(project, "--target", "sqlite:x.db", "status", **environ) == plain
    shown = run(project, "--target", f"postgresql://me:{secret}@127.0.0.1:1/db", "status", **environ)
    assert f":{secret}@" not in shown and "no Postgres is running at 127.0.0.1:1" in shown


@pytest.mark.parametrize("option", [("--json",), ()], ids=["json", "text"])
def test_data_is_shown_as_it_is_but_for_secrets_in_force(project: Path, option: tuple[str, ...]) -> None:
    apsw.Connection(str(project / "y.db")).execute("CREATE TABLE IF NOT EXISTS t (a)")
    sql = f"SELECT 'https://a:b@c.example' AS url, '{secrets('-')}' AS token"
    rows = run(project, "--target", "sqlite:y.db", "exec", sql, *option, PGPASSWORD=secrets("-"))
    assert "https://a:b@c.example" in rows
    nothing_of(secrets("-"), rows)


def test_no_secret_is_an_argument_of_another_process(tmp_path: Path) -> None:
    """What landed starts (git here) is told none."""
    folder, said, shim = tmp_path / "project", tmp_path / "said", tmp_path / "git"
    (folder / ".git").mkdir(parents=True)
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (id int);\n")
    shim.write_text(f'#!/bin/sh\necho "$@" >> {said}\nexit 1\n')
    shim.chmod(0o755)
    secret = secrets("-")
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PGPASSWORD": secret, "LANDED_MIGRATIONS": "migrations"}
    for target in (f"postgresql://me:{secret}@127.0.0.1:1/db", "sqlite:x.db"):
        for command in (("apply", "--yes"), ("status",), ("doctor",), ("lock",)):
            run(folder, "--target", target, *command, **environ)
    assert said.exists(), "git was not asked"
    nothing_of(secret, said.read_text())


def test_ways_are_many() -> None:
    assert len(FORMS) >= 30 and len(ARGUMENTS) + len(VARIABLES) + len(FILES) >= 50
