"""Two schemas compared, fact by fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from landed.core.facts import EXISTS, OF_SERVER, REACHED, FactKey, ObjectKey, holds
from landed.core.judge import Owners
from landed.core.migration import Migration
from landed.core.next import STATUS, Command


@dataclass(frozen=True, slots=True)
class Origin:
    """The statement that wrote a fact last, or took it away: file, statement number, 1-based line."""

    migration: str
    file: str
    statement: int
    line: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two schemas.

    ``label`` is for people (``D1 DB (LOCAL)``), ``name`` can be given to ``drift`` again, ``locality``
    is LOCAL, FILE or SHADOW, ``place`` the database's path or what the schema was made from.
    ``ledger`` is the name (as in facts) of its history table, which is not compared. ``owners`` and
    ``migrations`` are there when the schema comes from migration files.
    """

    name: str
    label: str
    locality: str
    place: str
    facts: Mapping[FactKey, str]
    ledger: str
    present: bool = True
    major: int | None = None
    """The server's major version, where there is a server; ``None`` for what files make."""
    notes: tuple[str, ...] = ()
    migrations: tuple[Migration, ...] = ()
    owners: Owners | None = None
    holders: tuple[str, ...] = ()
    """The kinds of objects that have others as their parts, where that is not tables alone."""

    def origin(self, key: FactKey) -> Origin | None:
        """Which statement of which file made this fact what it is on this side."""
        owner = (self.owners or {}).get(key)
        if owner is None:
            return None
        index, number, _ = owner
        migration = self.migrations[index]
        line = next((s.line for s in migration.statements if s.number == number), 1)
        return Origin(migration.name, migration.file, number, line)


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that is not the same; ``None`` says that it is not there."""

    key: FactKey
    a: str | None
    b: str | None
    made_by: Origin | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """Two sides, and every fact in which they differ, in the order of the facts."""

    a: Side
    b: Side
    differences: tuple[Difference, ...]
    equal: int
    """How many facts are the same on both sides."""
    not_looked_at: tuple[str, ...] = ()
    """In words, what the comparison says nothing of."""

    @property
    def next(self) -> tuple[Command, ...]:
        """What to do next: a look at the target's migrations, where files and a database differ."""
        sides = {self.a.locality, self.b.locality}
        known = self.differences and sides in ({"SHADOW", "LOCAL"}, {"SHADOW", "REMOTE"})
        return (STATUS,) if known else ()


def compare(a: Side, b: Side) -> Drift:
    """Compare two sides. The order of columns is compared relatively: a column that only one side
    has is a difference of its own, and no other order."""
    ledgers = frozenset({a.ledger, b.ledger} - {""})
    differences = []
    keys = [k for k in a.facts.keys() | b.facts.keys() if not _of_ledger(k, ledgers)]
    keys = [k for k in keys if not _chosen_by_server(k, a, b) and not _of_server_alone(k, a, b)]
    for key in sorted(keys):
        left, right = a.facts.get(key), b.facts.get(key)
        wanted, seen = (right, left) if b.owners is not None else (left, right)
        made_of_files = a.owners is not None or b.owners is not None
        if not holds(key, wanted, seen) or (key.prop in REACHED and not made_of_files and left != right):
            differences.append(Difference(key, left, right, a.origin(key) or b.origin(key)))
    return Drift(a, b, tuple(differences), len(keys) - len(differences))


def _chosen_by_server(key: FactKey, a: Side, b: Side) -> bool:
    """An extension's version where nobody named one: files and servers of different majors differ in it."""
    if (key.kind, key.prop) != ("extension", "version"):
        return False
    return key not in a.facts or key not in b.facts or a.major != b.major


def _of_server_alone(key: FactKey, a: Side, b: Side) -> bool:
    """What a server has that no file touched; of two servers, roles that only one has."""
    if key.kind not in OF_SERVER:
        return False
    if a.owners is not None or b.owners is not None:
        return key not in (a.owners or {}) and key not in (b.owners or {})
    if key.kind.endswith("database"):
        return False
    roles = (key.parent, key.name.partition(" to ")[2].removesuffix(")")) if key.parent else (key.name,)
    there = [ObjectKey("role", "", role).fact(EXISTS) for role in roles]
    return any((role in a.facts) is not (role in b.facts) for role in there)


def _of_ledger(key: FactKey, ledgers: frozenset[str]) -> bool:
    return key.parent in ledgers or (key.kind == "table" and key.name in ledgers)
