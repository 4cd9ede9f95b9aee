"""shadow pull: what a shadow starts from, taken from the live database and written into the project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.errors import ConfigError, UsageError
from landed.core.facts import EXISTS, FactKey
from landed.core.migration import Migration
from landed.core.next import landed
from landed.core.printable import escaped
from landed.core.timeline import BASE, Step
from landed.ops.needs_managed import needs_managed
from landed.ops.workspace import Workspace
from landed.project.regular_files import SQL_BYTES, read
from landed.project.regular_files import write as write_file
from landed.project.settings import FILE

if TYPE_CHECKING:
    from landed.core.timeline import Progress

COMMAND = landed("shadow", "pull", base=True)
_ROUNDS = 6
_THERE = (
    (re.compile(r'column "(.+)" of relation "(.+)" already exists'), r"column \2.\1"),
    (re.compile(r'constraint "(.+)" for relation "(.+)" already exists'), r"constraint \2.\1"),
    (re.compile(r'policy "(.+)" for table "(.+)" already exists'), r"policy \2.\1"),
    (re.compile(r'trigger "(.+)" for relation "(.+)" already exists'), r"trigger \2.\1"),
    (re.compile(r'relation "(.+)" already exists'), r"relation \1"),
    (re.compile(r'type "(.+)" already exists'), r"type \1"),
    (re.compile(r'function "(.+)" already exists with same argument types'), r"function \1"),
    (re.compile(r'schema "(.+)" already exists'), r"schema \1"),
    (re.compile(r'multiple primary keys for table "(.+)" are not allowed'), r"primary key \1"),
)
"""What the server says of an object that a file makes and the starting schema has, too."""


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


def propose() -> str:
    """What to do when files of a Postgres history need what no file makes, for ``status``."""
    return f"run: {COMMAND}"


def pull_managed(workspace: Workspace) -> Pulled:
    """The schemas that the platform manages, as they are. Raises UsageError, CannotKnow."""
    from landed.engines.postgres.catalog.dump import dump_managed
    from landed.engines.postgres.catalog.scope import SUPABASE

    _must_be_postgres(workspace)
    if workspace.spec.kind != "supabase":
        raise UsageError(
            f"{workspace.spec.label} is no Supabase project: there is nothing that a platform manages",
            next=f"for the schema that the history starts from: {COMMAND}",
        )
    with workspace.pg.target.connect(readonly=True).connection as connection:
        text = dump_managed(connection, SUPABASE)
    head = (
        f"-- What Supabase manages in {escaped(workspace.spec.label)}: its schemas, without rows.\n"
        "-- Written by: landed shadow pull. Shadows start from it; it is never run on a target.\n"
    )
    return _pulled(workspace, "managed", head + text)


def pull_base(workspace: Workspace, *, progress: Progress | None = None) -> Pulled:
    """The schema that the history starts from: what the database has and no file makes.

    The files are replayed without it, and what they make is left out; then with it, until no file meets an
    object that is there already. Raises UsageError, ConfigError, CannotKnow.
    """
    from landed.engines.postgres.catalog.dump import Owned

    _must_be_postgres(workspace)
    target = workspace.pg.target
    try:
        workspace.engine.learn(target.read())
        scope = target.scope
    finally:
        target.close()
    with target.connect(readonly=True).connection as connection:
        owned = Owned(connection, scope)
    files = workspace.migrations().migrations
    steps = workspace.engine.replay(files, progress=progress)
    before = sum(step.failed for step in steps)
    known = made(steps)
    after = before
    for _ in range(_ROUNDS):
        text = owned.sql(partial(_is_made, known))
        base = Migration(BASE, "", "base", text, workspace.engine.parse)
        steps = workspace.engine.replay([base, *files], progress=progress)[1:]
        after = sum(step.failed for step in steps)
        met = there_already(steps) - known
        if not met:
            break
        known |= met
    label = escaped(workspace.spec.label)
    head = (
        f"-- What the migrations start from: what {label} has and no file makes. No rows.\n"
        f"-- Written by: {COMMAND}. It counts as applied before the first file.\n"
    )
    lacks = any(needs_managed(workspace, failure) for step in steps for failure in step.failures)
    return replace(_pulled(workspace, "base", head + text, before, after), lacks_managed=lacks)


def made(steps: Sequence[Step]) -> frozenset[str]:
    """Labels of the objects that files make, whether or not they could be replayed."""
    return frozenset(
        name
        for step in steps
        for trace in step.traces
        for change in trace.effects
        if change.key.prop == EXISTS and change.after is not None and (name := label_of(change.key))
    )


def there_already(steps: Sequence[Step]) -> frozenset[str]:
    """Labels, without schemas, of the objects that files failed over because they were there."""
    found = set()
    for step in steps:
        for failure in step.failures:
            for pattern, name in _THERE:
                if match := pattern.search(failure.message):
                    found.add(match.expand(name))
                    break
    return frozenset(found)


def label_of(key: FactKey) -> str:
    """A fact's object as a dump calls it; ``""`` for what a dump has no name for."""
    from landed.engines.postgres.kinds import KINDS

    kind = KINDS.get(key.kind)
    if kind is None or not (kind.space or kind.on == "table"):
        return ""
    # An index shares its names with whatever lies in its table's schema.
    within = key.parent.rpartition(".")[0] if kind.space else key.parent
    name = f"{within}.{key.name}" if within else key.name
    return f"{kind.space or kind.name} {name}".replace('"', "")


def _is_made(known: frozenset[str], label: str) -> bool:
    """Whether an object is among those known, which may be known without their schemas only."""
    if label in known:
        return True
    kind, _, name = label.partition(" ")
    bare = name.partition("(")[0].partition(".")[2]
    if kind == "constraint" and name.endswith("_pkey"):
        return f"{kind} {bare}" in known or f"primary key {bare.partition('.')[0]}" in known
    return bool(bare) and f"{kind} {bare}" in known


def _must_be_postgres(workspace: Workspace) -> None:
    if not workspace.is_postgres:
        raise UsageError(
            f"shadow pull is for Postgres and Supabase; {workspace.spec.label} is neither",
            next="name one: --target supabase:linked or a Postgres URL",
        )


def _pulled(
    workspace: Workspace, kind: str, text: str, before: int | None = None, after: int | None = None
) -> Pulled:
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
    return Pulled(kind, path, shown, text, f"{kind} = {_quoted(near)}", setting is not None, before, after)


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
