"""Engines: one package each, with everything that knows its databases; what they share lies beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

from landed.project.naming import names_target, resolve_target

if TYPE_CHECKING:
    from landed.engines.contract import Engine
    from landed.engines.trial import Trial
    from landed.project.discovery import Project
    from landed.project.naming import Named
    from landed.project.target_spec import TargetSpec

ENGINES = {
    "sqlite": "landed.engines.sqlite.engine:Sqlite",
    "d1:local": "landed.engines.sqlite.engine:LocalD1",
    "d1:remote": "landed.engines.d1.engine:RemoteD1",
    "postgres": "landed.engines.postgres.engine:Postgres",
    "supabase": "landed.engines.postgres.engine:Supabase",
}
"""Kinds of targets (``TargetSpec.kind``) -> the class of their engine, imported when it is used."""


TRIAL = "landed.engines.d1.trial.run:D1Trial"
"""The platform on which landed can be tried with a database of its own: the class of its trial."""


def trial_for(
    project: Project,
    environ: Mapping[str, str] | None = None,
    notify: Callable[[str], None] = lambda text: None,
) -> Trial:
    """A trial with the credentials that are in force in a project's folder. Opens and reads nothing."""
    from importlib import import_module

    module, _, name = TRIAL.partition(":")
    made: Trial = getattr(import_module(module), name)(project, environ, notify)
    return made


def engine_class(kind: str) -> type[Engine]:
    """The class of a kind of targets."""
    from importlib import import_module

    module, _, name = ENGINES[kind].partition(":")
    found: type[Engine] = getattr(import_module(module), name)
    return found


def engine_for(
    project: Project,
    spec: TargetSpec,
    environ: Mapping[str, str] | None = None,
    notify: Callable[[str], None] = lambda text: None,
) -> Engine:
    """The engine of a target: all that knows its databases.

    ``environ`` is where credentials are looked for (by default the process's own environment); ``notify`` is
    told what a person should see at once. Opens and reads nothing.
    """
    return engine_class(spec.kind)(project, spec, environ, notify)


def further_names() -> Named:
    """Names of targets that only their engines know: those of a kind whose class can be ``named``."""
    return {kind: partial(_named, kind) for kind in ENGINES if not names_target(f"{kind.partition(':')[0]}:")}


def resolve(project: Project, name: str | None = None) -> TargetSpec:
    """The database that a name means; ``None`` asks the settings, then takes the only one there is.

    Raises UsageError, ConfigError.
    """
    return resolve_target(project, name, further_names())


def _named(kind: str, project: Project, rest: str, origin: str) -> TargetSpec:
    from landed.engines.contract import NamesTargets

    found = cast("type[NamesTargets]", engine_class(kind))
    return found.named(project, rest, origin)
