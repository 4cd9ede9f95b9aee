"""What may stand after ``--target``, for the shell's completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_FURTHER = ("d1:local", "d1:remote", "supabase:local", "supabase:linked", "sqlite:", "postgres:")


def complete_target(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Targets that the settings file names, the databases of the configuration, and forms of names.

    Never raises: a wrong configuration is not what somebody who presses TAB wants to hear of.
    """
    from click.shell_completion import CompletionItem

    found = [CompletionItem(name, help=told) for name, told in _known(context).items()]
    return [item for item in found if item.value.startswith(incomplete)]


def _known(context: click.Context) -> dict[str, str | None]:
    from pathlib import Path

    from landed.core.errors import LandedError
    from landed.project.discovery import discover

    folder: Any = context.params.get("project") or context.find_root().params.get("project") or "."
    names: dict[str, str | None] = {}
    try:
        project = discover(Path(folder))
    except (LandedError, OSError, ValueError):
        return dict.fromkeys(_FURTHER)
    names |= {target.name: f"${target.variable}" for target in project.settings.targets}
    if len(project.databases) > 1:
        names |= {
            f"d1:{place}/{database.binding.value}": None
            for place in ("local", "remote")
            for database in project.databases
        }
    return names | dict.fromkeys(_FURTHER)
