"""The targets that a project's settings file names: which there are, and what their variables hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
