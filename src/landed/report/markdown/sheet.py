"""A Markdown document that fits: what is most needed first, and a sentence where something is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landed.core.next import Command
from landed.report.markdown.inline import fenced
from landed.report.page import Page
from landed.report.terminal import put

LIMIT = 60_000
"""Bytes. A comment on GitHub holds 65,536 characters and a job summary 1 MiB; the rest is for the user's own
words."""
_TABLES = 0.6
"""The part of the room that tables may take, so that the details of some files have theirs."""


class Sheet:
    """The document of one report. Blocks are added in order; what does not fit is left out and counted."""

    def __init__(self, whole: Command) -> None:
        """``whole`` is the command that writes all of it."""
        self._whole = whole
        self._blocks: list[str] = []
        self._room = LIMIT - _REST
        self._left = 0

    def add(self, block: str) -> None:
        """A block that is left out where there is no room for it."""
        cost = len(block.encode()) + 2
        if cost > self._room:
            self._left += 1
            return
        self._room -= cost
        self._blocks.append(block)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table, whose rows are left out from the end where there are too many; cells are Markdown."""
        lines = [_row(heads), _row(["---"] * len(heads))]
        shown = [_row(cells) for cells in rows]
        room = self._room - (LIMIT - int(LIMIT * _TABLES))
        for index, line in enumerate(shown):
            room -= len(line.encode()) + 1
            if room < 0:
                self._left += len(shown) - index
                break
            lines.append(line)
        self.add("\n".join(lines))

    def write(self, page: Page) -> None:
        """Write the document."""
        blocks = self._blocks
        if self._left:
            things = "1 part" if self._left == 1 else f"{self._left} parts"
            verb = "is" if self._left == 1 else "are"
            blocks = [
                *blocks,
                f"**Cut:** {things} of this report {verb} left out, since a comment holds 65,536 characters. "
                "All of it:",
                fenced(page.command(self._whole), "sh"),
            ]
        put("\n\n".join(blocks) + "\n", page.out)


_REST = 1_500
"""Bytes for the sentence that says what was left out."""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def details(summary: str, blocks: Iterable[str]) -> str:
    """Blocks that are opened by a click; ``summary`` is HTML."""
    return "\n\n".join([f"<details><summary>{summary}</summary>", *blocks, "</details>"])


def bullets(lines: Iterable[str]) -> str:
    """Lines of Markdown as a list."""
    return "\n".join(f"- {line}" for line in lines)
