"""doctor: what is in force, where it comes from, what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import apsw

from landed.core.errors import LandedError, UsageError
from landed.core.next import several
from landed.project.discovery import Project
from landed.project.target_spec import TargetSpec


class Level(StrEnum):
    """How a check came out. A warning is worth reading; only an error stops landed."""

    GOOD = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    ``code`` is stable, ``label`` its name for people. ``value`` is what is in force, ``origin`` who
    said so (``wrangler.toml:12``, ``flag --env``, ``default``). ``problem`` says what is wrong or worth
    knowing, ``next`` what to do. ``exit_code`` is what an error of this kind ends with: 2 configuration,
    3 the database cannot be read.
    """

    area: str
    code: str
    label: str
    value: str | None = None
    origin: str | None = None
    level: Level = Level.GOOD
    problem: str | None = None
    next: str | None = None
    exit_code: int = 0


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
) -> Diagnosis:
    """Look at everything; a check that fails becomes an error in the report and stops no other.

    Nothing is written or created, neither in the project nor in the database nor in the cache.
    Raises nothing that a user can cause.
    """
    from landed.ops import doctor_database, doctor_engine, doctor_project, doctor_supabase
    from landed.project.discovery import discover
    from landed.project.naming import resolve_target

    checks: list[Check] = []
    project: Project | None = None
    spec: TargetSpec | None = None
    major: int | None = None

    def find() -> Iterable[Check]:
        nonlocal project
        if not start.is_dir():
            raise UsageError(f"{start} is not a folder", next="name the project's folder: --project DIR")
        yield from doctor_project.searched(start)
        yield from doctor_supabase.searched(start)
        project = discover(start, flags, environ)

    def resolve() -> Iterable[Check]:
        nonlocal spec
        if project is not None:
            spec = resolve_target(project, target)
        yield from ()

    checks += guarded("configuration", "configuration", "configuration", find)
    if project is not None:
        found = project
        checks += guarded("configuration", "settings", "settings", lambda: doctor_project.settings(found))
        unresolved = guarded("database", "target", "target", resolve)
        checks += guarded(
            "database",
            "databases",
            "databases",
            lambda: doctor_project.databases(found, spec),
        )
        checks += unresolved
    if project is not None and spec is not None:
        known, chosen = project, spec
        checks += guarded("database", "target", "target", lambda: doctor_project.target(known, chosen))
        if chosen.kind == "d1:remote":
            from landed.ops import doctor_remote

            checks += doctor_remote.examine(known, chosen, environ)
        elif chosen.dsn is not None:
            from landed.ops import doctor_postgres

            checks += guarded(
                "database", "address", "address", lambda: doctor_supabase.configuration(known, chosen)
            )
            found_there, major = doctor_postgres.examine(known, chosen)
            checks += found_there
        else:
            checks += doctor_database.examine(chosen, known.settings.persist_to)
        for code, look in doctor_project.FOLDER_CHECKS:
            checks += guarded("migrations", code, code, lambda look=look: look(known, chosen))  # type: ignore[misc]
    checks += guarded("landed", "landed", "landed", lambda: doctor_engine.examine(start, spec))
    if project is not None and spec is not None and spec.dsn is not None:
        from landed.ops import doctor_shadow

        where, which = project, spec
        checks += guarded("landed", "shadow", "shadow", lambda: doctor_shadow.examine(where, which, major))
    return Diagnosis(tuple(checks), project, spec)


def guarded(area: str, code: str, label: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks that ``look`` yields; an exception becomes one more, so that the others go on."""
    checks: list[Check] = []
    try:
        checks.extend(look())
    except LandedError as error:
        place = f"{error.where}: " if error.where else ""
        told = several([f"{place}{error.message}", *error.details])
        checks.append(
            Check(
                area, code, label, level=Level.ERROR, problem=told,
                next=error.next, exit_code=2 if isinstance(error, UsageError) else 3,
            )
        )  # fmt: skip
    except (OSError, apsw.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        checks.append(Check(area, code, label, level=Level.ERROR, problem=reason, exit_code=3))
    return checks
