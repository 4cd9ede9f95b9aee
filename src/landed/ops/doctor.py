"""doctor: what is in force, where it comes from, what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.check import Check, Level, guarded
from landed.core.errors import UsageError
from landed.core.next import Next, option
from landed.project.discovery import Project
from landed.project.target_spec import TargetSpec

if TYPE_CHECKING:
    from landed.engines.contract import Engine


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks in the order in which they are shown; what could not be found is ``None``."""

    checks: tuple[Check, ...]
    project: Project | None
    spec: TargetSpec | None

    @property
    def exit_code(self) -> int:
        """0 all right (warnings allowed), 2 wrong configuration, 3 the database cannot be read."""
        codes = {check.exit_code for check in self.checks if check.level is Level.ERROR}
        return 2 if 2 in codes else 3 if codes else 0

    def count(self, level: Level) -> int:
        """How many checks came out like this."""
        return sum(1 for check in self.checks if check.level is level)


def diagnose(
    start: Path,
    target: str | None = None,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    remote: bool = False,
) -> Diagnosis:
    """Look at everything; a check that fails becomes an error in the report and stops no other.

    Nothing is written or created, neither in the project nor in the database nor in the cache. ``remote``
    means the hosted database, and asks it what landed assumes of its platform; the answers are kept.
    Raises nothing that a user can cause.
    """
    from landed.engines import engine_for, resolve
    from landed.engines.contract import CanBeAsked, HasHosted
    from landed.ops import doctor_landed, doctor_project
    from landed.project.discovery import discover

    checks: list[Check] = []
    project: Project | None = None
    spec: TargetSpec | None = None

    def find() -> Iterable[Check]:
        nonlocal project
        if not start.is_dir():
            raise UsageError(f"{start} is not a folder", next="name the project's folder: --project DIR")
        yield from doctor_project.searched(start)
        yield from doctor_project.searched_supabase(start)
        project = discover(start, flags, environ)

    def find_target() -> Iterable[Check]:
        nonlocal spec
        if project is not None:
            spec = resolve(project, target)
            local = engine_for(project, spec, environ)
            if remote and isinstance(local, HasHosted):
                spec = resolve(project, local.hosted)._replace(origin="flag --remote")
        yield from ()

    checks += guarded("configuration", "configuration", "configuration", find)
    if project is not None:
        found = project
        checks += guarded("configuration", "settings", "settings", lambda: doctor_project.settings(found))
        unresolved = guarded("database", "target", "target", find_target)
        checks += guarded(
            "database",
            "databases",
            "databases",
            lambda: doctor_project.databases(found, spec),
        )
        checks += unresolved
    engine = engine_for(project, spec, environ) if project is not None and spec is not None else None
    if engine is not None:
        chosen = engine
        checks += guarded(
            "database", "target", "target", lambda: doctor_project.target(chosen.project, chosen.spec)
        )
        checks += chosen.examine()
        sound = not any(check.level is Level.ERROR for check in checks)
        if remote:
            checks += _contact(chosen)
        elif isinstance(chosen, CanBeAsked) and sound:
            checks += chosen.known_contact()
        for code, look in doctor_project.FOLDER_CHECKS:
            checks += guarded("migrations", code, code, lambda look=look: look(chosen))  # type: ignore[misc]
    checks += guarded("landed", "landed", "landed", lambda: doctor_landed.examine(start, spec))
    if engine is not None:
        checks += guarded("landed", "shadow", "shadow", engine.where_replayed)
    return Diagnosis(tuple(checks), project, spec)


def _contact(engine: Engine) -> list[Check]:
    from landed.engines.contract import CanBeAsked

    if isinstance(engine, CanBeAsked):
        return engine.first_contact()
    return [
        Check(
            "contact", "contact", "first contact", engine.spec.name, level=Level.ERROR,
            problem="There is nothing to ask: only hosted D1 databases have a first contact.",
            next=Next("name one: ", option("--target", "d1:remote/DB")), exit_code=2,
        )
    ]  # fmt: skip
