"""What to do next, as a value: words, commands, and which of them a person has to choose among.

A command is made from its words, never from text; see :mod:`landed.core.command`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from landed.core.command import (
    APPLY,
    DOCTOR,
    LOCK,
    REHEARSE,
    STATUS,
    Command,
    Effect,
    landed,
    option,
    program,
)
from landed.core.printable import escaped
from landed.core.words import Blank, Hint, Quoted, Variable, shell_word

__all__ = [
    "APPLY",
    "BREAK",
    "DOCTOR",
    "LOCK",
    "REHEARSE",
    "STATUS",
    "Action",
    "Blank",
    "Command",
    "Effect",
    "Hand",
    "Hint",
    "Next",
    "Quoted",
    "Variable",
    "as_next",
    "landed",
    "lines",
    "option",
    "program",
    "several",
    "shell_word",
    "with_options",
]


class _Break:
    """The end of a line."""


BREAK = _Break()


class Hand(str):
    """Words that are themselves an alternative: something to be done, or to be left, by hand.

    One that is not ``said`` stands in no text, since it goes without saying: to change nothing.
    """

    said: bool
    choice: str | None

    def __new__(cls, words: str, choice: str | None = None, *, said: bool = True) -> Hand:
        """The words as they are, but for what steers a terminal or breaks the line."""
        made = super().__new__(cls, escaped(words))
        made.said, made.choice = said, choice
        return made

    def among(self, choice: str) -> Hand:
        """The same as one of the alternatives of a group."""
        return Hand(self, choice, said=self.said)


Part = str | Command | Hand | _Break


class Action(NamedTuple):
    """One step that can be taken: a command, or (``None``) something by hand, always one of a choice.

    ``text`` is what stands before the command in words, or what is to be done by hand. ``choice`` names the
    group of at least two alternatives between which only a person decides; ``None``: it can be run as it is.
    """

    command: Command | None
    text: str | None
    choice: str | None

    @property
    def effect(self) -> Effect:
        """What it does."""
        return self.command.effect if self.command is not None else Effect.BY_HAND


class Next(str):
    """What to do next: words, commands, and ``BREAK`` between lines. Itself the text without options.

    Words are taken as they are, but for what steers a terminal or breaks the line; commands in them are
    text. ``None`` and empty parts are left out.
    """

    parts: tuple[Part, ...]

    def __new__(cls, *parts: Part | None, choice: str | None = None) -> Next:
        """One after the other; those of a part that is a :class:`Next` itself are taken over.

        With ``choice``, the commands that can be run now and the :class:`Hand` parts are its alternatives.
        """
        flat: list[Part] = []
        for part in parts:
            if isinstance(part, Next):
                flat += part.parts
            elif isinstance(part, Command | Hand | _Break):
                flat.append(part)
            elif part:
                flat.append(escaped(part))
        if choice is not None:
            flat = [p.among(choice) if _is_free(p) else p for p in flat]  # type: ignore[union-attr]
        texts = ("\n" if isinstance(p, _Break) else p for p in flat if _is_said(p))
        made = super().__new__(cls, "".join(texts))
        made.parts = tuple(flat)
        return made

    @property
    def actions(self) -> tuple[Action, ...]:
        """The steps that can be taken now, in order; empty where something has to be done by hand first.

        Whatever needs a person's word is one of a choice: where no other alternative is named, the other one
        is to change nothing.
        """
        found = list(dict.fromkeys(self._offered()))
        for number, action in enumerate(found):
            if action.choice is None and action.command is not None and action.command.is_personal:
                found[number] = action._replace(choice=_own(action.command))
        groups = [a.choice for a in found if a.choice is not None]
        alone = [group for group in dict.fromkeys(groups) if groups.count(group) == 1]
        return (*found, *(Action(None, _NOTHING, group) for group in alone))

    def _offered(self) -> Iterable[Action]:
        words = ""
        for part in self.parts:
            if isinstance(part, Command):
                if not part.later:
                    yield Action(part, _reason(words), part.choice)
                words = ""
            elif isinstance(part, Hand):
                if part.choice is not None:
                    yield Action(None, part, part.choice)
                words = ""
            else:
                words = "" if isinstance(part, _Break) else part

    @property
    def has_command(self) -> bool:
        """Whether it names a command."""
        return any(isinstance(part, Command) for part in self.parts)

    def shown(self, each: Callable[[Command], str]) -> Next:
        """The same with every command as ``each`` shows it."""
        return Next(*(each(p) if isinstance(p, Command) else p for p in self.parts if _is_said(p)))

    @property
    def first(self) -> Command | None:
        """The command that it begins with; ``None`` where words stand before it."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], Command) else None

    @property
    def is_apply(self) -> bool:
        """Whether it is ``landed apply`` and no more."""
        return self.first is not None and str(self) == str(APPLY)

    def instead(self, verb: str, other: str, *names: str) -> Next:
        """The same with another command of landed, of these names, wherever it has one of this verb."""
        parts = self.parts
        return Next(
            *(p.but(other, *names) if isinstance(p, Command) and p.verb == verb else p for p in parts)
        )


_NOTHING = "change nothing"
_JOINING = frozenset({"", "or", "then", "then run"})


def _reason(words: str) -> str | None:
    """When to do something, from the words before it; ``None`` where these only join."""
    told = words.strip(" :(,.;")
    return None if told.lower() in _JOINING else told


def _is_said(part: Part) -> bool:
    return part.said if isinstance(part, Command | Hand) else True


def _is_free(part: Part) -> bool:
    if isinstance(part, Command):
        return not part.later and part.choice is None
    return isinstance(part, Hand) and part.choice is None


def _own(command: Command) -> str:
    """The name of a choice that a command brings with it."""
    return " ".join((command.verb or command.words[0], *command.names, *command.losses))


def as_next(text: str | None) -> Next:
    """What an error says to do, with no command in it where it is a plain text."""
    return text if isinstance(text, Next) else Next(text)


def several(texts: Iterable[str]) -> Next:
    """A text of several lines, whatever is in each of them."""
    parts: list[Part] = []
    for text in texts:
        parts += [BREAK, text] if parts else [text]
    return Next(*parts)


def with_options(text: str, each: Callable[[Command], str]) -> str:
    """A text that may be a :class:`Next` or a :class:`Command`, its commands as ``each`` shows them."""
    if isinstance(text, Next):
        return text.shown(each)
    if isinstance(text, Command):
        return each(text)
    return text


def lines(text: str) -> list[str]:
    """The lines of what to do next: those of a :class:`Next`; any other text is one line."""
    return text.split("\n") if isinstance(text, Next) else [text]
