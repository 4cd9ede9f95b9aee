"""What to do next, as Markdown: commands that can be copied, words around them as they are."""

from __future__ import annotations

from collections.abc import Iterator

from landed.core.next import BREAK, Command, Hand, Next, as_next
from landed.report.markdown.inline import code, fenced, prose
from landed.report.page import Page


def step(text: str, page: Page) -> str:
    """One step: commands alone as a block; words, with the commands in them as code, a line each."""
    found = Next(text) if isinstance(text, Command) else as_next(text)
    commands = [page.command(part) for part in found.parts if isinstance(part, Command) and part.said]
    if commands and not any(_is_said(part) for part in found.parts):
        return fenced("\n".join(commands), "sh")
    return "→ " + "\\\n".join(_lines(found, page))


def sentence(text: Next, page: Page) -> str:
    """Words and commands on one line."""
    return " ".join(_lines(text, page))


def _is_said(part: object) -> bool:
    """Whether it is words that are shown."""
    return part.said if isinstance(part, Hand) else isinstance(part, str) and not isinstance(part, Command)


def _lines(text: Next, page: Page) -> Iterator[str]:
    line = ""
    for part in text.parts:
        if part is BREAK:
            yield line
            line = ""
        elif isinstance(part, Command):
            line += code(page.command(part)) if part.said else ""
        elif isinstance(part, str) and _is_said(part):
            line += prose(part)
    yield line
