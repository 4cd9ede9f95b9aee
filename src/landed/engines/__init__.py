"""Engines: one package each, with everything that knows its databases; what they share lies beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landed.engines.contract import Engine
    from landed.project.discovery import Project
    from landed.project.target_spec import TargetSpec

ENGINES = {
    "sqlite": "landed.engines.sqlite.engine:Sqlite",
    "d1:local": "landed.engines.sqlite.engine:LocalD1",
    "d1:remote": "landed.engines.d1.engine:RemoteD1",
    "postgres": "landed.engines.postgres.engine:Postgres",
    "supabase": "landed.engines.postgres.engine:Supabase",
}
"""Kinds of targets (``TargetSpec.kind``) -> the class of their engine, imported when it is used."""


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
