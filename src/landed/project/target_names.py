"""The targets that a project's settings file names: which there are, and what their variables hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from landed.core.errors import UsageError
from landed.core.next import Next, landed
from landed.project.discovery import Project
from landed.project.named_targets import NamedTarget
from landed.project.provenance import Value


def variables_of(project: Project) -> Iterator[tuple[NamedTarget, Value[str] | None]]:
    """Each named target with what its variable holds and who said so: the environment, else ``.env``;
    ``None``: nobody. What it holds is secret."""
    from landed.project.dotenv import read_dotenv

    targets = project.settings.targets
    dotenv = read_dotenv((project.root, project.start)) if targets else {}
    for target in targets:
        value, file = dotenv.get(target.variable, ("", Path()))
        if project.environ.get(target.variable):
            yield target, Value(project.environ[target.variable], f"environment {target.variable}")
        else:
            yield target, Value(value, f"{file.name} {target.variable}") if value else None


def find_target(project: Project, name: str) -> NamedTarget | None:
    """The target of this name."""
    return next((target for target in project.settings.targets if target.name == name), None)


def known_targets(project: Project) -> list[str]:
    """Which targets there are, for an error about a name that is none; empty: there are none."""
    names = ", ".join(target.name for target in project.settings.targets)
    file = project.settings.file
    return [f"named in {file.name}: {names}"] if names and file else []


def close_to(project: Project, name: str) -> str | None:
    """The target that was probably meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, [t.name for t in project.settings.targets], n=1)), None)


def no_target(project: Project) -> UsageError:
    """The error where nothing says which database is meant: those with names, else the folders below."""
    if project.settings.targets:
        looks = [landed("status", target=target.name) for target in project.settings.targets]
        first, *others = looks
        return UsageError(
            "no target: say which one",
            details=known_targets(project),
            next=Next(first, *(o.unsaid() for o in others), choice="target" if others else None),
        )
    from landed.project.below import help_below

    details, way = help_below(project.start, ("d1", "supabase", "landed"))
    return UsageError(
        f"no target: there is no wrangler or Supabase configuration in {project.start} or above it",
        details=[*(note.text for note in project.notes), *details],
        next=way or "name a database: --target sqlite:PATH, or the folder that has one: --project DIR",
    )
