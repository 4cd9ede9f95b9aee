"""Throw-away Postgres servers: started on demand, shared, swept, and never anybody else's database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from landed.core.errors import CannotKnow, ConfigError, LandedError
from landed.engines.postgres.shadow.platform.baseline import PLAIN, supabase
from landed.engines.postgres.shadow.server import databases
from landed.engines.postgres.shadow.server.databases import (
    TEMPLATES_KEPT,
    become_template,
    has_template,
    new_database,
    snapshot_as_template,
)
from landed.engines.postgres.shadow.server.embedded import embedded
from landed.engines.postgres.shadow.server.installed import installed
from landed.engines.postgres.shadow.server.locks import listens, recorded_pid
from landed.engines.postgres.shadow.server.outdated import sweep_clusters
from landed.engines.postgres.shadow.server.servers import ShadowServer, sentence
from landed.engines.postgres.shadow.server.start import choose, own_server, server_for
from support.servers.pgservers import LENT, binaries_of, lent_role, remove_servers

pytestmark = pytest.mark.server

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for servers, with a path that is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    monkeypatch.setenv("LANDED_SHADOW_DIR", str(folder))
    yield folder
    remove_servers(folder)


def here() -> list[str]:
    return [sys.executable, "-c"]


def child(code: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.Popen([*here(), code], stdout=subprocess.PIPE, text=True, env=env)


HOLD = """
import sys
from landed.engines.postgres.shadow.server.start import server_for
from landed.engines.postgres.shadow.server.databases import new_database
with server_for(None) as server, new_database(server) as scratch:
    print(scratch.name, flush=True)
    sys.stdin.read()
    import time; time.sleep(600)
"""


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def names(server: ShadowServer) -> set[str]:
    with server.connect(server.admin) as admin:
        return {name for (name,) in admin.execute("SELECT datname FROM pg_database")}


def test_the_server_stops_by_itself_and_starts_again_with_what_was_kept(place: Path) -> None:
    with server_for(None) as server:
        data = Path(server.host).parent / "data"
        first = recorded_pid(data)
        with new_database(server) as scratch:
            with scratch.connect(server.role) as connection:
                connection.execute("CREATE TABLE kept (id int)")
            snapshot_as_template(scratch, "ab12")
        assert scratch.name not in names(server)
    wait_for(lambda: recorded_pid(data) is None)
    with server_for(None) as server:
        assert recorded_pid(data) != first
        assert has_template(server, "ab12")
        with new_database(server, "ab12") as scratch, scratch.connect(server.role) as connection:
            connection.execute("SELECT id FROM kept")
        with pytest.raises(KeyError), new_database(server, "cd34"):
            pass


def test_a_database_that_is_kept_as_it_is_is_nobodys_scratch_any_more(
    pg_server: Callable[..., ShadowServer],
) -> None:
    server = pg_server(18)
    with new_database(server) as scratch:
        with scratch.connect(server.role) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        become_template(scratch, "cc12")
    assert scratch.name not in names(server)
    with new_database(server) as scratch:
        become_template(scratch, "cc12")
        assert scratch.name in names(server)
    with new_database(server, "cc12") as copy, copy.connect(server.role) as connection:
        connection.execute("SELECT id FROM kept")


def test_no_network_and_nobody_root(place: Path) -> None:
    with server_for(None) as server, server.connect("postgres") as connection:
        shown = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
        assert shown == ("",)
        pid = recorded_pid(Path(server.host).parent / "data")
        owner = Path(f"/proc/{pid}")
        if owner.exists():
            assert owner.stat().st_uid != 0
    assert Path(server.host).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_run_leaves_is_swept(place: Path, sign: signal.Signals) -> None:
    process = child(HOLD)
    assert process.stdout is not None
    left = process.stdout.readline().strip()
    (root,) = place.glob("18-*")
    process.send_signal(sign)
    process.communicate()
    # The watchman sees it without anybody else's help.
    wait_for(lambda: not listens(root / "s") and recorded_pid(root / "data") is None)
    with server_for(None) as server:
        assert left.startswith(databases.SCRATCH)
        assert left not in names(server)


def test_a_killed_server_and_a_stale_pid_file_are_no_hindrance(place: Path) -> None:
    with server_for(None) as server:
        data = Path(server.host).parent / "data"
        pid = recorded_pid(data)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not listens(Path(server.host)))
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        (data / "postmaster.pid").write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        with (
            server_for(None) as server,
            new_database(server) as scratch,
            scratch.connect(server.role) as connection,
        ):
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_damaged_cluster_is_made_anew(place: Path) -> None:
    with server_for(None) as server:
        data = Path(server.host).parent / "data"
    wait_for(lambda: recorded_pid(data) is None)
    (data / "global" / "pg_control").write_bytes(b"")
    with (
        server_for(None) as server,
        new_database(server) as scratch,
        scratch.connect(server.role) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_many_at_once_share_one_server(place: Path) -> None:
    code = """
from landed.engines.postgres.shadow.server.start import server_for
from landed.engines.postgres.shadow.server.databases import new_database, snapshot_as_template
with server_for(None) as server:
    for _ in range(2):
        with new_database(server) as scratch:
            with scratch.connect(server.role) as c:
                c.execute("CREATE TABLE t ()")
            snapshot_as_template(scratch, "ff")
    print(server.host)
"""
    runs = [child(code) for _ in range(4)]
    said = {run.communicate()[0] for run in runs}
    assert [run.returncode for run in runs] == [0] * 4
    assert len(said) == 1
    with server_for(None) as server:
        ours = {name for name in names(server) if name.startswith(databases.PREFIX)}
        assert ours == {"landed_shadow_t_ff", server.base}


def test_threads_share_one_server(place: Path) -> None:
    seen: list[object] = []

    def work() -> None:
        with (
            server_for(None) as server,
            new_database(server) as scratch,
            scratch.connect(server.role) as connection,
        ):
            seen.append(connection.execute("SELECT 1").fetchone())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(1,)] * 4


def test_the_longest_unused_templates_go(pg_server: Callable[..., ShadowServer]) -> None:
    server = pg_server(18)
    with new_database(server) as scratch:
        for number in range(TEMPLATES_KEPT):
            snapshot_as_template(scratch, f"aa{number:02}")
        with new_database(server, "aa00"):
            pass
        snapshot_as_template(scratch, "bb")
        kept = {
            key for key in [*(f"aa{n:02}" for n in range(TEMPLATES_KEPT)), "bb"] if has_template(server, key)
        }
    assert kept == {"aa00", "bb", *(f"aa{n:02}" for n in range(2, TEMPLATES_KEPT))}


@pytest.mark.parametrize("name", ["postgres", "mydb", 'landed_shadow_"x', "LANDED_SHADOW_x", ""])
def test_only_what_landed_made_is_ever_dropped(pg_server: Callable[..., ShadowServer], name: str) -> None:
    server = pg_server(18)
    with server.connect(server.admin) as admin:
        before = names(server)
        with pytest.raises(LandedError, match="landed did not make it"):
            databases._drop(admin, name)
        assert names(server) == before


def test_a_template_key_is_a_hash() -> None:
    for key in ("", "a b", 'x"; DROP DATABASE y; --', "ä"):
        with pytest.raises(ValueError, match="hash"):
            databases._template_name(key)


def test_unused_clusters_are_removed_and_used_ones_stay(place: Path) -> None:
    with server_for(None) as server:
        root = Path(server.host).parent
        assert sweep_clusters(place, keep=place / "other", days=-1) == []
        assert listens(root / "s")
    wait_for(lambda: recorded_pid(root / "data") is None)
    (place / "not-ours").mkdir()
    assert sweep_clusters(place, keep=root, days=-1) == []
    wait_for(lambda: sweep_clusters(place, keep=place / "other", days=-1) == [root])
    assert [entry.name for entry in place.iterdir()] == ["not-ours"]


def test_a_folder_of_somebody_else_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    for place in (link, Path("/proc/landed"), tmp_path / ("long" * 30)):
        monkeypatch.setenv("LANDED_SHADOW_DIR", str(place))
        with pytest.raises(CannotKnow, match="no folder for a throw-away Postgres"), server_for(None):
            pass


def test_the_choice_and_what_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    own = embedded()
    assert own is not None
    assert choose(None) == own
    assert choose(own.major).major == own.major
    seventeen = binaries_of(17)
    if seventeen is not None and installed(17) is None:
        monkeypatch.setenv("LANDED_POSTGRES_BINDIR", str(seventeen.bindir))
        assert choose(17) == seventeen
        # It has no pgvector, the embedded one does.
        assert choose(17, frozenset({"vector"})) == own
    assert "the target is Postgres 17" in sentence("embedded", 18, 17)
    assert "the target" not in sentence("embedded", 18, 18)


def test_user_sql_cannot_be_led_astray_by_the_environment(
    pg_server: Callable[..., ShadowServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = pg_server(18)
    for name, value in {
        "PGOPTIONS": "-c search_path=nowhere",
        "PGHOST": "db.example.com",
        "PGSSLMODE": "verify-full",
        "PGUSER": "somebody",
        "PGDATABASE": "elsewhere",
        "PGAPPNAME": "x",
    }.items():
        monkeypatch.setenv(name, value)
    with new_database(server) as scratch, scratch.connect(server.role) as connection:
        shown = connection.execute("SELECT current_setting('search_path'), current_user").fetchone()
    assert shown == ('"$user", public', "postgres")


# A server that the user names


def url(server: ShadowServer, user: str = LENT, password: str = "hunter2") -> str:
    return f"postgresql://{user}:{password}@/postgres?host={server.host}&port={server.port}"


def test_a_named_server_gets_scratch_databases_and_nothing_else(
    pg_server: Callable[..., ShadowServer],
) -> None:
    behind = pg_server(18)
    lent_role(behind)
    before = names(behind)
    with server_for(17, url(behind)) as server:
        assert server.origin == "named"
        assert "that you named (Postgres 18); the target is Postgres 17" in server.sentence
        assert "hunter2" not in repr(server)
        with new_database(server) as scratch, scratch.connect(server.role) as connection:
            connection.execute("CREATE TABLE t ()")
            assert names(behind) - before == {scratch.name}
    assert names(behind) == before


def test_a_named_server_is_swept_of_old_leftovers_only(pg_server: Callable[..., ShadowServer]) -> None:
    behind = pg_server(18)
    left = {"landed_shadow_s1_old": "landed 20200101000000000000 host 1", "landed_shadow_s2_new": None}
    with behind.connect(behind.admin) as admin:
        for name, comment in left.items():
            admin.execute(f'CREATE DATABASE "{name}" OWNER {lent_role(behind)}'.encode())
            if comment:
                admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{comment}'".encode())
        with server_for(None, url(behind)):
            assert left.keys() & names(behind) == {"landed_shadow_s2_new"}
        admin.execute('DROP DATABASE "landed_shadow_s2_new"')


def test_a_named_server_must_allow_databases(pg_server: Callable[..., ShadowServer]) -> None:
    behind = pg_server(18)
    with behind.connect(behind.admin) as admin:
        admin.execute("CREATE ROLE meek LOGIN")
        try:
            with (
                pytest.raises(ConfigError, match="may not make databases") as refused,
                server_for(None, url(behind, "meek")),
            ):
                pass
            assert "hunter2" not in str(refused.value)
        finally:
            admin.execute("DROP ROLE meek")


def test_no_role_is_made_on_somebody_elses_server(pg_server: Callable[..., ShadowServer]) -> None:
    behind = pg_server(18)
    lent_role(behind)
    with (
        pytest.raises(ConfigError, match="lacks roles of a Supabase project") as refused,
        server_for(None, url(behind), baseline=supabase()),
    ):
        pass
    assert "CREATE ROLE anon;" in (refused.value.next or "")
    with behind.connect(behind.admin) as admin:
        assert admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'anon'").fetchone() is None


def test_a_named_supabase_server_serves_as_it_is(pg_server: Callable[..., ShadowServer]) -> None:
    behind = pg_server(18, supabase())
    lent_role(behind)
    with (
        server_for(None, url(behind), baseline=supabase()) as server,
        new_database(server) as scratch,
        scratch.connect(server.role) as connection,
    ):
        row = connection.execute("SELECT current_user::text, to_regclass('storage.objects')::text").fetchone()
        assert row == (LENT, "storage.objects")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE supabase_admin")


def test_an_unreachable_named_server_tells_no_password(tmp_path: Path) -> None:
    for named in (
        f"postgresql://u:hunter2@/x?host={tmp_path}",
        "postgresql://u:hunter2@[",
        "not a url hunter2",
    ):
        with pytest.raises(LandedError) as refused, server_for(None, named):
            pass
        assert "hunter2" not in "\n".join([refused.value.message, *refused.value.details])


def test_programs_out_of_reach_are_copied(place: Path, tmp_path: Path) -> None:
    own = embedded()
    assert own is not None
    closed = Path(tempfile.mkdtemp(dir=place))
    assert closed.stat().st_mode & 0o077 == 0
    (closed / "pg").symlink_to(own.bindir.parent)
    hidden = own._replace(bindir=closed / "pg" / "bin")
    with own_server(hidden, 18, PLAIN) as server, server.connect("postgres") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_without_a_watchman_the_last_user_stops_the_server(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "")
    with server_for(None) as first:
        data = Path(first.host).parent / "data"
        with server_for(None):
            pass
        assert listens(data.parent / "s")
    assert recorded_pid(data) is None
