"""Canonical text of SQLite's SELECT, INSERT, UPDATE and DELETE, as views and triggers hold them."""

from __future__ import annotations

from landed.engines.sqlite.sql.expression import Expressions
from landed.engines.sqlite.sql.reader import Unreadable
from landed.engines.sqlite.sql.tokens import JOIN_WORDS, RESERVED, fold, identifier

_COMPOUND = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_NO_ALIAS = RESERVED | JOIN_WORDS | {"GLOB", "INDEXED", "LIKE", "MATCH", "REGEXP"}
_DROPPED = frozenset({"INNER", "OUTER"})  # they say nothing: JOIN is inner, LEFT is outer


class Queries(Expressions):
    """Reads whole statements. Every method starts at the next token and raises Unreadable.

    Names are folded, but for those that a result set shows (column aliases).
    """

    __slots__ = ()

    def statement(self) -> str:
        """A SELECT, INSERT, REPLACE, UPDATE or DELETE."""
        head = self._with()
        word = self.words[self.at]
        if word == "INSERT" or word == "REPLACE":
            return head + self._insert()
        if word == "UPDATE":
            return head + self._update()
        if word == "DELETE":
            return head + self._delete()
        return head + self._compound()

    def query(self) -> str:
        """A SELECT or VALUES with all its clauses."""
        return self._with() + self._compound()

    def _with(self) -> str:
        if not self.take("WITH"):
            return ""
        head = "WITH RECURSIVE " if self.take("RECURSIVE") else "WITH "
        tables = [self._common_table()]
        while self.take(","):
            tables.append(self._common_table())
        return f"{head}{', '.join(tables)} "

    def _common_table(self) -> str:
        text = identifier(fold(self.name()))
        if self.words[self.at] == "(":
            text += f"({', '.join(map(identifier, self.names()))})"
        self.need("AS")
        text += " AS "
        if self.takes("NOT", "MATERIALIZED"):
            text += "NOT MATERIALIZED "
        elif self.take("MATERIALIZED"):
            text += "MATERIALIZED "
        self.need("(")
        text += f"({self.query()})"
        self.need(")")
        return text

    def _compound(self) -> str:
        text = self._core()
        while (word := self.words[self.at]) in _COMPOUND:
            self.at += 1
            if word == "UNION" and self.take("ALL"):
                word = "UNION ALL"
            text += f" {word} {self._core()}"
        return text + self._order_and_limit()

    def _order_and_limit(self) -> str:
        text = f" ORDER BY {self.sorted_by()}" if self.takes("ORDER", "BY") else ""
        if not self.take("LIMIT"):
            return text
        first = self.text()
        if self.take(","):
            return f"{text} LIMIT {self.text()} OFFSET {first}"
        return (
            f"{text} LIMIT {first} OFFSET {self.text()}" if self.take("OFFSET") else f"{text} LIMIT {first}"
        )

    def _core(self) -> str:
        if self.take("VALUES"):
            rows = [self._row()]
            while self.take(","):
                rows.append(self._row())
            return f"VALUES {', '.join(rows)}"
        self.need("SELECT")
        text = "SELECT "
        if not self.take("ALL") and self.take("DISTINCT"):
            text += "DISTINCT "
        text += self._results()
        if self.take("FROM"):
            text += f" FROM {self._sources()}"
        text += self._where()
        if self.takes("GROUP", "BY"):
            text += f" GROUP BY {self.texts_listed()}"
        if self.take("HAVING"):
            text += f" HAVING {self.text()}"
        if self.words[self.at] == "WINDOW":
            self.at += 1
            text += f" WINDOW {self._windows()}"
        return text

    def _row(self) -> str:
        self.need("(")
        text = self.texts_listed()
        self.need(")")
        return f"({text})"

    def _windows(self) -> str:
        found = []
        while True:
            name = identifier(fold(self.name()))
            self.need("AS")
            found.append(f"{name} AS {self.window()}")
            if not self.take(","):
                return ", ".join(found)

    def _results(self) -> str:
        found = []
        while True:
            if self.take("*"):
                found.append("*")
            elif self.words[self.at + 1 : self.at + 3] == [".", "*"]:
                found.append(f"{identifier(fold(self.name()))}.*")
                self.at += 2
            else:
                text = self.text()
                alias = self._alias()
                found.append(text if alias is None else f"{text} AS {identifier(alias)}")
            if not self.take(","):
                return ", ".join(found)

    def _alias(self) -> str | None:
        if self.take("AS"):
            return self.name()
        if self.kinds[self.at] == "word":
            word = self.words[self.at]
            starts_window = word == "WINDOW" and self.words[self.at + 2] == "AS"
            return None if word in _NO_ALIAS or starts_window else self.name()
        return self.name() if self.kinds[self.at] in ("quoted", "string") else None

    def _sources(self) -> str:
        text = self._source()
        while True:
            if self.take(","):
                text += f", {self._source()}"
            elif join := self._join():
                text += f" {join} {self._source()}"
            else:
                return text
            if self.words[self.at] == "ON" and self.words[self.at + 1] != "CONFLICT":
                self.at += 1
                text += f" ON {self.text()}"
            elif self.take("USING"):
                text += f" USING ({', '.join(identifier(fold(n)) for n in self.names())})"

    def _join(self) -> str:
        words = []
        while self.words[self.at] in JOIN_WORDS:
            words.append(self.words[self.at])
            self.at += 1
            if words[-1] == "JOIN":
                return " ".join([w for w in words if w not in _DROPPED])
        if words:
            raise Unreadable
        return ""

    def _source(self) -> str:
        if self.take("("):
            query = self.words[self.at] in ("SELECT", "VALUES", "WITH")
            text = f"({self.query() if query else self._sources()})"
            self.need(")")
        else:
            text = self.relation()
            if self.take("("):
                text += f"({self._arguments()})"
        return text + self._table_alias()

    def _table_alias(self) -> str:
        alias = self._alias()
        text = "" if alias is None else f" AS {identifier(fold(alias))}"
        if self.takes("INDEXED", "BY"):
            return f"{text} INDEXED BY {identifier(fold(self.name()))}"
        return f"{text} NOT INDEXED" if self.takes("NOT", "INDEXED") else text

    def _where(self) -> str:
        return f" WHERE {self.text()}" if self.take("WHERE") else ""

    def _resolution(self) -> str:
        if not self.take("OR"):
            return ""
        word = self.words[self.at]
        if word not in ("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"):
            raise Unreadable
        self.at += 1
        return f" OR {word}"

    def _insert(self) -> str:
        if self.take("REPLACE"):
            text = "INSERT OR REPLACE"
        else:
            self.need("INSERT")
            text = f"INSERT{self._resolution()}"
        self.need("INTO")
        text += f" INTO {self.relation()}"
        if self.take("AS"):
            text += f" AS {identifier(fold(self.name()))}"
        if self.words[self.at] == "(":
            text += f" ({', '.join(identifier(fold(n)) for n in self.names())})"
        if self.takes("DEFAULT", "VALUES"):
            text += " DEFAULT VALUES"
        else:
            text += f" {self.query()}"
        while self.takes("ON", "CONFLICT"):
            text += f" ON CONFLICT{self._upsert()}"
        return text + self._returning()

    def _upsert(self) -> str:
        text = ""
        if self.take("("):
            text = f" ({self.sorted_by()})"
            self.need(")")
            text += self._where()
        self.need("DO")
        if self.take("NOTHING"):
            return f"{text} DO NOTHING"
        self.need("UPDATE", "SET")
        return f"{text} DO UPDATE SET {self._assignments()}{self._where()}"

    def _assignments(self) -> str:
        found = []
        while True:
            if self.words[self.at] == "(":
                target = f"({', '.join(identifier(fold(n)) for n in self.names())})"
            else:
                target = identifier(fold(self.name()))
            self.need("=")
            found.append(f"{target} = {self.text()}")
            if not self.take(","):
                return ", ".join(found)

    def _update(self) -> str:
        self.need("UPDATE")
        text = f"UPDATE{self._resolution()} {self.relation()}{self._table_alias()}"
        self.need("SET")
        text += f" SET {self._assignments()}"
        if self.take("FROM"):
            text += f" FROM {self._sources()}"
        return text + self._where() + self._returning() + self._order_and_limit()

    def _delete(self) -> str:
        self.need("DELETE", "FROM")
        text = f"DELETE FROM {self.relation()}{self._table_alias()}"
        return text + self._where() + self._returning() + self._order_and_limit()

    def _returning(self) -> str:
        return f" RETURNING {self._results()}" if self.take("RETURNING") else ""
