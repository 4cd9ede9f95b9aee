"""Following one Postgres session's schema: which facts has a statement changed.

Inside the transaction that changes them, the catalogs' own row counters say which were written to,
``xmin`` says which rows, and only what these rows belong to is read again; then what is described in
terms of an object that has another name now. The cost is that of the change, not of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from landed.core.facts import Effects, FactKey
from landed.engines.postgres.catalog import touched
from landed.engines.postgres.catalog.dependents import dependents
from landed.engines.postgres.catalog.looks import (
    ALL,
    Mark,
    Touched,
    array,
    compare,
    difference,
    extended,
    has_other_names,
    objects,
)
from landed.engines.postgres.catalog.queries import NARROW, WHOLE, queries, text
from landed.engines.postgres.catalog.rows import Reader
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.session import SETTINGS_NOW, Prepared, canonical
from landed.engines.postgres.catalog.snapshot import parameters, uncollected

if TYPE_CHECKING:
    import psycopg

_Units = dict[int, dict[FactKey, str]]
_Wanted = dict[str, set[int]]

_ROLES: Final = "SELECT oid, rolname FROM pg_catalog.pg_roles"

_MEMBERS: Final = (
    "SELECT count(*), sum(objid::bigint), sum(classid::bigint) FROM pg_catalog.pg_depend"
    " WHERE refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND deptype = 'e'"
)

_IN_TRANSACTION: Final = 2
"""psycopg.pq.TransactionStatus.INTRANS"""

PARENTS: Final = frozenset(("inherits", "partition of", "attached to"))


class Tracker:
    """The facts of one session's database, kept up to date statement by statement.

    Call :meth:`begin` first thing in every transaction, and :meth:`changes` after each statement, in
    the same transaction while it is sound. What happened in another transaction since (a COMMIT in a
    file, CREATE INDEX CONCURRENTLY) is found at the price of looking into every catalog. A statement
    that failed and was rolled back to a savepoint needs nothing; after a ``ROLLBACK TO SAVEPOINT`` that
    took back what :meth:`changes` has told, and whenever in doubt, ``changes(everything=True)``.
    Changes that other sessions commit meanwhile may be among those reported.
    """

    def __init__(self, connection: psycopg.Connection[Any], scope: Scope) -> None:
        self._connection = connection
        self._scope = scope
        self._major = connection.info.server_version // 10000
        self._parameters = parameters(scope, self._major)
        self._prepared = Prepared(connection, self._parameters)
        self._units: dict[str, _Units] = {}
        self._comments: set[tuple[str, int, int]] = set()
        self._roles: dict[int, str] = {}
        self._members: tuple[Any, ...] | None = None
        self._reader: Reader | None = None
        self._mark: Mark | None = None
        self._last = -1
        self._seen: set[str] = set()
        self.facts: dict[FactKey, str] = {}
        self.blind: frozenset[str] = frozenset()
        """Catalogs that no kind reads and that the last look saw written to, as far as it could tell."""

    def begin(self) -> None:
        """Read everything, the first time; afterwards only note where a transaction begins."""
        if self._reader is None:
            self._reread()
        self._mark = self._look()
        self._forget_commands()

    def changes(self, *, everything: bool = False) -> Effects:
        """What has changed since the last call or :meth:`begin`, in the order of the keys."""
        before = self._mark
        self.blind = frozenset()
        if before is None or everything:
            reread = self._reread()
            self._mark = self._look()
            self._forget_commands()
            return reread
        now = self._mark = self._look()
        elsewhere = before.transaction != now.transaction
        if elsewhere:
            # The counters may have been reset since: any catalog may have been written to.
            self._forget_commands()
            written = ALL
        else:
            written = compare(before, now)
            self.blind = written.written.intersection(touched.BLIND)
            if not written.written:
                return ()
            if "pg_extension" in written.written or touched.NAMED_EVERYWHERE & written.updated:
                return self._reread()
            if written.written - self.blind <= {"pg_depend"}:
                return self._reread()
        if "pg_authid" in written.updated and self._a_role_has_another_name():
            return self._reread()
        with self._canonical(now.settings):
            effects = self._narrow(written, before.xid, elsewhere)
        return self._reread() if effects is None else effects

    def _canonical(self, settings: Sequence[str] | None = None) -> AbstractContextManager[None]:
        inside = self._connection.info.transaction_status == _IN_TRANSACTION
        return canonical(self._connection, settings if inside else None)

    def _look(self) -> Mark:
        sql = f"SELECT {self._prepared.there}, {touched.COUNTERS}, {SETTINGS_NOW}"
        row = self._connection.execute(sql, {"catalogs": touched.CATALOGS}, prepare=False).fetchone()
        there, *mark = row or (False, "", "", [], [])
        if not there:
            self._prepared.forget()
        return Mark(*mark)

    def _forget_commands(self) -> None:
        """Commands are counted anew in every transaction."""
        self._last = -1
        self._seen.clear()

    def _a_role_has_another_name(self) -> bool:
        known, self._roles = self._roles, dict(self._connection.execute(_ROLES, prepare=False).fetchall())
        return any(self._roles.get(role, name) != name for role, name in known.items())

    def _reread(self) -> Effects:
        """Read everything again and compare; the first time there is nothing to compare with."""
        with uncollected():
            with canonical(self._connection):
                role = self._connection.execute(text("main_role"), prepare=False)
                cursors = {
                    name: self._connection.execute(query.full, self._parameters, prepare=False)
                    for name, query in queries().items()
                }
                comments = self._connection.execute(touched.COMMENTS, prepare=False)
                roles = self._connection.execute(_ROLES, prepare=False)
                members = self._connection.execute(_MEMBERS, prepare=False)
                (main_role,) = role.fetchone() or ("",)
                first = self._reader is None
                reader = self._reader = Reader(self._scope, self._major, self._scope.main_role or main_role)
                for name, cursor in cursors.items():
                    self._units[name] = self._grouped(reader, cursor)
                self._comments = set(comments.fetchall())
                self._roles = dict(roles.fetchall())
                self._members = members.fetchone()
            before, self.facts = self.facts, {}
            for units in self._units.values():
                for facts in units.values():
                    self.facts.update(facts)
            return () if first else difference(before, self.facts)

    def _grouped(self, reader: Reader, cursor: psycopg.Cursor[Any]) -> _Units:
        rows = cursor.fetchall()
        units: _Units = {}
        titles = [column.name for column in cursor.description or ()]
        reader.read_into(titles, rows, lambda unit: units.setdefault(unit, {}))
        return units

    def _narrow(self, written: Touched, mark: str, elsewhere: bool) -> Effects | None:
        """What changed in the catalogs written to; ``None`` when everything must be read again."""
        before: dict[FactKey, str] = {}
        after: dict[FactKey, str] = {}
        if elsewhere:
            # Nobody counted writes to these, so their facts tell whether names may have changed.
            self._read_whole(WHOLE, before, after)
            members = self._prepared.run("members", _MEMBERS).fetchone()
            if members != self._members or objects(before) - objects(after) or extended(before, after):
                return None
        wanted, whole, gone = self._written_units(written, mark)
        for name, units in gone.items():
            for unit in units:
                before.update(self._units[name].pop(unit))
                wanted.get(name, set()).discard(unit)
        return self._settle(wanted, whole, before, after, elsewhere)

    def _settle(
        self,
        wanted: _Wanted,
        whole: set[str],
        before: dict[FactKey, str],
        after: dict[FactKey, str],
        elsewhere: bool = False,
        renamed: Mapping[str, set[int]] | None = None,
        read: Mapping[str, set[int] | None] = MappingProxyType({}),
    ) -> Effects | None:
        """Read units again, and what is described in terms of those that have other names now.

        ``read`` are units (``None``: all) that have been read since the change: what they were before it is
        in ``before`` and must not be taken from what they are now.
        """
        done: _Wanted = {name: set(read.get(name) or ()) for name in NARROW}
        renamed_any = bool(renamed)
        if renamed:
            for name, units in self._dependents(renamed).items():
                wanted.setdefault(name, set()).update(units)
        while any(wanted.values()):
            reads = {name: units - done[name] for name, units in wanted.items() if units - done[name]}
            for name, units in reads.items():
                done[name] |= units
            found = self._read_units(reads, before, after)
            if "pg_namespace" in found:
                return None  # every name in it is another one now
            renamed_any = renamed_any or bool(found)
            wanted = self._dependents(found) if found else {}
        if renamed_any:
            whole = set(WHOLE)
        if elsewhere and not renamed_any:
            whole = set()
        self._read_whole([name for name in whole if name not in read], before, after)
        return self._apply(before, after)

    def _written_units(self, written: Touched, mark: str) -> tuple[_Wanted, set[str], dict[str, set[int]]]:
        wanted: _Wanted = {}
        whole: set[str] = set()
        since: dict[str, tuple[str, str | int]] = {"mark": ("text", mark), "last": ("bigint", self._last)}
        written_to = [catalog for catalog in touched.SOURCES if catalog in written.written]
        rows = None
        if written_to:
            name = "changed_" + "_".join(str(touched.COUNTED.index(catalog)) for catalog in written_to)
            rows = self._prepared.run(name, touched.changed_rows(written_to), **since)
        left = {
            catalog: self._prepared.run(f"remaining_{catalog}", touched.remaining(catalog))
            for catalog, source in touched.SOURCES.items()
            if source.gone and catalog in written.deleted
        }
        commented = comments = None
        if "pg_description" in written.written:
            commented = self._prepared.run("commented", touched.CHANGED_COMMENTS, **since)
            comments = self._prepared.run("comments", touched.COMMENTS)
        seen_before = frozenset(self._seen)
        for query, unit, command, version in rows.fetchall() if rows is not None else ():
            if version is not None:
                if version in seen_before:
                    continue
                self._seen.add(version)
            self._last = max(self._last, command)
            if query == touched.NOT_NULL:
                query = "constraints" if unit in self._units["constraints"] else None
            if query is not None and unit is not None:
                wanted.setdefault(query, set()).add(unit)
        gone: dict[str, set[int]] = {}
        for catalog, cursor in left.items():
            there = {unit for (unit,) in cursor.fetchall()}
            for name in touched.SOURCES[catalog].gone:
                gone[name] = {unit for unit in self._units[name] if unit >= 16384 and unit not in there}
        if commented is not None and comments is not None:
            now = set(comments.fetchall())
            deleted = self._comments - now
            self._comments = now
            found = commented.fetchall()
            self._last = max([self._last, *(command for *_, command in found)])
            for catalog, unit, part, query, _ in (*found, *((*key, None, 0) for key in deleted)):
                named: tuple[str, ...] = touched.COMMENTED.get(catalog, ())
                if catalog == "pg_class":
                    named = ("columns",) if part else touched.RELATION if query is None else (query,)
                elif not named:
                    whole.update(WHOLE)
                for name in named:
                    wanted.setdefault(name, set()).add(unit)
        for catalog, few in touched.FEW.items():
            if catalog in written.written:
                whole.update(few)
        if "pg_inherits" in written.deleted:
            for name in ("tables", "indexes"):
                heirs = {u for u, facts in self._units[name].items() if PARENTS & {k.prop for k in facts}}
                wanted.setdefault(name, set()).update(heirs)
        return wanted, whole, gone

    def _read_units(
        self, reads: _Wanted, before: dict[FactKey, str], after: dict[FactKey, str]
    ) -> dict[str, set[int]]:
        """Read units again; returns those whose objects have other names now, by catalog."""
        assert self._reader is not None
        cursors = {}
        for name, units in reads.items():
            narrowed = queries()[name].narrowed
            assert narrowed is not None
            cursors[name] = self._prepared.run(name, narrowed, units=("oid[]", array(sorted(units))))
        renamed: dict[str, set[int]] = {}
        for name, cursor in cursors.items():
            self._replace(name, reads[name], self._grouped(self._reader, cursor), before, after, renamed)
        return renamed

    def _replace(
        self,
        name: str,
        units: Iterable[int],
        found: _Units,
        before: dict[FactKey, str],
        after: dict[FactKey, str],
        renamed: dict[str, set[int]],
    ) -> None:
        """Put what was read of some units in the place of what was known of them."""
        units_now = self._units[name]
        for unit in units:
            old, new = units_now.pop(unit, {}), found.get(unit, {})
            if new:
                units_now[unit] = new
            # Equal ones count, too: another unit may have left its keys to this one or taken them over.
            before.update(old)
            after.update(new)
            if old and old != new and name in touched.CLASSES and has_other_names(name, old, new):
                renamed.setdefault(touched.CLASSES[name], set()).add(unit)

    def _dependents(self, renamed: Mapping[str, Iterable[int]]) -> _Wanted:
        pairs = [(catalog, unit) for catalog, units in renamed.items() for unit in units]
        found = self._prepared.run(
            "dependents",
            dependents(),
            classes=("regclass[]", array(catalog for catalog, _ in pairs)),
            objects=("oid[]", array(unit for _, unit in pairs)),
        )
        wanted: _Wanted = {}
        for name, unit in found.fetchall():
            wanted.setdefault(name, set()).add(unit)
        return wanted

    def _read_whole(
        self, names: Iterable[str], before: dict[FactKey, str], after: dict[FactKey, str]
    ) -> None:
        assert self._reader is not None
        cursors = {name: self._prepared.run(name, queries()[name].full) for name in names}
        for name, cursor in cursors.items():
            for facts in self._units[name].values():
                before.update(facts)
            self._units[name] = self._grouped(self._reader, cursor)
            for facts in self._units[name].values():
                after.update(facts)

    def _apply(self, before: Mapping[FactKey, str], after: Mapping[FactKey, str]) -> Effects:
        for key in before:
            if key not in after:
                self.facts.pop(key, None)
        self.facts.update(after)
        return difference(before, after)
