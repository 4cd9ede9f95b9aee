"""Collations of ICU on a shadow whose server was built without it: facts as on one that has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.postgres.catalog import SUPABASE
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.platform.collations_asked import with_icu_stood_in
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.installed import installed
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import own_server
from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.sql.split import parse

pytestmark = pytest.mark.server

Server = Callable[..., ShadowServer]
FILE = """
create collation if not exists public."Ci"
  (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION german (PROVIDER = 'icu', LOCALE = 'de-DE');
create table public.t (name text collate public."Ci" primary key, other text collate german);
create index by_other on public.t (other);
drop collation if exists nowhere;
"""
NOT_ICU = "create collation posix (locale = 'POSIX')"


def replayed(server: ShadowServer) -> Step:
    with new_database(server) as scratch:
        (step,) = replay_all(
            scratch, SUPABASE, [Migration("1.sql", "1", "1.sql", f"{FILE};{NOT_ICU}", parse)]
        )
    return step


def test_what_needs_icu_is_there_without_it(pg_server: Server) -> None:
    step = replayed(pg_server(18, supabase()))
    assert step.failures == ()
    facts = {
        f"{key.name} {key.prop}": after for key, (_, after, _) in step.net.items() if key.kind == "collation"
    }
    assert facts == {
        'public."Ci" exists': "yes",
        'public."Ci" provider': "icu",
        'public."Ci" locale': "und-u-ks-level2",
        'public."Ci" deterministic': "no",
        "public.german exists": "yes",
        "public.german provider": "icu",
        "public.german locale": "de-DE",
        "public.posix exists": "yes",
        "public.posix provider": "libc",
        "public.posix locale": "POSIX",
    }


def test_a_server_that_has_icu_shows_the_same(pg_server: Server) -> None:
    binaries = installed(15)
    if binaries is None:
        pytest.skip("no Postgres with ICU here (Debian's postgresql-15)")
    with own_server(binaries, 15, supabase()) as server:
        with_icu = replayed(server)
    assert with_icu.failures == ()
    without = replayed(pg_server(18, supabase()))
    assert {k: v for k, v in with_icu.net.items() if k.kind == "collation"} == {
        k: v for k, v in without.net.items() if k.kind == "collation"
    }


def test_only_what_asks_for_icu_is_sent_otherwise() -> None:
    assert with_icu_stood_in(read_head(NOT_ICU)) == NOT_ICU
    copy = 'create collation c from "de-x-icu"'
    assert with_icu_stood_in(read_head(copy)) == copy
