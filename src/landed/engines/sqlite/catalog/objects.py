"""The facts of SQLite's indexes, views, triggers and virtual tables, each from its own text."""

from __future__ import annotations

from collections.abc import Callable

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.sqlite.sql.query import Queries
from landed.engines.sqlite.sql.reader import Reader, Unreadable
from landed.engines.sqlite.sql.tokens import fold, identifier, shown, unquote

Fact = tuple[FactKey, str]
Properties = list[tuple[str, str]]


def _facts(kind: str, name: str, sql: str, read: Callable[[Queries], Properties]) -> list[Fact]:
    """The object's facts; what cannot be read is one fact, ``definition``, of its tokens."""
    try:
        properties = read(Queries(sql))
    except (Unreadable, RecursionError, IndexError):
        properties = [("definition", Reader(sql).tokens(0))]
    return [
        (FactKey(kind, "", name, EXISTS), YES),
        *[(FactKey(kind, "", name, prop), value) for prop, value in properties],
    ]


def index_facts(name: str, sql: str) -> list[Fact]:
    """Table, columns (with expressions, collations, directions), uniqueness and predicate."""
    return _facts("index", name, sql, _index)


def view_facts(name: str, sql: str) -> list[Fact]:
    """Declared columns, spelled as result sets show them, and the canonical query.

    The name that an expression without ``AS`` gets is its text as written; SQLite promises nothing
    about it (sqlite.org/c3ref/column_name.html), and so it is no fact.
    """
    return _facts("view", name, sql, _view)


def trigger_facts(name: str, sql: str) -> list[Fact]:
    """Table, event, condition and the canonical statements."""
    return _facts("trigger", name, sql, _trigger)


def virtual_table_facts(name: str, sql: str) -> list[Fact]:
    """Module and arguments, in the order given."""
    return _facts("virtual table", name, sql, _virtual)


def _head(r: Queries, *kinds: str) -> None:
    r.need(*kinds)
    r.takes("IF", "NOT", "EXISTS")
    r.relation()


def _end(r: Queries) -> None:
    if not r.ended:
        raise Unreadable


def _index(r: Queries) -> Properties:
    r.need("CREATE")
    unique = r.take("UNIQUE")
    _head(r, "INDEX")
    r.need("ON")
    table = fold(r.name())
    r.need("(")
    terms = [_index_term(r)]
    while r.take(","):
        terms.append(_index_term(r))
    r.need(")")
    where = r.text() if r.take("WHERE") else ""
    _end(r)
    found = [("table", table), ("columns", ", ".join(terms)), ("unique", YES if unique else "no")]
    return [*found, ("where", where)] if where else found


def _index_term(r: Queries) -> str:
    if r.kinds[r.at] in ("string", "quoted") and r.words[r.at + 1] in (",", ")", "COLLATE", "ASC", "DESC"):
        # Whatever its quotes, a whole term is a column's name to SQLite.
        text = identifier(fold(r.name()))
        if r.take("COLLATE"):
            text += f" COLLATE {identifier(fold(r.name()))}"
    else:
        text = r.text()
    return f"{text} DESC" if not r.take("ASC") and r.take("DESC") else text


def _view(r: Queries) -> Properties:
    r.need("CREATE")
    if not r.take("TEMP"):
        r.take("TEMPORARY")
    _head(r, "VIEW")
    columns = r.names() if r.words[r.at] == "(" else []
    r.need("AS")
    start = r.at
    try:
        definition = r.query()
        _end(r)
    except (Unreadable, RecursionError, IndexError):
        definition = r.tokens(start)
    found = [("definition", definition)]
    return [("columns", ", ".join(map(shown, columns))), *found] if columns else found


def _trigger(r: Queries) -> Properties:
    r.need("CREATE")
    if not r.take("TEMP"):
        r.take("TEMPORARY")
    _head(r, "TRIGGER")
    if r.takes("INSTEAD", "OF"):
        event = "instead"
    else:
        event = "after" if r.take("AFTER") else "before"
        r.take("BEFORE")
    for word in ("INSERT", "UPDATE", "DELETE"):
        if r.take(word):
            event += f" {word.lower()}"
            break
    else:
        raise Unreadable
    if r.take("OF"):
        columns = {fold(r.name())}
        while r.take(","):
            columns.add(fold(r.name()))
        event += f" of {', '.join(map(shown, sorted(columns)))}"
    r.need("ON")
    found = [("table", fold(r.name())), ("event", event)]
    r.takes("FOR", "EACH", "ROW")
    if r.take("WHEN"):
        found.append(("when", r.text()))
    r.need("BEGIN")
    statements = []
    while not r.takes("END"):
        statements.append(_trigger_statement(r))
    _end(r)
    return [*found, ("body", "; ".join(statements))]


def _trigger_statement(r: Queries) -> str:
    start = r.at
    try:
        text = r.statement()
        r.need(";")
    except (Unreadable, RecursionError, IndexError):
        stop = start
        while r.words[stop] != ";":
            stop += 1  # IndexError at the end: the whole trigger is then compared by its tokens
        r.at = stop + 1
        return r.tokens(start, stop)
    return text


def _virtual(r: Queries) -> Properties:
    r.need("CREATE", "VIRTUAL")
    _head(r, "TABLE")
    r.need("USING")
    module = fold(r.name())
    found = [("module", module)]
    if not r.take("("):
        return found
    arguments: list[str] = []
    start, depth = r.at, 1
    while depth:
        word = r.words[r.at]
        depth += (word == "(") - (word == ")")
        if not depth or (depth == 1 and word == ","):
            arguments.append(_argument(r, module, start, r.at))
            start = r.at + 1
        elif r.ended:
            raise Unreadable
        r.at += 1
    _end(r)
    return [*found, ("arguments", ", ".join(arguments))]


def _argument(r: Queries, module: str, start: int, end: int) -> str:
    """A module gets its arguments as written; only what fts5 is known to ignore is evened out."""
    if module != "fts5" or start == end:
        return " ".join(r.texts[start:end])
    if end - start == 3 and r.words[start + 1] == "=":
        value = r.texts[start + 2]
        text = unquote(value).replace("'", "''")
        return f"{fold(r.texts[start])} = '{text}'"
    if r.kinds[start] in ("word", "quoted", "string"):
        return " ".join([shown(unquote(r.texts[start])), *[fold(t) for t in r.texts[start + 1 : end]]])
    return " ".join(r.texts[start:end])
