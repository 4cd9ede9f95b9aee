"""shadow pull: what a shadow starts from, taken from the live database and written into the project."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from landed.core.errors import ConfigError, UsageError
from landed.core.timeline import Progress
from landed.engines.base import StartingSchema
from landed.engines.contract import CanPull
from landed.ops.workspace import Workspace
from landed.project.regular_files import SQL_BYTES, read
from landed.project.regular_files import write as write_file
from landed.project.settings import FILE


@dataclass(frozen=True, slots=True)
class Pulled:
    """A SQL file to be written. ``path`` is absolute, ``shown`` relative to the project; ``setting`` is the
    line of ``[shadow]`` that names it, and ``set`` whether the settings say it already. ``failed_before``
    and ``failed_after`` count the files that do not replay without and with it; ``None`` where that is
    not the question. ``lacks_managed`` is whether files need what the platform has in this project only."""

    kind: str
    path: Path
    shown: str
    text: str
    setting: str
    set: bool
    failed_before: int | None = None
    failed_after: int | None = None
    lacks_managed: bool = False

    @property
    def differs(self) -> bool:
        """Whether a file is there that holds something else."""
        try:
            return read(self.path, self.shown, most=SQL_BYTES) != self.text.encode()
        except OSError:
            return False


def pull_managed(workspace: Workspace) -> Pulled:
    """The schemas that the platform manages, as they are. Raises UsageError, CannotKnow."""
    return _pulled(workspace, "managed", StartingSchema(_able(workspace).pull_managed()))


def pull_base(workspace: Workspace, *, progress: Progress | None = None) -> Pulled:
    """The schema that the history starts from: what the database has and no file makes.

    Raises UsageError, ConfigError, CannotKnow.
    """
    return _pulled(workspace, "base", _able(workspace).pull_base(progress))


def _able(workspace: Workspace) -> CanPull:
    engine = workspace.engine
    if isinstance(engine, CanPull):
        return engine
    raise UsageError(
        f"shadow pull is for Postgres and Supabase; {workspace.spec.label} is neither",
        next="name one: --target supabase:linked or a Postgres URL",
    )


def _pulled(workspace: Workspace, kind: str, found: StartingSchema) -> Pulled:
    settings, start = workspace.project.settings, workspace.project.start
    setting = settings.managed if kind == "managed" else settings.base
    if setting is not None:
        path = Path(setting.value)
    else:
        hosted = workspace.spec.supabase is not None
        folder = workspace.directory.parent if hosted else start
        path = folder / f"landed-{kind}.sql"
    place = settings.file.parent if settings.file is not None else start
    near = os.path.relpath(path, place).replace(os.sep, "/")
    shown = os.path.relpath(path, start).replace(os.sep, "/")
    line = f"{kind} = {_quoted(near)}"
    before, after = found.failed_before, found.failed_after
    return Pulled(
        kind, path, shown, found.text, line, setting is not None, before, after, found.lacks_managed
    )


def _quoted(path: str) -> str:
    """A path as a string of TOML, whose escapes are those of JSON."""
    return json.dumps(path, ensure_ascii=False).replace("\x7f", "\\u007f")


def write(workspace: Workspace, pulled: Pulled, *, settings: bool) -> Path | None:
    """Write the file, and with ``settings`` name it in landed.toml; returns that file if it was changed."""
    try:
        pulled.path.parent.mkdir(parents=True, exist_ok=True)
        write_file(pulled.path, pulled.text.encode(), pulled.shown)
    except OSError as error:
        raise ConfigError(f"{pulled.shown} cannot be written: {error.strerror}") from error
    file = workspace.project.settings.file
    if not settings or pulled.set or (file is not None and file.name != FILE):
        return None
    file = file or workspace.project.start / FILE
    text = read(file, file.name).decode() if file.exists() else ""
    write_file(file, with_setting(text, pulled.setting).encode(), file.name)
    return file


def with_setting(text: str, line: str) -> str:
    """A settings file's text with one more line in its table ``[shadow]``, which is made if need be."""
    header = re.search(r"^\[shadow\][^\n]*(?:\n|\Z)", text, re.MULTILINE)
    if header is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[shadow]\n{line}\n"
    head = text[: header.end()]
    return f"{head}{'' if head.endswith(chr(10)) else chr(10)}{line}\n{text[header.end() :]}"
