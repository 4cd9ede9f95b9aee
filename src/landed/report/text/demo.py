"""demo's tour as text: headlines, what is told, and the commands with their real output."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import IO

from landed.report.page import Page
from landed.report.reports import Demo
from landed.report.terminal import finished, put, say
from landed.report.text.style import paint, symbols

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_RESET = "\x1b[0m"
_WIDEST = 100


class Stage:
    """Writes the tour to one stream, folded to its width."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        columns = shutil.get_terminal_size((80, 24)).columns if out.isatty() else 80
        self._width = max(min(columns, _WIDEST), 40)
        fancy = symbols(out)["arrow"] == "→"
        self._bar, self._rule = ("│", "━") if fancy else ("|", "=")

    def opening(self, text: str) -> None:
        """The first lines."""
        self._told(text, "")

    def chapter(self, number: int, total: int, title: str) -> None:
        """The headline of one world."""
        head = f"{self._rule * 2} {number} of {total}  {title} "
        say(out=self._out)
        say(paint(head + self._rule * max(self._width - len(head), 2), "bold", self._out), self._out)

    def say(self, text: str) -> None:
        """What the story tells."""
        say(out=self._out)
        self._told(text, "  ")

    def claim(self, whose: str, text: str) -> None:
        """What the platform's history claims; ``whose`` is the platform's tool."""
        self._told(f"{whose}'s history: {text}", "  ", "yellow")

    def command(self, words: str) -> None:
        """A command that is about to run."""
        say(out=self._out)
        for i, line in enumerate(textwrap.wrap(words, self._width - 6, break_on_hyphens=False)):
            say(
                f"  {paint('$' if i == 0 else ' ', 'dim', self._out)} {paint(line, 'cyan', self._out)}",
                self._out,
            )

    def output(self, text: str) -> None:
        """What a command printed, folded but otherwise as it is."""
        bar = paint(self._bar, "dim", self._out)
        for line in text.strip("\n").split("\n"):
            for part in folded(line, self._width - 4):
                put(f"{finished(f'  {bar} ')}{part}".rstrip() + "\n", self._out)

    def file(self, name: str, text: str) -> None:
        """A file that the story changed."""
        say(out=self._out)
        say(f"  {paint(name, 'bold', self._out)}", self._out)
        self.output(text)

    def proven(self, text: str) -> None:
        """What was checked and found true."""
        mark = paint(symbols(self._out)["good"], "green", self._out)
        lines = textwrap.wrap(text, self._width - 4)
        say(out=self._out)
        say(f"  {mark} {lines[0]}", self._out)
        for line in lines[1:]:
            say(f"    {line}", self._out)

    def closing(self, table: Sequence[tuple[str, str, str]]) -> None:
        """What was seen, as a table whose first row are its headings."""
        say(out=self._out)
        say(paint(self._rule * self._width, "bold", self._out), self._out)
        first, second, _ = (max(map(len, column)) for column in zip(*table, strict=True))
        for number, (one, two, three) in enumerate(table):
            indent = "   " if number == 0 else ""
            line = f"  {indent + one:<{first + 3}}   {two:<{second}}   {three}"
            say(paint(line, "dim", self._out) if number == 0 else line, self._out)

    def last(self, lines: Sequence[str]) -> None:
        """The last lines."""
        say(out=self._out)
        for line in lines:
            say(line, self._out)

    def _told(self, text: str, indent: str, style: str = "") -> None:
        for line in textwrap.wrap(text, self._width - len(indent), break_on_hyphens=False):
            say(indent + (paint(line, style, self._out) if style else line), self._out)


def uncoloured(text: str) -> str:
    """The text without colours."""
    return _ANSI.sub("", text)


def folded(line: str, width: int) -> list[str]:
    """A line, colours and all, in pieces of at most ``width`` columns, later ones indented further.

    Folds at spaces; a word that is longer than a line stays whole.
    """
    if len(uncoloured(line)) <= width:
        return [line]
    indent = " " * min(len(line) - len(line.lstrip(" ")) + 4, width // 2)
    pieces, piece, length, style = [], "", 0, ""
    for word in re.findall(r" *[^ ]+", line):
        size = len(uncoloured(word))
        if length and length + size > width:
            # A style must not run into the next line's margin: close it here, open it again there.
            pieces.append(piece + _RESET if style else piece)
            word = word.lstrip(" ")
            piece, length = indent + style + word, len(indent) + len(uncoloured(word))
        else:
            piece += word
            length += size
        for code in _ANSI.findall(word):
            style = "" if code == _RESET else style + code
    return [*pieces, piece]


def render(report: Demo, page: Page) -> None:
    """Write nothing: on the stage people have seen all of it as it happened."""
