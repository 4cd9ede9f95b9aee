"""SQL-only extensions that stand in for what a shadow's server lacks: names and signatures of their objects.

They are put beside the server's own extensions without touching its installation: through
``extension_control_path`` from major 18 on, before that through a private copy of the folder layout around
the ``postgres`` program (it finds its files relative to itself).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from landed.engines.postgres.shadow.binaries import Binaries

_CREATE = re.compile(r"create\s++extension\s++(?:if\s++not\s++exists\s++)?\"?([a-z_][\w-]*)")
_HEADER = re.compile(r"^-- (version|schema|requires|relocatable|loose): (.+)$", re.MULTILINE)


def _lines(name: str) -> list[str]:
    return _file("standins", name).split()


def _file(*parts: str) -> str:
    return files("landed.engines.postgres.shadow").joinpath(*parts).read_text(encoding="utf-8")


@cache
def _handed_over() -> str:
    return _file("wall", "handed_over.sql")


FORCED = frozenset(
    {
        *("pg_cron", "pg_net", "pg_stat_monitor", "pg_tle", "pgaudit"),
        *("pgsodium", "safeupdate", "supabase_vault", "timescaledb"),
        *("dblink", "http", "postgres_fdw", "wrappers"),
    }
)
"""Stood in for even where the real one is: it needs a start-up setting or one fixed database, or it connects
to wherever a file says."""

TRUSTED = frozenset(_lines("trusted.txt"))
"""What a Supabase project's ``postgres`` may create though it is no superuser (facts: supautils), and what of
PostgreSQL's own extensions reads and writes nothing outside of the server: any role may create them here."""


class StandIn(NamedTuple):
    """One extension of ours; ``loose`` names the schema that may be there before it, without it."""

    name: str
    version: str
    schema: str
    requires: str
    relocatable: bool
    loose: str
    sql: str

    @property
    def control(self) -> str:
        """Its control file."""
        lines = [f"comment = 'landed: stands in for {self.name}'", f"default_version = '{self.version}'"]
        lines += [f"schema = '{self.schema}'"] if self.schema else []
        lines += [f"requires = '{self.requires}'"] if self.requires else []
        return "\n".join([*lines, f"relocatable = {str(self.relocatable).lower()}", "trusted = true", ""])

    @property
    def script(self) -> str:
        """Its installation script; a loose schema of its name makes room."""
        whole = self.sql + _handed_over().replace("{name}", self.name)
        return f"DROP SCHEMA IF EXISTS {self.loose} CASCADE;\n{whole}" if self.loose else whole


@cache
def stand_ins() -> dict[str, StandIn]:
    """All of them, by name."""
    found = {}
    for file in files("landed.engines.postgres.shadow").joinpath("standins").iterdir():
        if file.name.endswith(".sql"):
            name, sql = file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")
            head = dict(_HEADER.findall(sql))
            found[name] = StandIn(
                name,
                head["version"],
                head.get("schema", ""),
                head.get("requires", ""),
                head.get("relocatable") == "yes",
                head.get("loose", ""),
                sql,
            )
    return found


@cache
def digest() -> str:
    """Differs whenever a stand-in does."""
    text = "\0".join(stand.name + "\0" + stand.script + stand.control for stand in stand_ins().values())
    return hashlib.sha256("\0".join(sorted(text.split("\0"))).encode()).hexdigest()[:16]


def stood_in(binaries: Binaries) -> frozenset[str]:
    """Extensions that are ours on a server of these programs; evidence that rests on them is weaker."""
    real = {path.stem for path in (binaries.share() / "extension").glob("*.control")}
    return frozenset(name for name in stand_ins() if name in FORCED or name not in real)


def named_extensions(sql: str) -> frozenset[str]:
    """Names in the ``CREATE EXTENSION`` statements of a text, wherever they stand in it."""
    return frozenset(_CREATE.findall(sql.lower()))


class Layout(NamedTuple):
    """How to start a server so that it finds the stand-ins: the program, and lines for its configuration."""

    postgres: Path
    settings: str


def lay_out(root: Path, binaries: Binaries, source: Binaries) -> Layout:
    """Put stand-ins (and trusted versions of the real extensions) below ``root``; everybody may read them.

    ``source`` are the same programs where the server's user can reach them.
    """
    share = source.share()
    ours = stood_in(binaries)
    farm = root / "farm"
    shutil.rmtree(farm, ignore_errors=True)
    if binaries.major >= 18:
        folder = _fresh(farm / "extension")
        _fill(folder, share / "extension", ours, everything=False)
        path = str(folder.parent).replace("'", "''")
        return Layout(source.program("postgres"), f"extension_control_path = '{path}:$system'\n")
    library = source.library()
    libraries = source.bindir.parent / "lib"
    if not library.is_relative_to(libraries):
        libraries = library
    prefix = Path(os.path.commonpath([source.bindir, share, libraries]))
    own_share = _fresh(farm / share.relative_to(prefix))
    for entry in share.iterdir():
        if entry.name != "extension":
            (own_share / entry.name).symlink_to(entry)
    _fill(_fresh(own_share / "extension"), share / "extension", ours, everything=True)
    own_libraries = farm / libraries.relative_to(prefix)
    _fresh(own_libraries.parent)
    own_libraries.symlink_to(libraries)
    # A copy, not a link: Postgres resolves links before it looks around itself.
    postgres = _fresh(farm / source.bindir.relative_to(prefix)) / source.program("postgres").name
    shutil.copyfile(source.program("postgres"), postgres)
    postgres.chmod(0o755)
    return Layout(postgres, "")


def _fill(folder: Path, real: Path, ours: frozenset[str], *, everything: bool) -> None:
    for name in ours:
        stand = stand_ins()[name]
        _write(folder / f"{name}.control", stand.control)
        _write(folder / f"{name}--{stand.version}.sql", stand.script)
    for file in sorted(real.iterdir()):
        name = file.name.split("--")[0].removesuffix(".control")
        if name in ours:
            continue
        if file.suffix == ".control" and name in TRUSTED:
            text = re.sub(r"(?m)^\s*trusted\s*=.*$", "", file.read_text(encoding="utf-8"))
            _write(folder / file.name, f"{text}\ntrusted = true\n")
        elif everything or name in TRUSTED:
            (folder / file.name).symlink_to(file)


def _fresh(folder: Path) -> Path:
    for part in reversed((folder, *folder.parents)):
        if not part.exists():
            part.mkdir(mode=0o755)
            part.chmod(0o755)
    return folder


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)
