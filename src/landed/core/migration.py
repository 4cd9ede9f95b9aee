"""Migration files as values: names, statements with their places, annotations, digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol


class Head(Protocol):
    """What a dialect reads from a statement's beginning: what kind of statement it is. Each dialect's own
    reading says more."""

    @property
    def verb(self) -> str:
        """The first word in upper case, or ``""``."""

    @property
    def writes_rows(self) -> bool:
        """Whether the statement by itself writes rows."""


@dataclass(frozen=True)
class Statement:
    """One SQL statement of a file.

    ``number`` counts from 1; ``line`` is the 1-based line of its first token; ``start`` and
    ``end`` are character offsets into the file's text (BOM removed), without the final ``;``.
    ``text`` is the statement as written between them, comments inside it included. ``read`` is the dialect's
    reader of heads.
    """

    number: int
    line: int
    start: int
    end: int
    text: str
    read: Callable[[str], Head] = field(repr=False, compare=False)

    @cached_property
    def head(self) -> Head:
        """What kind of statement it is, read when it is first asked for (raises nothing)."""
        return self.read(self.text)


class Verify(NamedTuple):
    """A check that the file itself carries: ``-- landed:verify SELECT …`` (one row, one true value)."""

    line: int
    sql: str


class Parsed(NamedTuple):
    """What a dialect makes of a file's text.

    ``normalised`` is the SQL without comments, with white space folded outside literals: the text
    over which edits are judged, so that a changed comment is not an edit.
    """

    statements: tuple[Statement, ...]
    verifies: tuple[Verify, ...]
    normalised: str


class Note(NamedTuple):
    """Something worth knowing about a file that is no error: ``code`` is stable, ``text`` is prose."""

    code: str
    text: str


@dataclass(frozen=True)
class Migration:
    """One migration file.

    ``name`` is what the ledger calls it (for D1 the path relative to the migrations folder, with
    ``/``); ``version`` its leading number as written, or ``""``; ``file`` the path to show, relative
    to the project where possible; ``text`` the decoded content without a byte order mark.
    ``parse`` is the dialect's parser; parsing happens on first use only.
    """

    name: str
    version: str
    file: str
    text: str
    parse: Callable[[str], Parsed] = field(repr=False, compare=False)
    notes: tuple[Note, ...] = ()

    @cached_property
    def parsed(self) -> Parsed:
        """Statements, checks and normalised text (raises nothing: any text can be split)."""
        return self.parse(self.text)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements in file order."""
        return self.parsed.statements

    def only(self, numbers: Collection[int]) -> Migration:
        """The file with these of its statements alone, which keep their numbers and lines."""
        parsed = self.parsed
        chosen = tuple(s for s in parsed.statements if s.number in numbers)
        return replace(self, parse=lambda text: parsed._replace(statements=chosen))

    @cached_property
    def content_hash(self) -> str:
        """sha256 (hex) of the exact text; the key under which replay results are cached."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the normalised SQL; equal for files that differ only in comments or space."""
        return hashlib.sha256(self.parsed.normalised.encode()).hexdigest()
