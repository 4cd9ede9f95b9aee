"""CREATE TABLE, as sqlite_master holds it, read into columns and constraints."""

from __future__ import annotations

from dataclasses import dataclass, field

from landed.engines.sqlite.sql.expression import Expressions
from landed.engines.sqlite.sql.query import Queries
from landed.engines.sqlite.sql.reader import Unreadable
from landed.engines.sqlite.sql.tokens import fold, unquote

_CONFLICTS = frozenset({"ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"})
_TABLE_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
_BARE_DEFAULTS = frozenset({"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "NULL", "TRUE", "FALSE"})


@dataclass(slots=True)
class Column:
    """A column as declared. ``name`` as written, ``type`` folded, expressions canonical, ``conflict``
    the NOT NULL's resolution unless it is the default."""

    name: str
    type: str
    not_null: bool = False
    conflict: str = ""
    default: str = ""
    generated: str = ""
    collation: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A column in a key: folded name, collation if one is given, whether it is descending."""

    column: str
    collation: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or UNIQUE constraint; ``inline`` if written as part of its column."""

    terms: tuple[Term, ...]
    name: str
    conflict: str
    inline: bool
    autoincrement: bool = False


@dataclass(slots=True)
class Reference:
    """A foreign key; ``parent_columns`` is None if it refers to the parent's primary key implicitly."""

    columns: tuple[str, ...]
    name: str
    parent: str
    parent_columns: tuple[str, ...] | None
    on_delete: str = "no action"
    on_update: str = "no action"
    deferred: bool = False


@dataclass(slots=True)
class Table:
    """What one CREATE TABLE declares, in the order written."""

    columns: list[Column] = field(default_factory=list)
    primary: Key | None = None
    uniques: list[Key] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    strict: bool = False
    without_rowid: bool = False


def read_table(sql: str, name: str) -> Table:
    """Read a CREATE TABLE statement; raises Unreadable for what SQLite would not have stored.

    ``name`` is the table's folded name, by which its own columns may be qualified.
    """
    return _TableReader(Queries(sql, marks=True, own=name)).read()


class _TableReader:
    """One pass over a CREATE TABLE."""

    __slots__ = ("r", "table")

    def __init__(self, reader: Expressions) -> None:
        self.r = reader
        self.table = Table()

    def read(self) -> Table:
        r = self.r
        r.need("CREATE")
        if not r.take("TEMP"):
            r.take("TEMPORARY")
        r.need("TABLE")
        r.takes("IF", "NOT", "EXISTS")
        r.relation()
        r.need("(")
        self._column()
        while r.take(","):
            if r.words[r.at] in _TABLE_CONSTRAINTS:
                self._constraints()
                break
            self._column()
        r.need(")")
        while not r.ended:
            if r.takes("WITHOUT", "ROWID"):
                self.table.without_rowid = True
            elif r.take("STRICT"):
                self.table.strict = True
            else:
                raise Unreadable
            r.take(",")
        return self.table

    def _column(self) -> None:
        r, table = self.r, self.table
        column = Column(r.name(), r.type_name())
        if column.type.endswith("always") and r.words[r.at] == "AS":
            column.type = column.type.removesuffix("always").rstrip().removesuffix("generated").rstrip()
        table.columns.append(column)
        own = (Term(fold(column.name)),)
        name = ""
        while (word := r.words[r.at]) != "," and word != ")":
            r.at += 1
            if word == "CONSTRAINT":
                name = r.name()
                continue
            if word == "NOT" and r.take("NULL"):
                column.not_null, column.conflict = True, self._conflict()
            elif word == "NULL":
                self._conflict()
            elif word == "DEFAULT":
                column.default = self._default()
            elif word == "PRIMARY":
                self._inline_primary(own[0], name)
            elif word == "UNIQUE":
                table.uniques.append(Key(own, name, self._conflict(), True))
            elif word == "CHECK":
                self._check(name)
            elif word == "REFERENCES":
                self._reference((own[0].column,), name)
            elif word == "DEFERRABLE" or word == "NOT":
                r.at -= 1
                self._deferrable(table.references[-1] if table.references else None)
            elif word == "COLLATE":
                column.collation = fold(r.name())
            elif word == "GENERATED" or word == "AS":
                r.at -= 1
                self._generated(column)
            else:
                raise Unreadable
            name = ""

    def _constraints(self) -> None:
        r, table = self.r, self.table
        name = ""
        while (word := r.words[r.at]) != ")":
            r.at += 1
            if word == ",":
                name = ""
                continue
            if word == "CONSTRAINT":
                name = r.name()
                continue
            if word == "PRIMARY":
                r.need("KEY", "(")
                terms = self._terms()
                automatic = r.take("AUTOINCREMENT")
                r.need(")")
                table.primary = Key(terms, name, self._conflict(), False, automatic)
            elif word == "UNIQUE":
                r.need("(")
                terms = self._terms()
                r.need(")")
                table.uniques.append(Key(terms, name, self._conflict(), False))
            elif word == "CHECK":
                self._check(name)
                self._conflict()
            elif word == "FOREIGN":
                r.need("KEY")
                columns = tuple(fold(n) for n in r.names())
                r.need("REFERENCES")
                self._reference(columns, name)
                if r.words[r.at] in ("NOT", "DEFERRABLE"):
                    self._deferrable(table.references[-1])
            else:
                raise Unreadable
            name = ""

    def _inline_primary(self, term: Term, name: str) -> None:
        r = self.r
        r.need("KEY")
        if not r.take("ASC") and r.take("DESC"):
            term = Term(term.column, "", True)
        conflict = self._conflict()
        self.table.primary = Key((term,), name, conflict, True, r.take("AUTOINCREMENT"))

    def _terms(self) -> tuple[Term, ...]:
        r = self.r
        terms = []
        while True:
            column = fold(r.name())
            collation = fold(r.name()) if r.take("COLLATE") else ""
            terms.append(Term(column, collation, not r.take("ASC") and r.take("DESC")))
            if not r.take(","):
                return tuple(terms)

    def _conflict(self) -> str:
        r = self.r
        if not r.takes("ON", "CONFLICT"):
            return ""
        word = r.words[r.at]
        if word not in _CONFLICTS:
            raise Unreadable
        r.at += 1
        return "" if word == "ABORT" else word.lower()

    def _check(self, name: str) -> None:
        r = self.r
        r.need("(")
        self.table.checks.append((name, r.text()))
        r.need(")")

    def _generated(self, column: Column) -> None:
        r = self.r
        r.takes("GENERATED", "ALWAYS")
        r.need("AS", "(")
        text = r.text()
        r.need(")")
        stored = r.take("STORED")
        if not stored:
            r.take("VIRTUAL")
        column.generated = f"{'stored' if stored else 'virtual'}: {text}"

    def _default(self) -> str:
        """The default's canonical expression; "" for NULL, which is what a column has without one."""
        r = self.r
        if r.take("("):
            text = r.text()
            r.need(")")
        else:
            sign = "-" if r.take("-") else ""
            r.take("+")
            kind, word = r.kinds[r.at], r.words[r.at]
            r.at += 1
            if kind == "word" and word in _BARE_DEFAULTS:
                text = word
            elif kind == "word" or kind == "quoted":
                # SQLite takes any name here as a string, quoted or not.
                text = "'" + unquote(r.texts[r.at - 1]).replace("'", "''") + "'"
            elif kind in ("string", "number", "blob"):
                text = r.canonical(r.at - 1)
            else:
                raise Unreadable
            text = sign + text
        return "" if text == "NULL" else text

    def _reference(self, columns: tuple[str, ...], name: str) -> None:
        r = self.r
        parent = fold(r.name())
        named = tuple(fold(n) for n in r.names()) if r.words[r.at] == "(" else None
        found = Reference(columns, name, parent, named)
        while True:
            if r.takes("ON", "DELETE"):
                found.on_delete = self._action()
            elif r.takes("ON", "UPDATE"):
                found.on_update = self._action()
            elif r.takes("ON", "INSERT"):
                self._action()  # SQLite reads it and forgets it
            elif r.take("MATCH"):
                r.name()  # likewise (sqlite.org/foreignkeys.html, section 6)
            else:
                break
        self.table.references.append(found)

    def _action(self) -> str:
        r = self.r
        for words in (("CASCADE",), ("RESTRICT",), ("SET", "NULL"), ("SET", "DEFAULT"), ("NO", "ACTION")):
            if r.takes(*words):
                return " ".join(words).lower()
        raise Unreadable

    def _deferrable(self, reference: Reference | None) -> None:
        r = self.r
        never = r.take("NOT")
        r.need("DEFERRABLE")
        deferred = r.takes("INITIALLY", "DEFERRED")
        if not deferred:
            r.takes("INITIALLY", "IMMEDIATE")
        if reference is not None:
            reference.deferred = deferred and not never
