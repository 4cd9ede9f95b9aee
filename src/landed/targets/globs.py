"""The glob patterns of ``migrations_pattern``, matched as wrangler's minimatch does (no dot files)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from landed.core.errors import ConfigError

_MAGIC = frozenset("*?[{(!#")
_MOST_ALTERNATIVES = 1000

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
        return any(_match(parts, 0, segments, 0, False) for segments in self.alternatives)

    def may_contain(self, folder: str) -> bool:
        """Whether files under this folder could be taken (else the walk need not enter it)."""
        parts = folder.split("/")
        return any(_match(parts, 0, segments, 0, True) for segments in self.alternatives)


def compile_glob(pattern: str) -> Glob:
    """Compile a pattern; supports ``* ? [a-z] {a,b} {1..9} **`` and ``@( ) +( ) *( ) ?( )``.

    Raises ConfigError for a leading ``!`` or ``#`` (which minimatch reads as negation and as a
    comment, so that they take in what nobody meant) and for ``!( )``.
    """
    if pattern[:1] in ("!", "#"):
        meaning = "a negation" if pattern[0] == "!" else "a comment"
        raise ConfigError(
            f'the pattern "{pattern}" starts with {pattern[0]}, which wrangler reads as {meaning}'
        )
    alternatives = tuple(
        tuple(_compile_segment(segment, pattern) for segment in _without_repeats(alternative.split("/")))
        for alternative in _expand_braces(pattern)
    )
    return Glob(pattern, alternatives)


def plain_suffix(pattern: str) -> Callable[[str], bool] | None:
    """A quick test for patterns of the form ``*.sql``, or ``None`` for every other pattern."""
    suffix = pattern[1:]
    if pattern[:1] != "*" or not suffix or "/" in suffix or not _MAGIC.isdisjoint(suffix):
        return None
    return lambda name: name.endswith(suffix) and name[0] != "."


def _without_repeats(segments: list[str]) -> list[str]:
    return [s for i, s in enumerate(segments) if s != "**" or i == 0 or segments[i - 1] != "**"]


def _match(parts: list[str], p: int, segments: tuple[Segment, ...], s: int, partial: bool) -> bool:
    while s < len(segments):
        if p == len(parts):
            return partial
        segment = segments[s]
        if segment is None:
            if s + 1 == len(segments):
                return all(part[0] != "." for part in parts[p:])
            while True:
                if _match(parts, p, segments, s + 1, partial):
                    return True
                if p == len(parts) or parts[p][0] == ".":
                    return False
                p += 1
        if isinstance(segment, str):
            if segment != parts[p]:
                return False
        elif segment.fullmatch(parts[p]) is None:
            return False
        p, s = p + 1, s + 1
    return p == len(parts)


def _compile_segment(segment: str, pattern: str) -> Segment:
    if segment == "**":
        return None
    if _MAGIC.isdisjoint(segment):
        return segment
    dot_guard = "" if segment[0] == "." else r"(?!\.)"
    return re.compile(f"{dot_guard}(?=.){_translate(segment, pattern)}", re.DOTALL)


def _translate(segment: str, pattern: str) -> str:
    out: list[str] = []
    closers: list[str] = []
    i = 0
    while i < len(segment):
        c = segment[i]
        group = segment[i + 1 : i + 2] == "(" and ")" in segment[i + 2 :]
        if c == "!" and group:
            raise ConfigError(f'the pattern "{pattern}" uses !( ), which is not supported here')
        if c in "@+*?" and group:
            out.append("(?:")
            closers.append(")" if c == "@" else f"){c}")
            i += 2
            continue
        if c == "*":
            if not (out and out[-1] == "[^/]*?"):
                out.append("[^/]*?")
        elif c == "?":
            out.append("[^/]")
        elif c == "|" and closers:
            out.append("|")
        elif c == ")" and closers:
            out.append(closers.pop())
        elif c == "[" and (end := segment.find("]", i + 2)) > 0:
            out.append(_character_class(segment[i + 1 : end]))
            i = end
        else:
            out.append(re.escape(c))
        i += 1
    if closers:
        raise ConfigError(f'the pattern "{pattern}" has an unclosed parenthesis')
    return "".join(out)


def _character_class(body: str) -> str:
    negated = body[0] in "!^"
    members = re.sub(r"([\\\[\]&~|^])", r"\\\1", body[1:] if negated else body)
    return f"[{'^' if negated else ''}{members}]"


def _expand_braces(pattern: str) -> list[str]:
    start = pattern.find("{")
    while start >= 0:
        end, commas = _brace_span(pattern, start)
        if end > 0:
            body = pattern[start + 1 : end]
            options = _range(body) if not commas else _split_at(body, [c - start - 1 for c in commas])
            if options:
                tails = _expand_braces(pattern[end + 1 :])
                heads = [inner for option in options for inner in _expand_braces(option)]
                if len(heads) * len(tails) > _MOST_ALTERNATIVES:
                    raise ConfigError(
                        f'the pattern "{pattern}" stands for more than {_MOST_ALTERNATIVES} patterns'
                    )
                return [pattern[:start] + head + tail for head in heads for tail in tails]
        start = pattern.find("{", start + 1)
    return [pattern]


def _brace_span(pattern: str, start: int) -> tuple[int, list[int]]:
    depth = 0
    commas: list[int] = []
    for i in range(start, len(pattern)):
        c = pattern[i]
        if c == "{":
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                return i, commas
        elif c == "," and depth == 1:
            commas.append(i)
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
