"""The glob patterns of ``migrations_pattern``, matched as wrangler's minimatch does (no dot files)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from landed.core.errors import ConfigError

_MAGIC = frozenset("*?[")
_OPENING = re.compile(r"\{|[@+*?!]\(")
_MOST_ALTERNATIVES = 1000
_LONGEST = 500

Segment = str | re.Pattern[str] | None
"""One path segment of a pattern: a literal name, an expression, or ``None`` for ``**``."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled pattern; paths are relative, with ``/``."""

    source: str
    alternatives: tuple[tuple[Segment, ...], ...]

    def matches(self, path: str) -> bool:
        """Whether a file of this path is taken."""
        parts = path.split("/")
        return any(_match(parts, segments, False) for segments in self.alternatives)

    def may_contain(self, folder: str) -> bool:
        """Whether files under this folder could be taken (else the walk need not enter it)."""
        parts = folder.split("/")
        return any(_match(parts, segments, True) for segments in self.alternatives)


def compile_glob(pattern: str) -> Glob:
    """Compile a pattern; supports ``* ? [a-z] {a,b} {1..9} **``, ``@(a|b)`` and ``?(a|b)``.

    Raises ConfigError for a leading ``!`` or ``#`` (which minimatch reads as negation and as a
    comment, so that they take in what nobody meant) and for ``!( )``, ``+( )`` and ``*( )``.
    """
    if len(pattern) > _LONGEST:
        raise ConfigError(f"a pattern may have {_LONGEST} characters; there is one of {len(pattern):,}")
    if pattern[:1] in ("!", "#"):
        meaning = "a negation" if pattern[0] == "!" else "a comment"
        raise ConfigError(
            f'the pattern "{pattern}" starts with {pattern[0]}, which wrangler reads as {meaning}'
        )
    alternatives = tuple(
        tuple(_compile_segment(segment) for segment in _without_repeats(alternative.split("/")))
        for alternative in _expand(pattern)
    )
    return Glob(pattern, alternatives)


def _without_repeats(segments: list[str]) -> list[str]:
    return [s for i, s in enumerate(segments) if s != "**" or i == 0 or segments[i - 1] != "**"]


def _match(parts: list[str], segments: tuple[Segment, ...], partial: bool) -> bool:
    """Walk all ways to match at once; ``partial`` asks only whether something below could match."""
    last = len(segments)
    active = _with_skips({0}, segments)
    for part in parts:
        reached: set[int] = set()
        for i in active:
            if i == last:
                continue
            segment = segments[i]
            if segment is None:
                if part[0] != ".":
                    reached.add(i)
                    if i == last - 1:
                        reached.add(last)
            elif segment == part if isinstance(segment, str) else segment.fullmatch(part):
                reached.add(i + 1)
        active = _with_skips(reached, segments)
    return any(i < last for i in active) if partial else last in active


def _with_skips(positions: set[int], segments: tuple[Segment, ...]) -> set[int]:
    """The positions, and those after a ``**`` that matches nothing (a final one must match something)."""
    for i in list(positions):
        while i < len(segments) - 1 and segments[i] is None:
            i += 1
            positions.add(i)
    return positions


def _compile_segment(segment: str) -> Segment:
    if segment == "**":
        return None
    if _MAGIC.isdisjoint(segment):
        return segment
    dot_guard = "" if segment[0] == "." else r"(?!\.)"
    pieces = _pieces(segment)
    if len(pieces) == 1:
        return re.compile(dot_guard + pieces[0], re.DOTALL)
    # The first place where a piece fits is as good as any later one, so no star ever has to try
    # again: atomic groups keep patterns with many stars from taking exponential time.
    middle = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1])
    return re.compile(f"{dot_guard}(?=.){pieces[0]}{middle}.*{pieces[-1]}", re.DOTALL)


def _pieces(segment: str) -> list[str]:
    """The expressions between the stars of a segment; every ``*`` ends one."""
    pieces = [""]
    i = 0
    while i < len(segment):
        c = segment[i]
        if c == "*":
            if len(pieces) == 1 or pieces[-1]:
                pieces.append("")
        elif c == "?":
            pieces[-1] += "."
        elif c == "[" and (end := segment.find("]", i + 2)) > 0:
            pieces[-1] += _character_class(segment[i + 1 : end])
            i = end
        else:
            pieces[-1] += re.escape(c)
        i += 1
    return pieces


def _character_class(body: str) -> str:
    negated = body[0] in "!^"
    members = re.sub(r"([\\\[\]&~|^])", r"\\\1", body[1:] if negated else body)
    return f"[{'^' if negated else ''}{members}]"


def _expand(pattern: str) -> list[str]:
    """The patterns without braces and groups that a pattern stands for, each once."""
    for opening in _OPENING.finditer(pattern):
        opener = opening[0]
        inner = opening.end()
        end, commas = _span(pattern, inner, opener[-1])
        if end < 0:
            continue
        if opener[0] in "+*!":
            raise ConfigError(f'the pattern "{pattern}" uses {opener} ), which is not supported here')
        body = pattern[inner:end]
        if opener != "{":
            options = _split_at(body, [c - inner for c in commas]) + ([""] if opener[0] == "?" else [])
        else:
            options = _split_at(body, [c - inner for c in commas]) if commas else _range(body)
        if options:
            tails = _expand(pattern[end + 1 :])
            heads = [inner for option in options for inner in _expand(option)]
            if len(heads) * len(tails) > _MOST_ALTERNATIVES:
                raise ConfigError(
                    f'the pattern "{pattern}" stands for more than {_MOST_ALTERNATIVES} patterns'
                )
            start = pattern[: opening.start()]
            return list(dict.fromkeys(start + head + tail for head in heads for tail in tails))
    return [pattern]


def _span(pattern: str, start: int, opener: str) -> tuple[int, list[int]]:
    """Where a brace or group that was opened before ``start`` closes (or -1), and its separators."""
    closer, separator = ("}", ",") if opener == "{" else (")", "|")
    depth = 1
    separators: list[int] = []
    for i in range(start, len(pattern)):
        c = pattern[i]
        if c == opener:
            depth += 1
        elif c == closer:
            depth -= 1
            if depth == 0:
                return i, separators
        elif c == separator and depth == 1:
            separators.append(i)
    return -1, []


def _split_at(body: str, commas: list[int]) -> list[str]:
    edges = [-1, *commas, len(body)]
    return [body[a + 1 : b] for a, b in pairwise(edges)]


def _range(body: str) -> list[str]:
    found = re.fullmatch(r"(-?\d{1,9})\.\.(-?\d{1,9})", body)
    if not found:
        return []
    first, last = int(found[1]), int(found[2])
    if abs(last - first) >= _MOST_ALTERNATIVES:
        raise ConfigError(f"the range {{{body}}} stands for more than {_MOST_ALTERNATIVES} patterns")
    padded = any(len(text.lstrip("-")) > 1 and text.lstrip("-")[0] == "0" for text in found.groups())
    width = max(len(found[1]), len(found[2])) if padded else 0
    step = 1 if last >= first else -1
    return [f"{n:0{width}d}" for n in range(first, last + step, step)]
