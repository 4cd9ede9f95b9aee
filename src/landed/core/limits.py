"""What a replay may take of the machine: time, memory, disk. One set of bounds for every engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from landed.core.errors import ConfigError

_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of every replay of a repository's SQL, enforced from outside so that no SQL lifts them.

    ``statement_seconds``: one statement. ``total_seconds``: one command's replays together.
    ``memory_bytes``: what the engine may allocate (for SQLite the shadow database, which lives in memory,
    counts too; for Postgres, each process of the throw-away server). ``disk_bytes``: what the throw-away
    databases and their temporary files may hold together.
    """

    statement_seconds: float = 60.0
    total_seconds: float = 900.0
    memory_bytes: int = 1024 * _MB
    disk_bytes: int = 4096 * _MB


DEFAULT: Final = Limits()


class Bound(NamedTuple):
    """One limit as a setting: its name there, its field in :class:`Limits`, and what a setting may say.

    ``most`` holds for what a repository's files say; a person may go beyond it in the environment. Numbers
    are in the setting's own unit, of which one is ``factor`` units of the field.
    """

    setting: str
    field: str
    unit: str
    least: float
    most: float
    factor: int

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"LANDED_{self.setting.upper()}"


BOUNDS: Final = (
    Bound("statement_seconds", "statement_seconds", "seconds", 0.1, 600, 1),
    Bound("total_seconds", "total_seconds", "seconds", 0.1, 3600, 1),
    Bound("memory_mb", "memory_bytes", "MB", 32, 4096, _MB),
    Bound("disk_mb", "disk_bytes", "MB", 32, 16384, _MB),
)


class Given(NamedTuple):
    """What somebody set: the setting's name, the text, where it stands, and whether a person said it."""

    setting: str
    text: str
    origin: str
    by_person: bool


def read_limits(given: Iterable[Given]) -> Limits:
    """The limits in force. Raises ConfigError for no number, or one outside of what is allowed there."""
    bounds = {bound.setting: bound for bound in BOUNDS}
    values = {each.setting: _number(bounds[each.setting], each) for each in given}

    def value(setting: str, otherwise: float) -> float:
        return values[setting] * bounds[setting].factor if setting in values else otherwise

    return Limits(
        value("statement_seconds", DEFAULT.statement_seconds),
        value("total_seconds", DEFAULT.total_seconds),
        int(value("memory_mb", DEFAULT.memory_bytes)),
        int(value("disk_mb", DEFAULT.disk_bytes)),
    )


def how_to_raise(field: str) -> str:
    """What to do where a limit (a field of :class:`Limits`) stopped honest work."""
    (bound,) = (b for b in BOUNDS if b.field == field)
    return (
        f"If the file is right, allow more {bound.unit}: {bound.setting} below [limits] in landed.toml "
        f"(at most {bound.most:g}), or {bound.variable} in the environment."
    )


def _number(bound: Bound, given: Given) -> float:
    try:
        number = float(given.text)
    except ValueError:
        number = float("nan")
    if not number >= bound.least or number > 1e9:
        raise ConfigError(
            f'the setting "{bound.setting}" must be a number of {bound.unit}, at least {bound.least:g}',
            where=given.origin,
        )
    if not given.by_person and number > bound.most:
        raise ConfigError(
            f'the setting "{bound.setting}" may be at most {bound.most:g} {bound.unit} in a project file',
            next=f"if you trust the files, set it yourself: {bound.variable}={given.text.strip()}",
            where=given.origin,
        )
    return number
