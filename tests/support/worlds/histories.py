"""The histories that properties run over: all real D1 projects and the hand-made ones, each replayed once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.core.timeline import Step, facts_after
from landed.engines.sqlite.shadow.timeline import timeline
from landed.engines.sqlite.sql import split as dialect
from landed.project.files import read_migrations
from support import ROOT

TESTS = ROOT / "tests"
CORPUS = TESTS / "data" / "corpus" / "d1"
MADE = TESTS / "cases" / "histories"
FOLDERS = {
    "beilunyang__moemail": "drizzle",
    "openRin__Rin": "server/sql",
    "LubomirGeorgiev__cloudflare-workers-nextjs-saas-template": "src/db/migrations",
}
"""Where the migrations are in the projects that do not keep them in ``migrations``."""

LEDGER = "d1_migrations"


class History(NamedTuple):
    """A replayed history and the facts that it leaves."""

    migrations: tuple[Migration, ...]
    steps: tuple[Step, ...]
    facts: dict[FactKey, str]


def names() -> list[str]:
    """All histories, the hand-made ones first."""
    made = sorted(p.name for p in MADE.iterdir() if p.is_dir())
    return made + sorted(p.name for p in CORPUS.iterdir() if p.is_dir())


def folder(name: str) -> Path:
    """The folder of a history's files."""
    made = MADE / name
    return made if made.is_dir() else CORPUS / name / FOLDERS.get(name, "migrations")


@cache
def history(name: str) -> History:
    """Read and replay one history under D1's rules."""
    pattern = "*/migration.sql" if "Lubomir" in name else None
    migrations = read_migrations(folder(name), dialect.parse, pattern=pattern).migrations
    steps = tuple(timeline("d1", LEDGER, migrations))
    return History(migrations, steps, facts_after(steps))
