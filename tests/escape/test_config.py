"""A repository's configuration sends no credential and picks no server: each file, each credential."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from landed.core.errors import LandedError
from landed.engines.postgres.connect.connect import connect
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.project.discovery import discover
from landed.project.naming import resolve_target
from landed.project.outside import kept_back
from landed.project.pg_url import Dsn, parse_url
from support.process.landed_process import Answer, Landed
from support.servers.d1_wire import ACCOUNT, UUID, Wire
from support.servers.thief import Thief

SECRET = "Gen0mmen-Wird-N1chts"
OWN = "der-datei-eigenes-9"
REF = "abcdefghijklmnopqrst"

FILES = {
    "landed.toml": 'target = "{url}"\n',
    "pyproject.toml": '[tool.landed]\ntarget = "{url}"\n',
    ".env": "LANDED_TARGET={url}\n",
    ".env.local": "export LANDED_TARGET='{url}'\n",
}
CREDENTIALS = ["PGPASSWORD", "pgpass", "PGPASSFILE", "service", "SUPABASE_DB_PASSWORD"]


def project(folder: Path, **files: str) -> Path:
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "1_a.sql").write_text("CREATE TABLE t (id int);\n")
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def landed(folder: Path, home: Path, **environ: str) -> Landed:
    """landed in a repository, with a person's home; the files of libpq lie there."""
    home.mkdir(exist_ok=True)
    if (folder / "migrations").is_dir():
        environ["LANDED_MIGRATIONS"] = "migrations"
    return Landed(folder, home / "cache", PGCONNECT_TIMEOUT="5", **environ)


def credential(kind: str, home: Path) -> dict[str, str]:
    """Make a person's credential; returns the environment that goes with it."""
    home.mkdir(exist_ok=True)
    file = home / (".pgpass" if kind == "pgpass" else "passwords")
    if kind in ("PGPASSWORD", "SUPABASE_DB_PASSWORD"):
        return {kind: SECRET}
    if kind == "service":
        file = home / "services"
        file.write_text(f"[mine]\npassword={SECRET}\nuser=me\n")
        return {"PGSERVICEFILE": str(file), "PGSERVICE": "mine"}
    file.write_text(f"*:*:*:*:{SECRET}\n")
    file.chmod(0o600)
    return {"PGPASSFILE": str(file)} if kind == "PGPASSFILE" else {}


def nothing_left(thief: Thief, *answers: Answer) -> None:
    assert not thief.passwords, thief.passwords
    assert SECRET.encode() not in b"".join([*thief.started, *thief.heard])
    for answer in answers:
        assert SECRET not in answer.stdout + answer.stderr, answer


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("name", FILES)
def test_a_server_that_a_file_names_is_sent_nothing(tmp_path: Path, name: str, kind: str) -> None:
    with Thief() as thief:
        url = f"postgresql://me@127.0.0.1:{thief.port}/db"
        folder = project(tmp_path / "repo", **{name: FILES[name].format(url=url)})
        run = landed(folder, tmp_path / "home", **credential(kind, tmp_path / "home"))
        answers = [run("status", code=2), run.plain("doctor", code=None)]
        nothing_left(thief, *answers)
        assert thief.started, "it was not even reached"
        assert "a file of the project names this server" in answers[0].error["message"]


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("asked", ["option", "default"])
def test_a_variable_that_a_file_names_is_sent_its_own_url_only(tmp_path: Path, asked: str, kind: str) -> None:
    """A repository may say which variable is the target, but adds no credential to what that holds."""
    with Thief() as thief:
        named = 'url = {env = "OTHER_URL"}\n'
        text = f"[targets.staging]\n{named}" if asked == "option" else f'target = "x"\n[targets.x]\n{named}'
        folder = project(tmp_path / "repo", **{"landed.toml": text})
        environ = credential(kind, tmp_path / "home")
        environ["OTHER_URL"] = f"postgresql://me@127.0.0.1:{thief.port}/db"
        run = landed(folder, tmp_path / "home", **environ)
        words = ("--target", "staging") if asked == "option" else ()
        answers = [run(*words, "status", code=2), run.plain(*words, "doctor", code=None)]
        nothing_left(thief, *answers)
        assert thief.started, "it was not even reached"
        environ["OTHER_URL"] = f"postgresql://me:{OWN}@127.0.0.1:{thief.port}/db"
        answer = landed(folder, tmp_path / "home", **environ)(*words, "status", code=3)
        assert [OWN.encode() in heard for heard in thief.passwords] == [True]
        assert SECRET.encode() not in b"".join([*thief.started, *thief.heard])
        assert OWN not in answer.stdout + answer.stderr


@pytest.mark.parametrize("kind", [c for c in CREDENTIALS if c != "SUPABASE_DB_PASSWORD"])
@pytest.mark.parametrize("way", ["option", "environment", "postgres:"])
def test_what_a_person_names_is_sent_them(tmp_path: Path, way: str, kind: str) -> None:
    """The same credentials, the same server: the tests above would see them."""
    with Thief() as thief:
        environ = credential(kind, tmp_path / "home")
        url = f"postgresql://me@127.0.0.1:{thief.port}/db"
        words: tuple[str, ...] = ("status",)
        if way == "option":
            words = ("--target", url, "status")
        elif way == "environment":
            environ["LANDED_TARGET"] = url
        else:
            environ |= {
                "LANDED_TARGET": "postgres:",
                "PGHOST": "127.0.0.1",
                "PGPORT": str(thief.port),
                "PGUSER": "me",
            }
        answer = landed(project(tmp_path / "repo"), tmp_path / "home", **environ)(*words, code=3)
        assert SECRET.encode() in b"".join(thief.passwords)
        assert SECRET not in answer.stdout + answer.stderr


COMMANDS = [
    ("status",), ("verify",), ("apply", "--yes"), ("apply", "--dry-run"), ("resume", "--yes"),
    ("repair", "--yes"), ("lock",), ("exec", "SELECT 1"), ("exec", "--write", "--yes", "SELECT 1"),
    ("drift", "files", "target"),
    ("doctor",), ("shadow", "pull", "--base", "--yes"), ("undo",),
]  # fmt: skip


WAYS = ["cleartext", "md5", "gss", "sspi", "scram"]


# Every command in one way or another, and every way in one command or another.
MET = [
    pytest.param(command, asks, id=f"{' '.join(command)}-{asks}")
    for (number, command), (other, asks) in itertools.product(enumerate(COMMANDS), enumerate(WAYS))
    if (number + other) % 3 == 0
]


@pytest.mark.parametrize(("command", "asks"), MET)
def test_no_command_sends_any_of_them(tmp_path: Path, command: tuple[str, ...], asks: str) -> None:
    with Thief(asks) as thief:
        folder = project(
            tmp_path / "repo", **{".env": f"LANDED_TARGET=postgresql://me@127.0.0.1:{thief.port}/db\n"}
        )
        home = tmp_path / "home"
        environ = {k: v for kind in CREDENTIALS for k, v in credential(kind, home).items()}
        answer = landed(folder, home, **environ).plain(*command, code=None)
        assert answer.code != 0, answer
        nothing_left(thief, answer)


@pytest.mark.parametrize("name", FILES)
def test_a_file_s_own_password_is_all_that_its_server_gets(tmp_path: Path, name: str) -> None:
    with Thief() as thief:
        url = f"postgresql://me:{OWN}@127.0.0.1:{thief.port}/db"
        folder = project(tmp_path / "repo", **{name: FILES[name].format(url=url)})
        home = tmp_path / "home"
        environ = {k: v for kind in CREDENTIALS for k, v in credential(kind, home).items()}
        answer = landed(folder, home, **environ)("status", code=3)
        assert [OWN.encode() in heard for heard in thief.passwords] == [True]
        assert SECRET.encode() not in b"".join([*thief.started, *thief.heard])
        # The server says it again; nobody else does.
        assert OWN not in answer.stdout + answer.stderr and SECRET not in answer.stdout + answer.stderr


@pytest.mark.parametrize("environment", ["PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGUSER"])
def test_variables_of_libpq_in_a_dotenv_are_nobodys(tmp_path: Path, environment: str) -> None:
    with Thief() as thief:
        dotenv = f"PGHOST=127.0.0.1\nPGPORT={thief.port}\nLANDED_TARGET=postgres:\n{environment}=127.0.0.1\n"
        folder = project(tmp_path / "repo", **{".env": dotenv})
        empty = tmp_path / "sockets"
        empty.mkdir()
        answer = landed(folder, tmp_path / "home", PGPASSWORD=SECRET, PGHOST=str(empty))("status", code=3)
        nothing_left(thief, answer)
        assert not thief.started


REACHING = [
    "passfile={home}/.pgpass", "service=mine", "sslcert={home}/c.pem", "sslkey={home}/k.pem", "sslpassword=x",
    "hostaddr=127.0.0.1", "krbsrvname=x", "gsslib=gssapi", "gssencmode=prefer", "gssdelegation=1",
    "require_auth=gss", "sslcertmode=allow", "options=-crole%3Dpostgres", "require_auth=scram-sha-256,sspi",
]  # fmt: skip


@pytest.mark.parametrize("parameter", REACHING)
def test_a_files_url_reaches_for_nothing_outside_of_it(tmp_path: Path, parameter: str) -> None:
    with Thief() as thief:
        home = tmp_path / "home"
        environ = credential("pgpass", home) | credential("service", home)
        del environ["PGSERVICE"]
        url = f"postgresql://me@127.0.0.1:{thief.port}/db?{parameter.format(home=home)}"
        folder = project(tmp_path / "repo", **{"landed.toml": f'target = "{url}"\n'})
        answer = landed(folder, home, **environ)("status", code=2)
        assert "in a file of the project cannot set" in answer.error["message"]
        assert not thief.started


UNKNOWN = [
    "sslmod=verify-full", "sslmode=verify_full", "SSLMODE=verify-full", "sslmode=require&sslmode=disable",
    "ssl=no-verify", "sslaccept=strict", "sslmode=", "channel_binding=yes", "require_auth=scram",
    "ssl=true&sslmode=disable", "sslcertmod=disable", "host=evil.example.com", "replication=database",
    "sslcompression=1", "oauth_issuer=https://x", "scram_client_key=x", "sslkeylogfile=/tmp/x",
    "ssl_min_protocol_version=1.3", "%73slmod=require", "port=1&port=2",
]  # fmt: skip


GIVEN = ["--target", "--shadow", "LANDED_TARGET", "LANDED_POOLER"]
REFUSED = [
    pytest.param(parameter, way, id=f"{way}-{parameter}")
    for (number, parameter), (other, way) in itertools.product(enumerate(UNKNOWN), enumerate(GIVEN))
    if (number + other) % 2 == 0
]


@pytest.mark.parametrize(("parameter", "way"), REFUSED)
def test_parameters_that_are_not_known_are_refused(tmp_path: Path, parameter: str, way: str) -> None:
    with Thief() as thief:
        url = f"postgresql://me:{OWN}@127.0.0.1:{thief.port}/db?{parameter}"
        plain = f"postgresql://me@127.0.0.1:{thief.port}/db"
        words, environ = {
            "--target": (("--target", url, "status"), {}),
            "--shadow": (("--target", plain, "--shadow", url, "rehearse"), {}),
            "LANDED_TARGET": (("status",), {"LANDED_TARGET": url}),
            "LANDED_POOLER": (("--target", "supabase:linked", "status"), {"LANDED_POOLER": url}),
        }[way]
        answer = landed(project(tmp_path / "repo"), tmp_path / "home", **environ)(*words, code=2)
        assert not thief.started, answer
        assert OWN not in answer.stdout + answer.stderr


# -- Supabase's files -------------------------------------------------------------------------------

REFS = [
    "evil.example.com/#", "evil.example.com", f"{REF}.evil.com", f"{REF}@evil.com", f"{REF}\n@evil",
    REF.upper(), REF[1:], f"{REF}:1/x?host=evil", "../../../../etc/passwd", f"{REF},evil.com", f"{REF[1:]}ţ",
    f"-{REF[1:]}",
]  # fmt: skip


def supabase(folder: Path, **stored: str) -> Path:
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / ".temp").mkdir()
    (folder / "supabase" / "config.toml").write_text('project_id = "shop"\n')
    for name, text in stored.items():
        (folder / "supabase" / ".temp" / name.replace("_", "-")).write_text(text)
    return folder


def linked(folder: Path, **environ: str) -> Dsn:
    target = resolve_target(
        discover(folder, {}, {"SUPABASE_DB_PASSWORD": SECRET, **environ}), "supabase:linked"
    )
    assert target.dsn is not None
    return target.dsn


def is_the_platforms(dsn: Dsn) -> bool:
    given = dsn.parameters()
    host = given["host"]
    assert host.endswith((".supabase.co", ".supabase.com")) and set(host) <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789.-"
    )
    assert "hostaddr" not in given and "service" not in given
    return (
        given["sslmode"] in ("require", "verify-ca", "verify-full")
        and given["require_auth"] == "scram-sha-256"
        and given["sslcertmode"] == "disable"
        and given["gssencmode"] == "disable"
    )


@pytest.mark.parametrize("ref", REFS)
@pytest.mark.parametrize("place", ["project-ref", "SUPABASE_URL", "SUPABASE_PROJECT_ID"])
def test_a_project_ref_names_no_other_host(tmp_path: Path, ref: str, place: str) -> None:
    if place == "project-ref":
        folder = supabase(tmp_path, project_ref=ref)
    else:
        folder = supabase(tmp_path)
        said = ref if place == "SUPABASE_PROJECT_ID" else f"https://{ref}.supabase.co"
        (folder / ".env").write_text(f'{place}="{said}"\n')
    try:
        dsn = linked(folder)
    except LandedError:
        return
    assert is_the_platforms(dsn) and dsn.host == f"db.{REF}.supabase.co"


POOLERS = [
    "postgresql://postgres.{ref}@evil.example.com:5432/postgres",
    "postgresql://postgres.{ref}@127.0.0.1:5432/postgres",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com.evil.com:5432/postgres",
    "postgresql://postgres.{ref}@evilpooler.supabase.com.co/postgres",
    "postgresql://postgres.{ref}@evil.com,aws-0-x.pooler.supabase.com/postgres",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com,evil.com/postgres",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com/postgres?host=evil.com",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com/postgres?hostaddr=127.0.0.1",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com/postgres?service=mine",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com/postgres?sslmode=disable",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com/postgres?sslmode=prefer",
    "postgresql://postgres.{ref}@aws-0-x.pooler.supabase.com/postgres?require_auth=password",
    "postgresql://postgres.{ref}@/postgres?host=/tmp/x.pooler.supabase.com",
    "postgresql://postgres.{ref}@evil.com%2Faws-0-x.pooler.supabase.com/postgres",
    "postgresql://postgres.{ref}@evil.com%00.pooler.supabase.com/postgres",
    "postgresql://postgres.{ref}@[::1].pooler.supabase.com/postgres",
    "evil.example.com", "", "postgresql://", "-h evil.com",
]  # fmt: skip


@pytest.mark.parametrize("pooler", POOLERS)
@pytest.mark.parametrize("place", ["pooler-url", "landed.toml", ".env"])
def test_a_pooler_of_a_file_is_the_platforms_or_is_not_used(tmp_path: Path, pooler: str, place: str) -> None:
    url = pooler.format(ref=REF)
    folder = supabase(tmp_path, project_ref=REF, **({"pooler_url": url} if place == "pooler-url" else {}))
    if place == "landed.toml":
        (folder / place).write_text(f'pooler = "{url}"\n')
    elif place == ".env":
        (folder / place).write_text(f'LANDED_POOLER="{url}"\n')
    try:
        dsn = linked(folder)
    except LandedError:
        return
    for found in (dsn, dsn.fallback):
        assert found is None or is_the_platforms(found)


def test_a_person_may_name_any_pooler(tmp_path: Path) -> None:
    dsn = linked(
        supabase(tmp_path, project_ref=REF), LANDED_POOLER="postgresql://me@pooler.example.com/postgres"
    )
    assert (dsn.host, dsn.password, dsn.outside) == ("pooler.example.com", SECRET, "all")


@pytest.mark.parametrize("asks", ["cleartext", "md5", "gss", "scram"])
def test_whoever_answers_for_the_platform_is_not_told_the_password(tmp_path: Path, asks: str) -> None:
    """Somebody in between ends the TLS and asks for the password as it is."""
    dsn = linked(supabase(tmp_path, project_ref=REF))
    with Thief(asks) as thief:
        there = replace(dsn, host="127.0.0.1", port=thief.port).with_options(sslmode="disable")
        with pytest.raises(LandedError) as refused:
            connect(there, readonly=True)
        assert SECRET.encode() not in b"".join(thief.heard)
        if asks != "scram":
            assert not thief.heard and "reveals it" in refused.value.message


def test_supabase_local_is_sent_its_own_password_only(tmp_path: Path) -> None:
    with Thief() as thief:
        folder = supabase(tmp_path / "repo")
        (folder / "supabase" / "config.toml").write_text(f'project_id = "shop"\n[db]\nport = {thief.port}\n')
        home = tmp_path / "home"
        environ = {k: v for kind in CREDENTIALS for k, v in credential(kind, home).items()}
        answer = landed(folder, home, **environ)("status", code=3)
        assert SECRET.encode() not in b"".join(thief.heard) and SECRET not in answer.stdout + answer.stderr
        assert [b"postgres" in heard for heard in thief.passwords] == [True]


# -- certificates and tickets -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's certificate and a person's, each signed by itself."""
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server", "person"):
        made = [
            "-keyout",
            str(folder / f"{name}.key"),
            "-out",
            str(folder / f"{name}.crt"),
            "-subj",
            f"/CN={name}",
        ]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made],
            check=True,
            capture_output=True,
        )
        (folder / f"{name}.key").chmod(0o600)
    return folder


@pytest.mark.parametrize("where", ["home", "PGSSLCERT"])
@pytest.mark.parametrize("by", ["file", "person", "supabase:local"])
def test_a_persons_certificate(tmp_path: Path, certificates: Path, by: str, where: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # there the certificate comes within the handshake
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    context.load_verify_locations(certificates / "person.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    home = tmp_path / "home"
    (home / ".postgresql").mkdir(parents=True)
    environ = {}
    if where == "home":
        shutil.copy(certificates / "person.crt", home / ".postgresql" / "postgresql.crt")
        shutil.copy(certificates / "person.key", home / ".postgresql" / "postgresql.key")
    else:
        environ = {
            "PGSSLCERT": str(certificates / "person.crt"),
            "PGSSLKEY": str(certificates / "person.key"),
        }
    with Thief(tls=context) as thief:
        url = f"postgresql://me@127.0.0.1:{thief.port}/db?sslmode=require"
        if by == "person":
            folder, words = project(tmp_path / "repo"), ("--target", url, "status")
        elif by == "file":
            folder, words = project(tmp_path / "repo", **{"landed.toml": f'target = "{url}"\n'}), ("status",)
        else:
            folder, words = supabase(tmp_path / "repo"), ("status",)
            (folder / "supabase" / "config.toml").write_text(f"[db]\nport = {thief.port}\n")
        landed(folder, home, **environ)(*words, code=None)
        assert thief.started
        assert bool(thief.certificates) == (by == "person")


# -- Cloudflare -------------------------------------------------------------------------------------

LOGIN = f'oauth_token = "{SECRET}"\nrefresh_token = "{SECRET}"\nexpiration_time = "{{}}"\nscopes = []\n'
CLOUDFLARE = {
    "token": {"CLOUDFLARE_API_TOKEN": SECRET},
    "old-token": {"CF_API_TOKEN": SECRET},
    "key": {"CLOUDFLARE_API_KEY": SECRET, "CLOUDFLARE_EMAIL": "me@example.com"},
    "key-in-halves": {"CLOUDFLARE_EMAIL": f"{SECRET}@example.com"},
    "login": {},
    "expired-login": {},
}
ADDRESSES = [
    "CLOUDFLARE_API_BASE_URL={url}", "CF_API_BASE_URL={url}", 'CLOUDFLARE_API_BASE_URL="{url}/client/v4"',
    "WRANGLER_API_ENVIRONMENT=staging\nCLOUDFLARE_API_BASE_URL={url}",
    "WRANGLER_AUTH_DOMAIN=127.0.0.1\nWRANGLER_TOKEN_URL={url}\nCLOUDFLARE_API_BASE_URL={url}",
    "HTTPS_PROXY={url}\nALL_PROXY={url}\nCLOUDFLARE_API_BASE_URL={url}",
]  # fmt: skip


@pytest.mark.parametrize("address", range(len(ADDRESSES)))
@pytest.mark.parametrize("kind", CLOUDFLARE)
def test_no_file_moves_cloudflares_address(tmp_path: Path, kind: str, address: int) -> None:
    home, folder = tmp_path / "home", tmp_path / "repo"
    (home / ".wrangler" / "config").mkdir(parents=True)
    (folder / "migrations").mkdir(parents=True)
    if kind.endswith("login"):
        when = "2001-01-01T00:00:00.000Z" if kind.startswith("expired") else "2999-01-01T00:00:00.000Z"
        (home / ".wrangler" / "config" / "default.toml").write_text(LOGIN.format(when))
    (folder / "wrangler.json").write_text(
        json.dumps({"d1_databases": [{"binding": "DB", "database_id": UUID}], "account_id": ACCOUNT})
    )
    with Wire() as wire:
        dotenv = ADDRESSES[address].format(url=wire.url)
        if kind == "key-in-halves":
            dotenv += "\nCLOUDFLARE_API_KEY=its-own"
        (folder / ".env").write_text(dotenv + "\n")
        run = landed(folder, home, **CLOUDFLARE[kind])
        for words in (("status",), ("doctor",), ("apply", "--yes"), ("exec", "SELECT 1")):
            answer = run("--target", "d1:remote", *words, code=None)
            assert answer.code in (2, 3), answer
            assert SECRET not in answer.stdout + answer.stderr
        assert wire.asked == []


def test_a_person_may_move_it(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    (folder / "migrations").mkdir(parents=True)
    entry = {"binding": "DB", "database_id": UUID}
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry], "account_id": ACCOUNT}))
    with Wire() as wire:
        run = landed(folder, tmp_path / "home", CLOUDFLARE_API_TOKEN=SECRET, CLOUDFLARE_API_BASE_URL=wire.url)
        answer = run("--target", "d1:remote", "status")
        assert wire.asked[0].headers["authorization"] == f"Bearer {SECRET}"
        assert SECRET not in answer.stdout + answer.stderr


ACCOUNTS = ["../../x", "a/b", "a?x=1", "a#b", "a@evil.com", "//evil.com", "a b", "a\\nb"]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_of_a_file_stays_within_the_address(tmp_path: Path, account: str) -> None:
    folder = tmp_path / "repo"
    (folder / "migrations").mkdir(parents=True)
    entry = {"binding": "DB", "database_id": UUID}
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry], "account_id": account}))
    with Wire() as wire:
        run = landed(folder, tmp_path / "home", CLOUDFLARE_API_TOKEN=SECRET, CLOUDFLARE_API_BASE_URL=wire.url)
        answer = run("--target", "d1:remote", "status", code=2)
        assert "no account id" in answer.error["message"] and wire.asked == []


# -- a real server ----------------------------------------------------------------------------------


@pytest.fixture
def guarded(pg_server: Callable[..., ShadowServer]) -> Iterator[tuple[ShadowServer, str]]:
    """A real server that wants a password: its database's name, and two logins that may use it."""
    server = pg_server(18)
    hba = Path(server.host).parent / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"local all scrambled scram-sha-256\nlocal all plainly password\n{before}")
    with new_database(server) as scratch, server.connect("postgres") as admin:
        admin.execute("SELECT pg_reload_conf()")
        for login in ("scrambled", "plainly"):
            admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{SECRET}'".encode())
        try:
            yield server, scratch.name
        finally:
            hba.write_text(before)
            admin.execute("SELECT pg_reload_conf()")
            admin.execute("DROP ROLE scrambled, plainly")


@pytest.mark.parametrize("login", ["scrambled", "plainly"])
def test_a_real_server(guarded: tuple[ShadowServer, str], tmp_path: Path, login: str) -> None:
    server, database = guarded
    place = f"@/{database}?host={server.host}&port={server.port}"
    without, own = f"postgresql://{login}{place}", f"postgresql://{login}:{SECRET}{place}"
    home = tmp_path / "home"
    for number, kind in itertools.product(range(2), ("PGPASSWORD", "pgpass", "PGPASSFILE")):
        folder = project(
            tmp_path / f"{number}{kind}", **({"landed.toml": f'target = "{without}"\n'} if number else {})
        )
        environ = credential(kind, home / f"{number}{kind}") if (home.mkdir(exist_ok=True) or True) else {}
        run = landed(folder, home / f"{number}{kind}", **environ)
        words = ("status",) if number else ("--target", without, "status")
        answer = run(*words, code=2 if number else 0)
        assert SECRET not in answer.stdout + answer.stderr
    folder = project(tmp_path / "own", **{".env": f"LANDED_TARGET={own}\n"})
    answer = landed(folder, home, PGPASSWORD="wrong-one-here")("status")
    assert SECRET not in answer.stdout + answer.stderr


def test_the_rule_holds_in_what_the_driver_is_given() -> None:
    for origin in (
        "landed.toml:3",
        ".env LANDED_TARGET",
        "supabase/config.toml:2",
        "default",
        "anything else",
    ):
        given = parse_url("postgresql://me@h/d", {"PGPASSWORD": SECRET, "PGHOST": "x"}, origin).parameters()
        assert given["password"] == "" and kept_back("none", None).items() <= given.items()
    for origin in ("flag --target", "environment LANDED_TARGET"):
        assert (
            parse_url("postgresql://me@h/d", {"PGPASSWORD": SECRET}, origin).parameters()["password"]
            == SECRET
        )
