"""The project: which configuration is in force, which databases it has, which one is meant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from landed.core.errors import UsageError
from landed.core.migration import Note
from landed.project.config_search import REDIRECT, find_config, find_upward, shadowed_configs
from landed.project.d1_database import D1Database
from landed.project.provenance import Value
from landed.project.settings import Settings, read_settings
from landed.project.wrangler_config import WranglerConfig, read_config

LOCK_NAME = "landed.lock"


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is known before a database is opened.

    ``root`` is the folder of the wrangler configuration, else of landed's settings file, else the one
    with a Supabase project in it, else ``start``, the folder that landed was started in; shown file names
    are relative to it. ``environ`` holds the environment variables, which may be secret: it is not shown.
    """

    start: Path
    root: Path
    settings: Settings
    wrangler: WranglerConfig | None = None
    notes: tuple[Note, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def supabase_root(self) -> Path | None:
        """The nearest folder upward that has a Supabase project in it."""
        from landed.project.supabase_search import find_supabase

        return find_supabase(self.start)

    @property
    def databases(self) -> tuple[D1Database, ...]:
        """The D1 databases of the environment in force."""
        return self.wrangler.databases if self.wrangler else ()

    @property
    def config_file(self) -> Path | None:
        """The wrangler configuration in force."""
        return self.wrangler.path if self.wrangler else None

    @property
    def all_databases(self) -> tuple[D1Database, ...]:
        """The D1 databases of every environment, those in force first."""
        return self.databases + self.wrangler.elsewhere if self.wrangler else ()

    @property
    def lock_file(self) -> Value[Path]:
        """Where the lock file is, or would be."""
        if self.settings.lock:
            return Value(Path(self.settings.lock.value), self.settings.lock.origin)
        return Value(self.root / LOCK_NAME, "default")

    @property
    def persist_to(self) -> Path | None:
        """wrangler's ``--persist-to``, where the user set it for landed too."""
        return Path(self.settings.persist_to.value) if self.settings.persist_to else None


def discover(
    start: Path,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Project:
    """Find and read the configuration that is in force in a folder.

    ``flags`` are command-line values by setting (``target``, ``env``, ``migrations``, …), ``environ``
    the environment variables (the process's own when ``None``). Nothing is written and no database
    is opened. Raises ConfigError for files that are wrong, with the place.
    """
    start = Path(os.path.abspath(start))
    config = find_config(start)
    environ = os.environ if environ is None else environ
    if config is None:
        from landed.project.supabase_search import find_supabase

        supabase = find_supabase(start)
        settings = read_settings(start, flags or {}, environ, supabase)
        _check_no_environment(settings, start)
        root = settings.file.parent if settings.file else supabase or start
        return Project(start, root, settings, None, tuple(_redirect_notes(start, None)), environ)
    settings = read_settings(start, flags or {}, environ, config.parent)
    root = config.parent
    wrangler = read_config(config, settings.env, _shown(config, start))
    notes = [
        Note(
            "other-config",
            f"{_shown(other, start)} is not used: wrangler looks for wrangler.json, then .jsonc, then .toml, "
            f"each of them up to the top, and found {_shown(config, start)}",
        )
        for other in shadowed_configs(start, config)
    ]
    notes += wrangler.notes
    notes += _redirect_notes(start, config)
    return Project(start, root, settings, wrangler, tuple(notes), environ)


def _check_no_environment(settings: Settings, start: Path) -> None:
    """Raises UsageError for an environment that was asked for where nothing has any."""
    if settings.env and settings.env.value and settings.env.origin.startswith("flag "):
        raise UsageError(
            f'there is no environment "{settings.env.value}": environments are wrangler\'s, and there is no '
            f"wrangler configuration in {start} or above it",
            next="leave --env out, or name the folder that has one: --project DIR",
        )


def _redirect_notes(start: Path, config: Path | None) -> list[Note]:
    """What a build tool's redirect means: ``wrangler deploy`` follows it, ``wrangler d1`` does not."""
    redirect = find_upward(start, REDIRECT)
    if redirect is None:
        return []
    place = _shown(redirect, start)
    if config is None:
        text = (
            f"{place} redirects wrangler deploy to a generated configuration, which wrangler d1 does not read"
        )
        return [Note("redirect", text)]
    text = (
        f"{place} redirects wrangler deploy to a configuration that a build tool generated; "
        f"wrangler d1 reads {_shown(config, start)} all the same, and so does landed"
    )
    return [Note("redirect", text)]


def _shown(path: Path, start: Path) -> str:
    """A path for people: relative to where they are when it is near, else absolute."""
    try:
        relative = os.path.relpath(path, start)
    except ValueError:
        return str(path)
    return relative.replace(os.sep, "/") if relative.count("..") <= 3 else str(path)
