"""The timeline of a Postgres history: cached steps first, the rest replayed on the last kept state."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from landed.core.facts import Change, FactKey
from landed.core.migration import Migration
from landed.core.timeline import Progress, StatementTrace, Step, facts_after, net_effects
from landed.engines.cache import Cache, chain
from landed.engines.clock import Clock
from landed.engines.postgres.shadow.platform.baseline import Baseline
from landed.engines.postgres.shadow.platform.standins import named_extensions
from landed.engines.postgres.shadow.server.choice import (
    OWN,
    SAME_SERVER,
    as_seen_there,
    chosen,
    open_server,
    refuse_cluster_wide,
)
from landed.engines.postgres.sql.split import parse

if TYPE_CHECKING:
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.shadow.server.servers import ShadowServer, Which


@dataclass(frozen=True)
class ShadowChoice:
    """Where a history is to be replayed: the target's major version, the starting state, the extensions that
    the files name, and the user's setting (``own``, ``same-server`` or a URL) with the target's connection
    parameters. These two may hold passwords and are not shown. ``lacking`` are roles of the target that the
    files take for granted.
    """

    major: int | None
    baseline: Baseline
    extensions: frozenset[str] = frozenset()
    setting: str | None = field(default=None, repr=False)
    parameters: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    lacking: frozenset[str] = frozenset()
    clock: Clock = field(default_factory=Clock, repr=False, compare=False)
    """The time that all replays of a command share, and their other limits."""

    @property
    def is_own(self) -> bool:
        """Whether the server is one that landed starts."""
        return chosen(self.setting) == OWN

    @cached_property
    def shadow_major(self) -> int | None:
        """The shadow's major version, as far as it is known before a server is asked."""
        if not self.is_own:
            return self.major if chosen(self.setting) == SAME_SERVER else None
        from landed.engines.postgres.shadow.server.start import choose

        return choose(self.major, self.extensions).major

    @property
    def floor(self) -> int:
        """The oldest major version that facts of shadow and target have to be comparable on.

        From 18 on the names of NOT NULL constraints would be facts, which say nothing to anybody.
        """
        known = self.shadow_major
        return 15 if known is None or self.major is None else max(15, min(known, self.major, 17))

    @cached_property
    def identity(self) -> str:
        """Differs whenever a replay may have another outcome because of where it runs."""
        from landed.engines.postgres.shadow.platform import standins

        if self.is_own:
            from landed.engines.postgres.shadow.server.start import choose

            place = choose(self.major, self.extensions).identity
        else:
            named = (
                self.setting
                if chosen(self.setting) != SAME_SERVER
                else json.dumps(
                    [
                        SAME_SERVER,
                        *(str((self.parameters or {}).get(key)) for key in ("host", "port", "user")),
                    ]
                )
            )
            # "login": whom files run as there decides what they do.
            place = sha256(f"login {named}".encode()).hexdigest()[:16]
        whole = f"postgres/{place}/{self.baseline.digest}/{standins.digest()}/{self.floor}"
        return f"{whole}/{sorted(self.lacking)}" if self.lacking else whole

    @property
    def sentence(self) -> str:
        """For the user: which server replays the files, and whether its major version is another one."""
        from landed.engines.postgres.shadow.server.servers import sentence
        from landed.engines.postgres.shadow.server.start import choose

        if not self.is_own:
            where = (
                "the target's own server"
                if chosen(self.setting) == SAME_SERVER
                else "the server that you named"
            )
            return f"the shadow is a scratch database on {where}"
        found = choose(self.major, self.extensions)
        return sentence(found.origin, found.major, self.major)

    @contextmanager
    def open(self) -> Iterator[ShadowServer]:
        """The server, started if it does not run. Raises CannotKnow, ConfigError."""
        from landed.engines.postgres.shadow.server.stopwatch import Stopwatch

        with open_server(
            self.setting,
            self.parameters,
            self.major,
            baseline=self.baseline,
            extensions=self.extensions,
            limits=self.clock.limits,
        ) as server:
            stopwatch = Stopwatch(server, self.clock)
            try:
                yield replace(server, lacking=self.lacking, stopwatch=stopwatch)
            finally:
                stopwatch.close()


def extensions_of(migrations: Sequence[Migration]) -> frozenset[str]:
    """The extensions that some files create."""
    found: set[str] = set()
    for migration in migrations:
        if "xtension" in migration.text or "XTENSION" in migration.text:
            found |= named_extensions(migration.text)
    return frozenset(found)


def keys_of(choice: ShadowChoice, scope: Scope, migrations: Sequence[Migration]) -> list[bytes]:
    """The cache key of each step of a history."""
    return chain(f"{choice.identity}/{scope}", None, migrations)


START = "(platform)"
"""The name of the step that stands for what a shadow holds before the first file; no file can have it."""


def start_facts(choice: ShadowChoice, scope: Scope, *, cache: Cache | None = None) -> Mapping[FactKey, str]:
    """What is there before the first file, and so is nobody's: the platform's own grants and the like.

    Raises CannotKnow, ConfigError when there is no server to ask.
    """
    known = cache.steps(_start_keys(choice, scope)) if cache is not None else []
    if not known:
        from landed.engines.postgres.catalog.snapshot import snapshot
        from landed.engines.postgres.shadow.server.databases import new_database

        with choice.open() as server, new_database(server) as scratch, scratch.connect() as connection:
            known = [_start(snapshot(connection, as_seen_there(server, scope)))]
        if cache is not None:
            cache.store(_start_keys(choice, scope), known, None)
    return facts_after(known)


def _start_keys(choice: ShadowChoice, scope: Scope) -> list[bytes]:
    return keys_of(choice, scope, [Migration(START, "", "", "", parse)])


def _start(facts: Mapping[FactKey, str]) -> Step:
    traces = (StatementTrace(1, 1, tuple(Change(key, None, value) for key, value in facts.items())),)
    return Step(START, "", traces, net=net_effects(traces))


def timeline(
    choice: ShadowChoice,
    scope: Scope,
    migrations: Sequence[Migration],
    *,
    cache: Cache | None = None,
    keep: bool = False,
    progress: Progress | None = None,
    said: Callable[[Which], None] = lambda sentence: None,
    hopeless: Callable[[Step], bool] = lambda step: False,
    like: Sequence[Step] = (),
) -> list[Step]:
    """Replay a history in the given order and return one step per migration; none after a ``hopeless`` one.

    ``like`` are steps of another history of nearly the same files: what does the same here is not looked
    after statement by statement.

    Starts from the longest beginning whose steps are cached and whose state is kept as a template on the
    server; with ``keep`` the last state is kept, too. ``said`` is told which server the replay uses.
    Raises CannotKnow, ConfigError when there is none.
    """
    keys = keys_of(choice, scope, migrations)
    known = cache.steps(keys) if cache is not None else []
    if len(known) == len(migrations) or any(map(hopeless, known)):
        return known
    if not choice.is_own:
        refuse_cluster_wide(migrations)
    from landed.engines.postgres.shadow.replay.again import told
    from landed.engines.postgres.shadow.replay.replay import PostgresReplayer, touches_roles
    from landed.engines.postgres.shadow.server.databases import become_template, kept_templates, new_database

    with choice.open() as server:
        said(server.sentence)
        start, roles = 0, None
        if known:
            kept = kept_templates(server)
            start = max((n for n in range(1, len(known) + 1) if _name(keys[n - 1]) in kept), default=0)
            roles = kept[_name(keys[start - 1])] if start else None
        steps = known[:start]
        heard = list(told(migrations, known, like))[start:]
        try:
            with new_database(server, _key(keys[start - 1]) if start else None) as scratch:
                replayer = PostgresReplayer(scratch, scope, roles)
                if cache is not None and not start and not cache.steps(_start_keys(choice, scope)):
                    # Whoever asks for it later need not make a database to read it.
                    cache.store(_start_keys(choice, scope), [_start(replayer.facts)], None)
                try:
                    for step in replayer.replay_each(
                        migrations[start:],
                        progress and (lambda at, name: progress(start + at, len(migrations), name)),
                        heard,
                    ):
                        steps.append(step)
                        if hopeless(step):
                            break
                finally:
                    replayer.close()
                sure = next((at for at, step in enumerate(steps) if _is_unsure(step)), len(steps))
                if cache is not None:
                    cache.store(keys[start:sure], steps[start:sure], None)
                alone = replayer.roles is not None or not touches_roles(migrations)
                if keep and sure == len(keys) and alone:
                    become_template(scratch, _key(keys[-1]), replayer.roles)
        except KeyError:
            # Another process has just dropped the template: without it, from the beginning.
            return timeline(
                choice,
                scope,
                migrations,
                keep=keep,
                progress=progress,
                said=said,
                hopeless=hopeless,
                like=like,
            )
    return steps


def _is_unsure(step: Step) -> bool:
    """Whether the server failed inside, at a statement: nobody knows whether it would again."""
    return any(failure.code.startswith("XX") for failure in step.failures)


def _key(key: bytes) -> str:
    return key.hex()


def _name(key: bytes) -> str:
    return key.hex()[:40]
