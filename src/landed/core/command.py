"""Commands as values: their words, what they do, which consent they need, what they lose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from landed.core.words import Assigned, Quoted, is_blank, shell_word


class Effect(StrEnum):
    """What a step does, as a stable word."""

    READ = "read"
    WRITE_SCHEMA = "write-schema"
    WRITE_HISTORY = "write-history"
    WRITE_FILES = "write-files"
    RUN_SQL = "run-sql"
    RESTORE = "restore"
    OTHER = "other"
    BY_HAND = "by-hand"


EFFECTS: Final = {
    "status": Effect.READ,
    "verify": Effect.READ,
    "apply": Effect.WRITE_SCHEMA,
    "resume": Effect.WRITE_SCHEMA,
    "repair": Effect.WRITE_HISTORY,
    "undo": Effect.RESTORE,
    "rehearse": Effect.READ,
    "drift": Effect.READ,
    "lock": Effect.WRITE_FILES,
    "shadow": Effect.WRITE_FILES,
    "exec": Effect.RUN_SQL,
    "doctor": Effect.READ,
    "selftest": Effect.OTHER,
    "demo": Effect.READ,
    "completion": Effect.READ,
}
"""What each command of landed does; ``demo`` writes into folders of its own only."""

_ASK: Final = frozenset({"apply", "resume", "repair", "undo", "shadow", "exec", "selftest"})
"""The commands that ask before they change anything, unless ``--yes`` is given."""

_OTHERWISE: Final = {"--dry-run": Effect.READ, "--check": Effect.READ, "--fetch": Effect.WRITE_FILES}
"""Options with which a command does something else."""

_NO_LOSS: Final = "run:"
"""How the name of what is allowed begins where it loses nothing: a late file that is run after all."""

_PERSONAL: Final = ("--allow", "--reason", "--accept", "--ran", "--run")
"""Options that are somebody's word."""


class Command(str):
    """One command line: the text that can be pasted, made from its words.

    ``words`` is the argument vector, the program first. ``verb``, ``names`` and ``options`` are those of a
    command of landed. ``later`` says that something has to be done by hand before it; ``said`` whether it
    stands in texts; ``choice`` names the group of alternatives to which it belongs.
    """

    words: tuple[str, ...]
    verb: str
    names: tuple[str, ...]
    options: tuple[str, ...]
    effect: Effect
    later: bool
    said: bool
    choice: str | None

    def __new__(
        cls,
        words: Sequence[str],
        verb: str = "",
        names: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
        effect: Effect = Effect.OTHER,
    ) -> Command:
        """The command of these words."""
        made = super().__new__(cls, " ".join(map(shell_word, words)))
        made.words, made.verb, made.names, made.options = tuple(words), verb, names, options
        made.effect, made.later, made.said, made.choice = effect, False, True, None
        return made

    def but(self, verb: str, *names: str) -> Command:
        """Another command of landed with the options of this one."""
        return self._as_this(_landed(verb, names, self.options))

    def allowing(self, losses: Iterable[str]) -> Command:
        """The same with these losses allowed by name."""
        more = tuple(word for loss in losses for word in ("--allow", Quoted(loss)))
        if not more:
            return self
        return self._as_this(_landed(self.verb, self.names, (*self.options, *more)))

    def afterwards(self) -> Command:
        """The same, to be run when something has been done by hand: a mention, no step that can be taken."""
        made = self._copy()
        made.later = True
        return made

    def unsaid(self) -> Command:
        """The same as a step that stands in no text: another way, which goes without saying."""
        made = self._copy()
        made.said = False
        return made

    def among(self, choice: str) -> Command:
        """The same as one of the alternatives of a group."""
        made = self._copy()
        made.choice = choice
        return made

    def _copy(self) -> Command:
        made = Command(self.words, self.verb, self.names, self.options, self.effect)
        return self._marked(made)

    def _as_this(self, other: Command) -> Command:
        return self._marked(other)

    def _marked(self, other: Command) -> Command:
        other.later, other.said, other.choice = self.later, self.said, self.choice
        return other

    @property
    def is_of_landed(self) -> bool:
        """Whether it is a whole command of landed, before whose name the user's options may stand."""
        return bool(self.verb)

    @property
    def asks(self) -> bool:
        """Whether it changes nothing without consent (``--yes``)."""
        return self.verb in _ASK and self.effect is not Effect.READ

    @property
    def bare(self) -> tuple[str, ...]:
        """The words without consent."""
        end = self.words.index("--") if "--" in self.words else len(self.words)
        return tuple(w for n, w in enumerate(self.words) if w != "--yes" or n > end or not self.verb)

    @property
    def losses(self) -> tuple[str, ...]:
        """What it loses, or is allowed to, by the stable names of the losses."""
        allowed = (value for flag, value in self._personal() if flag == "--allow")
        named = tuple(value for value in allowed if not value.startswith(_NO_LOSS))
        return named or (("restore",) if self.effect is Effect.RESTORE else ())

    @property
    def consent(self) -> tuple[str, ...]:
        """What a person has to say for it: ``--yes``, ``--allow=drop-table:t``, ``--reason``."""
        said = (flag if flag == "--reason" else f"{flag}={value}" for flag, value in self._personal())
        return (*(("--yes",) if self.asks else ()), *said)

    @property
    def is_personal(self) -> bool:
        """Whether only a person can decide to run it: it needs somebody's word, or a word to be filled in."""
        return bool(self._personal() or self.losses) or any(map(is_blank, self.words))

    def _personal(self) -> list[tuple[str, str]]:
        pairs = zip(self.options, (*self.options[1:], ""), strict=False)
        found = ((w.flag, w.value) if isinstance(w, Assigned) else (w, after) for w, after in pairs)
        return [(flag, value) for flag, value in found if flag in _PERSONAL]


Value = str | int | bool | Iterable[str | int] | None


def landed(verb: str, *names: str, **options: Value) -> Command:
    """A command of landed: ``landed("repair", name, reason=Hint("…"), yes=True)``.

    Options are flags (``True``), values, or several of them; what is ``None``, ``False`` or empty is left
    out. A name that would be read as an option stands behind ``--``, such a value behind ``=``.
    """
    return _landed(verb, names, tuple(w for name, value in options.items() for w in _option(name, value)))


def _landed(verb: str, names: tuple[str, ...], options: tuple[str, ...]) -> Command:
    if any(name.startswith("-") for name in names):
        rest = [*options, "--", *names]
    else:
        rest = [*names, *options]
    effect = next((_OTHERWISE[o] for o in options if o in _OTHERWISE), EFFECTS.get(verb, Effect.OTHER))
    return Command(["landed", verb, *rest], verb, names, options, effect)


def _option(name: str, value: Value) -> list[str]:
    flag = "--" + name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, str | int):
        text = value if isinstance(value, str) else str(value)
        return [Assigned(flag, text)] if text.startswith("-") else [flag, text]
    return [word for each in value for word in _option(name, each)]


def option(flag: str, value: str) -> Command:
    """An option to give besides, as words of a shell: ``option("--env", name)``. No command by itself."""
    return Command(_option(flag.removeprefix("--"), value)).afterwards()


def program(name: str, *arguments: str, effect: Effect = Effect.OTHER) -> Command:
    """A command of another program, such as ``program("git", "show", ref)``. The caller keeps names that
    may begin with ``-`` from where they would be options, as no two programs agree on that."""
    return Command([name, *arguments], effect=effect)


APPLY, STATUS, DOCTOR = landed("apply"), landed("status"), landed("doctor")
REHEARSE, LOCK = landed("rehearse"), landed("lock")
