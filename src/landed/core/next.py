"""What to do next, as a value: words, and commands that are made from their arguments, never from text.

A command that is shown is pasted into a shell. Names in it come from databases, files and servers, so each
is one word of the shell and no option, whatever it is: ``x$(touch y)``, ``--yes``, ``a\nb``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable

from landed.core.printable import escaped, is_shown_whole

VERBS = (
    "status|verify|apply|resume|repair|undo|rehearse|drift|lock|shadow|exec|doctor|demo|completion"
)  # fmt: skip
_VERB = re.compile(r"\w+")
_COMMIT = re.compile(r"[0-9a-f]{7,40}\^\Z")
_WRITTEN = re.compile(rf"\blanded (?=(?:{VERBS})\b)")


class Hint(str):
    """A word that is shown in double quotes if these keep it: ``"…"`` for what the user puts there."""


class Variable(str):
    """The name of an environment variable, whose value is the word: ``"$DATABASE_URL"``."""


class Quoted(str):
    """A word that is shown in quotes, also where no shell needs them."""


def shell_word(text: str) -> str:
    r"""A name as one word of a command that can be pasted into a shell.

    What cannot be shown is written with the shell's ``printf``, in which every shell finds the same bytes
    (``$'…'`` is not known to all of them).
    """
    if isinstance(text, Variable) and text.isidentifier() and text.isascii():
        return f'"${text}"'
    # Within single quotes a backslash is one to most shells; to fish it takes the meaning of a quote or
    # another one after it.
    if not is_shown_whole(text) or any(pair in text + "'" for pair in ("\\'", "\\\\")):
        return _printf(text)
    if isinstance(text, Hint) and not any(c in '"$`\\!' for c in text):
        return f'"{text}"'
    # To zsh "=ls" is the path of ls.
    if isinstance(text, Quoted) or text.startswith("="):
        return "'" + text.replace("'", "'\"'\"'") + "'"
    if (text and all(c.isalnum() or c in "._-/:" for c in text)) or _COMMIT.match(text):
        return text
    return shlex.quote(text)


def _printf(text: str) -> str:
    if text.endswith("\n"):
        # A substitution takes line breaks off the end. No quote is in the word: also where a shell does not
        # know this form, nothing of it is code.
        return "$'" + "".join(c if c not in "\\'" and is_shown_whole(c) else _octal(c) for c in text) + "'"
    body = "".join(
        "%%" if c == "%" else c if c not in "\\'" and is_shown_whole(c) else _octal(c) for c in text
    )
    if body.startswith("-"):
        body = "\\055" + body[1:]
    return f"\"$(printf '{body}')\""


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in _bytes(character))


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


class Command(str):
    """One command line: the text that can be pasted. ``program`` is its first word, ``rest`` all after it.

    The options that the user gave are put between both where it is shown. ``verb``, ``names`` and
    ``options`` (shell text) are those of a command of landed.
    """

    program: str
    rest: str
    verb: str
    names: tuple[str, ...]
    options: tuple[str, ...]

    def __new__(
        cls,
        program: str,
        rest: str,
        verb: str = "",
        names: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
    ) -> Command:
        """``rest`` and ``options`` are shell text already."""
        made = super().__new__(cls, f"{program} {rest}".rstrip())
        made.program, made.rest = program, rest
        made.verb, made.names, made.options = verb, names, options
        return made

    def but(self, verb: str, *names: str) -> Command:
        """Another command of landed with the options of this one."""
        return _landed(verb, names, self.options)

    def allowing(self, losses: Iterable[str]) -> Command:
        """The same with these losses allowed by name."""
        more = tuple(f"--allow {shell_word(Quoted(loss))}" for loss in losses)
        if not more:
            return self
        return _landed(self.verb, self.names, (*self.options, *more))


Value = str | int | bool | Iterable[str | int] | None


def landed(verb: str, *names: str, **options: Value) -> Command:
    """A command of landed: ``landed("repair", name, reason=Hint("…"), yes=True)``.

    Options are flags (``True``), values, or several of them; what is ``None``, ``False`` or empty is left
    out. A name that would be read as an option stands behind ``--``, such a value behind ``=``.
    """
    return _landed(verb, names, tuple(w for name, value in options.items() for w in _option(name, value)))


def _landed(verb: str, names: tuple[str, ...], options: tuple[str, ...]) -> Command:
    words = [shell_word(name) for name in names]
    if any(name.startswith("-") for name in names):
        rest = [verb, *options, "--", *words]
    else:
        rest = [verb, *words, *options]
    return Command("landed", " ".join(rest), verb, names, options)


def _option(name: str, value: Value) -> list[str]:
    flag = "--" + name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, str | int):
        text = value if isinstance(value, str) else str(value)
        return [f"{flag}={shell_word(text)}"] if text.startswith("-") else [flag, shell_word(text)]
    return [word for each in value for word in _option(name, each)]


def option(flag: str, value: str) -> Command:
    """An option to give besides, as words of a shell: ``option("--env", name)``."""
    head, _, rest = " ".join(_option(flag.removeprefix("--"), value)).partition(" ")
    return Command(head, rest)


APPLY, STATUS, DOCTOR = landed("apply"), landed("status"), landed("doctor")


def program(name: str, *arguments: str) -> Command:
    """A command of another program, such as ``program("git", "show", ref)``. The caller keeps names that
    may begin with ``-`` from where they would be options, as no two programs agree on that."""
    return Command(name, " ".join(shell_word(word) for word in arguments))


def as_command(text: str) -> Command:
    """A command of landed's own that is given as a text without names."""
    if isinstance(text, Command):
        return text
    verb, _, rest = text.removeprefix("landed ").partition(" ")
    return _landed(verb, (), (rest,) if rest else ())


class _Break:
    """The end of a line."""


BREAK = _Break()
Part = str | Command | _Break


class Next(str):
    """What to do next: words, commands, and ``BREAK`` between lines. Itself the text without options.

    Words are taken as they are, but for what steers a terminal or breaks the line; commands in them are
    text. ``None`` and empty parts are left out.
    """

    parts: tuple[Part, ...]

    def __new__(cls, *parts: Part | None) -> Next:
        """One after the other; those of a part that is a :class:`Next` itself are taken over."""
        flat: list[Part] = []
        for part in parts:
            if isinstance(part, Next):
                flat += part.parts
            elif isinstance(part, Command | _Break):
                flat.append(part)
            elif part:
                flat.append(escaped(part))
        made = super().__new__(cls, "".join("\n" if isinstance(p, _Break) else p for p in flat))
        made.parts = tuple(flat)
        return made

    def shown(self, each: Callable[[Command], str]) -> Next:
        """The same with every command as ``each`` shows it."""
        return Next(*(each(part) if isinstance(part, Command) else part for part in self.parts))

    def instead(self, verb: str, other: str, *names: str) -> Next:
        """The same with another command of landed, of these names, wherever it has one of this verb."""
        parts = self.parts
        return Next(
            *(p.but(other, *names) if isinstance(p, Command) and p.verb == verb else p for p in parts)
        )


def prose(text: str) -> Next:
    """Words of landed's own with the commands in them: ``prose("Correct the file. Then run: landed apply")``.

    For texts in the source only: nothing from outside may be in them.
    """
    parts: list[Part] = []
    for number, line in enumerate(text.split("\n")):
        parts += [BREAK, as_next(line)] if number else [as_next(line)]
    return Next(*parts)


def as_next(text: str | None) -> Next:
    """What an error says to do, whether or not it has commands as such: in a plain text, which is one line,
    they are looked for."""
    if isinstance(text, Next):
        return text
    if isinstance(text, Command):
        return Next(text)
    parts: list[Part] = []
    rest = text or ""
    while (found := _WRITTEN.search(rest)) is not None:
        verb = _VERB.match(rest, found.end())
        assert verb is not None
        parts += [rest[: found.start()], Command("landed", verb.group(), verb.group())]
        rest = rest[verb.end() :]
    return Next(*parts, rest)


def several(texts: Iterable[str]) -> Next:
    """A text of several lines, whatever is in each of them."""
    parts: list[Part] = []
    for text in texts:
        parts += [BREAK, text] if parts else [text]
    return Next(*parts)


def with_options(text: str, each: Callable[[Command], str]) -> str:
    """A text that may be a :class:`Next` or a :class:`Command`, its commands as ``each`` shows them.

    In a plain text they are looked for: such a text is landed's own, without anything from outside.
    """
    if isinstance(text, Next):
        return text.shown(each)
    if isinstance(text, Command):
        return each(text)

    def given(found: re.Match[str]) -> str:
        # A name in double quotes is none of landed's words, whatever it is.
        named = text.count('"', 0, found.start()) % 2 == 1
        return found[0] if named else each(Command("landed", "", "…")) + " "

    return _WRITTEN.sub(given, text)


def lines(text: str) -> list[str]:
    """The lines of what to do next: those of a :class:`Next`; any other text is one line."""
    return text.split("\n") if isinstance(text, Next) else [text]
