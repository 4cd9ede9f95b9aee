"""doctor's look at the targets to which the settings file gives names."""

from __future__ import annotations

from collections.abc import Iterator

from landed.core.check import Check, Level
from landed.project.discovery import Project
from landed.project.target_names import variables_of


def named_targets(project: Project) -> Iterator[Check]:
    """Each name with its variable, and whether that is set and by whom; no value is shown."""
    for named, found in variables_of(project):
        where = found.origin.rpartition(" ")[0] if found else ""
        said = f"set in {'the environment' if where == 'environment' else where}" if found else "not set"
        yield Check(
            "configuration", f"target-{named.name}", f"target {named.name}", f"{named.variable}, {said}",
            named.origin, Level.GOOD if found else Level.NOTE,
            None if found else f"--target {named.name} stops: {named.variable} holds no URL here",
            None if found else f"set {named.variable} to the database's URL",
        )  # fmt: skip
