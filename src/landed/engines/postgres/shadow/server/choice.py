"""Where a Postgres history is replayed: landed's own server, the target's, or one that the user names."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landed.core.errors import CannotKnow, Code, ConfigError, LimitReached, Where
from landed.core.limits import DEFAULT, Limits
from landed.core.migration import Migration
from landed.engines.postgres.shadow.platform.baseline import PLAIN, Baseline
from landed.engines.postgres.shadow.server.soundness import gone, spoil

if TYPE_CHECKING:
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.shadow.server.servers import ShadowServer

OWN, SAME_SERVER = "own", "same-server"

_IN_A_BLOCK = (
    r"(?i)\b(?:create|alter|drop)\s++(?:role|group|database|tablespace|system|user(?!\s++mapping\b))\b"
)


@contextmanager
def open_server(
    setting: str | None,
    parameters: Mapping[str, Any] | None,
    major: int | None,
    *,
    baseline: Baseline = PLAIN,
    extensions: frozenset[str] = frozenset(),
    limits: Limits = DEFAULT,
) -> Iterator[ShadowServer]:
    """The server that ``--shadow`` (or ``LANDED_SHADOW``) means, for a target of this major version.

    ``setting`` is ``own`` (or ``None``), ``same-server``, or a URL; ``parameters`` are the target's, as for
    :func:`psycopg.connect`, and are needed for ``same-server`` only. Both may hold passwords.
    Raises ConfigError for a setting that means no server, CannotKnow when it cannot be used.
    """
    from landed.engines.postgres.shadow.server.start import server_for

    if chosen(setting) == SAME_SERVER:
        from landed.engines.postgres.shadow.server.same_server import same_server

        if parameters is None:
            raise ConfigError(
                "--shadow same-server needs a Postgres target: there is none whose server could be used",
                next="name one with --target, or leave --shadow out",
            )
        with _resources([]), same_server(parameters, baseline) as server:
            yield server
        return
    named = setting if chosen(setting) == "named" else None
    used: list[ShadowServer] = []
    with (
        _resources(used),
        server_for(major, named, baseline=baseline, extensions=extensions, limits=limits) as server,
    ):
        used.append(server)
        yield server


@contextmanager
def _resources(used: Sequence[ShadowServer]) -> Iterator[None]:
    """A full disk, or a server that is gone, stops a shadow, and says nothing about anybody's files."""
    try:
        yield
    except Exception as error:
        if (stopped := _stopped_before(error)) is not None:
            raise stopped from None
        if isinstance(error, CannotKnow):
            raise
        state = getattr(error, "sqlstate", None) or ""
        why_gone = next((gone(server) for server in used), None)
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or (isinstance(state, str) and state.startswith(("53", "58"))):
            why = f"the shadow has no room or no resources left{f' ({state})' if state else ''}"
            told = str(error).strip().splitlines()[:1]
            for server in used if state.startswith("58") else ():
                spoil(server)
        elif _is_lost(error) or _is_fault(error, state, is_gone=why_gone is not None):
            why = f"the shadow's server went away{f': {why_gone}' if why_gone else ''}"
            told = _last_words(used) or str(error).strip().splitlines()[:1]
            for server in used:
                spoil(server)
        else:
            raise
        raise CannotKnow(
            f"The files could not be replayed: {why}.",
            code=Code.SHADOW,
            details=[*told, "Nothing was judged and nothing was changed."],
            next="make room there, or set LANDED_SHADOW_DIR to a folder on another disk"
            if why_gone is None
            else "run it again: a new one is started",
        ) from error


def _stopped_before(error: BaseException) -> LimitReached | None:
    """The limit that a replay reached, where its end brought up another error: what was killed took others
    with it."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, LimitReached):
            return found
        found = found.__context__
    return None


_FAULT: Final = re.compile("57P|XX|08")
"""SQLSTATEs of a server that is ending or damaged, outside of any file's statement."""


def _is_lost(error: Exception) -> bool:
    from landed.engines.postgres.wire import Lost

    if isinstance(error, Lost):
        return True
    if not _is_the_drivers(error):
        return False
    import psycopg

    return isinstance(error, psycopg.OperationalError) and not error.sqlstate


def _is_fault(error: Exception, state: str, *, is_gone: bool) -> bool:
    from landed.engines.postgres.wire import Refused

    of_server = _is_the_drivers(error) or isinstance(error, Refused)
    return (of_server and _FAULT.match(state) is not None) or (
        is_gone and (of_server or isinstance(error, OSError))
    )


def _is_the_drivers(error: Exception) -> bool:
    return type(error).__module__.startswith("psycopg")


def _last_words(used: Sequence[ShadowServer]) -> list[str]:
    """Why a server of landed's own says that it ended; never a statement."""
    if not used or used[0].origin not in ("installed", "embedded"):
        return []
    log = Path(used[0].host).parent / "log"
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line.partition("PANIC:")[2].strip() for line in lines if "PANIC:" in line][-1:]


def as_seen_there(server: ShadowServer, scope: Scope) -> Scope:
    """The scope in a database of this server: whoever logs in to somebody else's stands for the main role."""
    if not server.shared or scope.main_role is None or scope.main_role == server.role:
        return scope
    return replace(scope, acting=server.role)


def chosen(setting: str | None) -> str:
    """``own``, ``same-server`` or ``named``. Raises ConfigError, which does not repeat a URL."""
    if setting is None or setting == OWN:
        return OWN
    if setting == SAME_SERVER:
        return SAME_SERVER
    if setting.startswith(("postgres://", "postgresql://")):
        return "named"
    raise ConfigError(
        "--shadow is own, same-server or the URL of a Postgres server (postgresql://…)",
        details=("in a file of the project it can only be own",),
    )


def refuse_cluster_wide(migrations: Sequence[Migration]) -> None:
    """Refuse files that change what all databases of a server share, before they run on somebody else's.

    Statements are told by their text; ``DO`` blocks and functions by the words in them. What a statement
    puts together at run time cannot be seen. Raises ConfigError naming file and line.
    """
    from landed.engines.postgres.sql.head import head_of

    for migration in migrations:
        for statement in migration.statements:
            found = head_of(statement)
            if found.cluster_wide or re.search(_IN_A_BLOCK, statement.text):
                raise ConfigError(
                    "this file is not replayed on a server that is not landed's own: it changes roles or "
                    "other things that all databases of a server share",
                    details=(f"statement {statement.number}: {' '.join(statement.text.split())[:80]}",),
                    where=Where(migration.file, statement.line, statement.number),
                    next="leave --shadow out: landed starts a server of its own",
                )
