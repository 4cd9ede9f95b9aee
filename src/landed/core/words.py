"""Words of a shell: a name is one word and no option, whatever it is.

A command that is shown is pasted into a shell. Names in it come from databases, files and servers:
``x$(touch y)``, ``--yes``, ``a\nb``.
"""

from __future__ import annotations

import re
import shlex

from landed.core.printable import is_shown_whole

_COMMIT = re.compile(r"[0-9a-f]{7,40}\^\Z")


class Hint(str):
    """A word that is shown in double quotes if these keep it: ``"…"`` for what the user puts there."""


class Blank(str):
    """A word that is shown as it is, for what the user puts there: ``…``, ``FILE``."""


class Variable(str):
    """An environment variable whose value is the word, as landed and a shell take it: ``$DATABASE_URL``."""

    @property
    def name(self) -> str:
        """The name of the variable."""
        return self.removeprefix("$")


class Quoted(str):
    """A word that is shown in quotes, also where no shell needs them."""


class Assigned(str):
    """An option and its value in one word, for a value that would be read as an option: ``--reason=-x``."""

    flag: str
    value: str

    def __new__(cls, flag: str, value: str) -> Assigned:
        """The word; only the value is quoted where it is shown."""
        made = super().__new__(cls, f"{flag}={value}")
        made.flag, made.value = flag, value
        return made


def is_blank(word: str) -> bool:
    """Whether a word is one that a person has to fill in."""
    return isinstance(word, Blank | Hint) or (isinstance(word, Assigned) and is_blank(word.value))


def shell_word(text: str) -> str:
    r"""A name as one word of a command that can be pasted into a shell.

    What cannot be shown is written with the shell's ``printf``, in which every shell finds the same bytes
    (``$'…'`` is not known to all of them).
    """
    if isinstance(text, Blank):
        return str(text)
    if isinstance(text, Assigned):
        return f"{text.flag}={shell_word(text.value)}"
    if isinstance(text, Variable) and text.name.isidentifier() and text.name.isascii():
        return f'"${text.name}"'
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
