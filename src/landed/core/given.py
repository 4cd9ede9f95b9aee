"""The user's own options, put into the commands that are shown to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from landed.core.command import Command
from landed.core.next import with_options
from landed.core.words import shell_word


class Given:
    """The options that the user gave, as words, and the project's folder among them.

    Called with a text, it is the text with them in its commands: ``Given(["--env", "x"])(landed("apply"))``.
    """

    def __init__(
        self, words: Sequence[str] = (), project: str | None = None, others: Sequence[str] = ()
    ) -> None:
        """``others`` are the words without those that name a target."""
        self._words, self._project, self._others = tuple(words), project, tuple(others)

    def __call__(self, text: str) -> str:
        """A text, a ``Next`` or a ``Command`` with these options, so that it can be pasted."""
        return with_options(text, self._shown) if self._words else text

    def argv(self, command: Command) -> list[str]:
        """The argument vector of a command with these options, without consent."""
        if command.words[0] == "landed" and not command.is_of_landed:
            # It names a target itself.
            return ["landed", *map(str, (*self._others, *command.words[1:]))]
        return [str(word) for word in self._put(command, command.bare)]

    def _shown(self, command: Command) -> str:
        return " ".join(map(shell_word, self._put(command, command.words)))

    def _put(self, command: Command, words: tuple[str, ...]) -> tuple[str, ...]:
        if words[0] == "git" and self._project:
            return ("git", "-C", self._project, *words[1:])
        return (words[0], *self._words, *words[1:]) if command.is_of_landed else words


Shown = Callable[[str], str]
"""What shows a text with the user's options."""
