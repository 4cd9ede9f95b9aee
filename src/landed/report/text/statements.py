"""Statements for people to copy: what brings back what a file says, what makes what no migration does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING

from landed.core.standing import Remedy
from landed.report.terminal import say, say_lines
from landed.report.text.style import paint

if TYPE_CHECKING:
    from landed.core.adoption import Adoption
    from landed.core.facts import FactKey

_SHOWN = 100
"""At most so many statements are shown: all of them, or none, as a part of them leads nowhere."""

Pasteable = Callable[[str, int], str]
"""How a statement is shown to be pasted, set in by so many columns."""


def render_remedy(remedy: Remedy, out: IO[str], pasteable: Pasteable) -> None:
    """Write what makes a partial migration good, and what to know first."""
    for caution in remedy.cautions:
        say(f"      {paint(caution, 'yellow', out)}", out)
    if remedy.opens:
        _pasteable("to keep it shut, in a new migration:", remedy.instead, out, pasteable)
        _pasteable("what resume runs opens it again:", remedy.sql, out, pasteable)
        return
    back = "this brings back what the file says:"
    if remedy.left:
        back = f"this brings back all but {_some(remedy.left)}:"
    _pasteable(back, remedy.sql, out, pasteable)
    _pasteable("to keep it as it is now, in a new migration:", remedy.instead, out, pasteable)


def render_adoption(found: Adoption, objects: int, out: IO[str], pasteable: Pasteable) -> None:
    """Write what makes, or removes, so many objects that no migration made."""
    but = f" (all but {_some(found.left)})" if found.left else ""
    _pasteable(
        f"a new migration that makes {'it' if objects == 1 else 'them'}{but}:", found.sql, out, pasteable
    )
    _pasteable("statements that remove what holds no rows:", found.drop, out, pasteable)


def _some(keys: Sequence[FactKey]) -> str:
    return str(keys[0]) if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


def _pasteable(title: str, statements: Sequence[str], out: IO[str], pasteable: Pasteable) -> None:
    if not statements:
        return
    say(f"      {title}", out)
    if len(statements) > _SHOWN:
        say(f"        {len(statements)} statements (--json shows them)", out)
        return
    for sql in statements:
        say_lines(pasteable(sql, 8) + ";", out)
