"""Facts read from text equal what the engine's own PRAGMAs say, over real and random schemas."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landed.core.facts import FactKey
from landed.engines.sqlite.catalog.facts import SchemaRow, snapshot
from landed.engines.sqlite.sql.query import Queries
from landed.engines.sqlite.sql.split import split
from landed.engines.sqlite.sql.tokens import fold, quote

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "d1"
PROJECTS = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())


def rows(connection: apsw.Connection) -> list[SchemaRow]:
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return [SchemaRow(*row) for row in found]


def show(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else quote(name)


def expected(connection: apsw.Connection, table: str) -> dict[FactKey, str]:
    """The facts of one table that PRAGMAs can tell."""
    facts: dict[FactKey, str] = {}
    own = fold(table)

    def put(kind: str, name: str, prop: str, value: str) -> None:
        facts[FactKey(kind, own, name, prop)] = value

    strict, without = connection.execute(
        "SELECT strict, wr FROM pragma_table_list WHERE name = ?", (table,)
    ).get
    if strict:
        facts[FactKey("table", "", own, "strict")] = "yes"
    if without:
        facts[FactKey("table", "", own, "without rowid")] = "yes"
    columns = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (table,)).fetchall()
    facts[FactKey("table", "", own, "column order")] = ", ".join(show(fold(c[1])) for c in columns)
    key = [show(fold(c[1])) for c in sorted(columns, key=lambda c: c[5]) if c[5]]
    if key:
        put("primary key", "", "columns", ", ".join(key))
    for _, name, kind, required, default, _, hidden in columns:
        put("column", fold(name), "spelling", name)
        # The PRAGMA shows a comment that follows the type of a generated column.
        put("column", fold(name), "type", "".join(kind.lower().split("/*")[0].split()))
        put("column", fold(name), "not null", "yes" if required else "no")
        if default is not None and hidden == 0 and default.upper() not in ("NULL", "(NULL)"):
            put("column", fold(name), "default", evaluate(connection, default))
        if hidden:
            put("column", fold(name), "generated", {2: "virtual", 3: "stored"}[hidden])
    for number, _, parent, _, _, on_update, on_delete, _ in connection.execute(
        "SELECT * FROM pragma_foreign_key_list(?) WHERE seq = 0", (table,)
    ).fetchall():
        pairs = connection.execute(
            'SELECT "from", "to" FROM pragma_foreign_key_list(?) WHERE id = ? ORDER BY seq', (table, number)
        ).fetchall()
        order = [at for _, at in sorted((fold(a), at) for at, (a, _) in enumerate(pairs))]
        pairs = [pairs[at] for at in order]
        to, places = [b for _, b in pairs], ""
        if to[0] is None:
            implied = connection.execute(
                "SELECT name FROM pragma_table_xinfo(?) WHERE pk ORDER BY pk", (parent,)
            )
            to = [n for (n,) in implied.fetchall()]
            if order != sorted(order):
                places = f": {' '.join(str(at + 1) for at in order)}"
                to = [to[at] for at in order] if len(to) == len(order) else []
        target = f"{show(fold(parent))}({', '.join(show(fold(b)) for b in to) or 'primary key' + places})"
        name = f"({', '.join(show(fold(a)) for a, _ in pairs)})"
        count(facts, FactKey("foreign key", own, name, f"{target} {on_delete} {on_update}".lower()))
    return facts


def count(facts: dict[FactKey, str], key: FactKey) -> None:
    facts[key] = str(int(facts.get(key, "0")) + 1)


def evaluate(connection: apsw.Connection, expression: str) -> str:
    if any(word in expression.lower() for word in ("current_", "random", "now", "uuid")):
        return "volatile"
    word = expression.strip()
    if word[0] in '"`[' or (word[0].isalpha() and word.isalnum() and word.upper() not in ("TRUE", "FALSE")):
        return repr(word.strip('"`[]'))
    return repr(connection.execute(f"SELECT {expression}").get)


def told(connection: apsw.Connection, facts: dict[FactKey, str], table: str) -> dict[FactKey, str]:
    """The same part of the facts under test, in the shape of :func:`expected`."""
    own = fold(table)
    found: dict[FactKey, str] = {}
    for key, value in facts.items():
        if own not in (key.parent, key.name) or key.prop in ("exists", "collation"):
            continue
        if key.kind == "table" and key.name == own:
            found[key] = value
        elif key.kind == "column" and key.parent == own:
            if key.prop == "default":
                value = evaluate(connection, value)
            elif key.prop == "generated":
                value = value.split(":")[0]
            elif key.prop == "type":
                value = value.replace(" ", "")
            elif key.prop == "not null on conflict":
                continue
            found[key] = value
        elif key.kind == "primary key" and key.parent == own and key.prop == "columns":
            terms = value.replace(" DESC", "").split(", ")
            found[key] = ", ".join(term.split(" COLLATE ")[0] for term in terms)
        elif key.kind == "foreign key" and key.parent == own and key.prop == "references":
            actions = f"{facts[key._replace(prop='on delete')]} {facts[key._replace(prop='on update')]}"
            name = key.name if key.name.endswith(")") else key.name.rpartition(" ")[0]
            count(found, FactKey("foreign key", own, name, f"{value} {actions}"))
    return found


def engine_keys(connection: apsw.Connection, table: str) -> set[tuple[tuple[str, str], ...]]:
    """Columns and collations of the unique indexes behind PRIMARY KEY and UNIQUE."""
    found = set()
    for name, origin in connection.execute(
        "SELECT name, origin FROM pragma_index_list(?)", (table,)
    ).fetchall():
        if origin in ("u", "pk"):
            terms = connection.execute(
                "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", (name,)
            )
            found.add(tuple((fold(n), fold(c)) for n, c in terms.fetchall()))
    return found


def told_keys(facts: dict[FactKey, str], table: str) -> set[tuple[tuple[str, str], ...]]:
    own = fold(table)
    found = set()
    for key, value in facts.items():
        if key.parent != own or key.prop != "columns" or key.kind not in ("unique", "primary key"):
            continue
        if key._replace(prop="rowid alias") in facts:
            continue
        terms = []
        for term in value.split(", "):
            name, _, collation = term.removesuffix(" DESC").partition(" COLLATE ")
            name = name.replace('""', "\0").strip('"').replace("\0", '"')
            default = facts.get(FactKey("column", own, name, "collation"), "binary")
            terms.append((name, collation or default))
        found.add(tuple(terms))
    return found


def agree(connection: apsw.Connection) -> int:
    """Compare every table and index; the number of tables."""
    facts = snapshot(rows(connection), None)
    assert not [k for k in facts if k.prop == "definition" and k.kind in ("table", "index", "trigger")]
    tables = [
        r
        for r in rows(connection)
        if r.type == "table" and FactKey("table", "", fold(r.name), "exists") in facts
    ]
    for row in tables:
        assert told(connection, facts, row.name) == expected(connection, row.name)
        assert told_keys(facts, row.name) == engine_keys(connection, row.name)
        alias = FactKey("primary key", fold(row.name), "", "rowid alias") in facts
        assert alias == is_rowid_alias(connection, row.name)
    for row in rows(connection):
        if row.type == "index" and row.sql is not None:
            index_agrees(connection, facts, row)
    return len(tables)


def is_rowid_alias(connection: apsw.Connection, table: str) -> bool:
    """A key is the rowid exactly if no index was made for it (sqlite.org/lang_createtable.html#rowid)."""
    without, keys = connection.execute(
        "SELECT wr, (SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk)"
        " FROM pragma_table_list WHERE name = ?1",
        (table,),
    ).fetchone()
    made = connection.execute("SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'pk'", (table,)).get
    return bool(keys and not without and not made)


def index_agrees(connection: apsw.Connection, facts: dict[FactKey, str], row: SchemaRow) -> None:
    key = FactKey("index", "", fold(row.name), "unique")
    unique, partial = connection.execute(
        'SELECT "unique", partial FROM pragma_index_list(?) WHERE name = ?', (row.tbl_name, row.name)
    ).fetchone()
    assert facts[key] == ("yes" if unique else "no")
    assert (key._replace(prop="where") in facts) == bool(partial)
    assert facts[key._replace(prop="table")] == fold(row.tbl_name)
    terms = connection.execute(
        'SELECT cid, name, "desc", coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno', (row.name,)
    ).fetchall()
    reader = Queries(facts[key._replace(prop="columns")])
    told_terms = reader.sorted_by()
    assert reader.ended
    wanted = []
    texts = iter(split_terms(told_terms))
    for cid, name, descending, collation in terms:
        text = next(texts)
        bare = text.removesuffix(" DESC")
        assert text.endswith(" DESC") == bool(descending)
        column, _, named = bare.partition(" COLLATE ")
        if cid >= 0:
            own = facts.get(FactKey("column", fold(row.tbl_name), fold(name), "collation"), "binary")
            assert column.strip('"').replace('""', '"') == fold(name)
            assert (named or own) == fold(collation)
        wanted.append(text)
    assert next(texts, None) is None


def split_terms(text: str) -> list[str]:
    terms, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            terms.append(text[start:place].strip())
            start = place + 1
    return [*terms, text[start:].strip()]


@pytest.mark.parametrize("project", PROJECTS)
def test_real_schemas(project: str) -> None:
    connection = apsw.Connection(":memory:")
    compared = 0
    for file in sorted((CORPUS / project).rglob("*.sql")):
        for statement in split(file.read_bytes().decode("utf-8-sig")):
            try:
                connection.execute(statement.text)
            except apsw.Error:
                continue
        compared += agree(connection)
    assert compared > 0


NAMES = ["a", "B", "cC", "d_1", '"e e"', "[order]", "`key`", "'f'", "é", '"q""q"', "no"]
TYPES = [
    "",
    "INTEGER",
    "integer",
    "Int",
    "TEXT",
    "varchar ( 255 )",
    "DECIMAL(10, -2)",
    '"my type"',
    "double  precision",
    "BLOB",
]
STRICT_TYPES = ["INTEGER", "int", "Text", "REAL", "blob", "ANY"]
DEFAULTS = [
    "1",
    "-1",
    "+ 2.5",
    "'x''y'",
    '"dq"',
    "bare",
    "(1 + (2))",
    "NULL",
    "(NULL)",
    "true",
    "current_timestamp",
    "x'4A'",
]
RESOLUTIONS = ["", "", "", " ON CONFLICT IGNORE", " on conflict ABORT"]
ACTIONS = [
    "",
    " ON DELETE CASCADE",
    " on update SET  NULL ON DELETE no action",
    " ON DELETE restrict MATCH full",
    " ON UPDATE SET DEFAULT",
]
DEFER = [
    "",
    "",
    " DEFERRABLE",
    " NOT DEFERRABLE INITIALLY DEFERRED",
    " deferrable initially deferred",
    " DEFERRABLE INITIALLY IMMEDIATE",
]


@st.composite
def tables(draw: st.DrawFn) -> str:
    """CREATE TABLE statements in many forms; not all of these are valid."""

    def pick(options: list[str]) -> str:
        return draw(st.sampled_from(options))

    strict = draw(st.integers(0, 4)) == 0
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    keyed = False
    items = []
    for name in names:
        text = f"{name} {pick(STRICT_TYPES if strict else TYPES)}"
        for _ in range(draw(st.integers(0, 3))):
            choice = draw(st.integers(0, 9))
            text += pick([" ", "\n", " /* , */ ", " CONSTRAINT n "])
            if choice == 0 and not keyed:
                keyed = True
                text += (
                    "PRIMARY KEY"
                    + pick(["", " ASC", " desc"])
                    + pick(RESOLUTIONS)
                    + pick(["", "", " AUTOINCREMENT"])
                )
            elif choice == 1:
                text += "NOT NULL" + pick(RESOLUTIONS)
            elif choice == 2:
                text += "UNIQUE" + pick(RESOLUTIONS)
            elif choice == 3:
                text += "DEFAULT " + pick(DEFAULTS)
            elif choice == 4:
                text += "CHECK (" + name + pick([" > 0", " IN (1, 2)", ' <> ")"']) + ")"
            elif choice == 5:
                text += (
                    "REFERENCES "
                    + pick(["p", "p (id)", "q", "[q] (x)", "missing"])
                    + pick(ACTIONS)
                    + pick(DEFER)
                )
            elif choice == 6:
                text += "COLLATE " + pick(["nocase", "RTRIM", "Binary"])
            elif choice == 7:
                text += pick(["", "GENERATED ALWAYS "]) + "AS (1 + (2))" + pick(["", " STORED", " virtual"])
            else:
                text += "NULL"
        items.append(text)
    for _ in range(draw(st.integers(0, 3))):
        some = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        listed = ", ".join(n + pick(["", "", " DESC", " COLLATE rtrim", " ASC"]) for n in some)
        text = pick(["", "", "CONSTRAINT k "])
        choice = draw(st.integers(0, 3))
        if choice == 0 and not keyed:
            keyed = True
            text += f"PRIMARY KEY ({listed}{pick(['', '', ' AUTOINCREMENT'])})" + pick(RESOLUTIONS)
        elif choice == 1:
            text += f"UNIQUE ({listed})" + pick(RESOLUTIONS)
        elif choice == 2:
            parent = pick(["p", "p (id)", "q (x)"] if len(some) == 1 else ["q", "q (x, y)", "missing (a, b)"])
            text += f"FOREIGN KEY ({', '.join(some)}) REFERENCES {parent}" + pick(ACTIONS) + pick(DEFER)
        else:
            text += f"CHECK ({some[0]} <> 1)"
        items.append(text)
    options = [
        ["STRICT"] if strict else [],
        ["WITHOUT rowid"] if draw(st.integers(0, 3)) == 0 and keyed else [],
    ]
    tail = ", ".join(o for group in options for o in group)
    return f"CREATE TABLE {pick(['t', '[T t]', 'IF NOT EXISTS main.t'])} ({', '.join(items)}) {tail}"


@st.composite
def indexes(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(NAMES))
    other = draw(st.sampled_from(NAMES))
    term = draw(
        st.sampled_from(
            [
                name,
                f"lower({name})",
                f"{name} || 'x'",
                f"({name})",
                f"{name} COLLATE nocase",
                f"{name}, {other}",
            ]
        )
    )
    order = draw(st.sampled_from(["", " ASC", " DESC"]))
    where = draw(st.sampled_from(["", f" WHERE {name} IS NOT NULL", f" where ({other} > 1)"]))
    head = (
        f"CREATE {draw(st.sampled_from(['', 'UNIQUE ']))}INDEX {draw(st.sampled_from(['i', 'J', '[k k]']))}"
    )
    return f"{head} ON t ({term}{order}){where}"


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(tables(), st.lists(indexes(), max_size=3))
def test_random_schemas(table: str, more: list[str]) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE TABLE p (ID integer primary key); CREATE TABLE q (x, Y, PRIMARY KEY (x, y DESC))"
    )
    try:
        connection.execute(table)
    except apsw.SQLError:
        return
    for index in more:
        try:
            connection.execute(index)
        except apsw.SQLError:
            continue
    assert agree(connection) == 3
    facts = snapshot(rows(connection), None)
    # What the engine writes when it renames a table and back is another text of the same schema.
    name = next(r.name for r in rows(connection) if r.name not in ("p", "q") and r.type == "table")
    try:
        connection.execute(f'ALTER TABLE {quote(name)} RENAME TO "other name"')
        connection.execute(f'ALTER TABLE "other name" RENAME TO {quote(name)}')
    except apsw.SQLError:
        return
    assert snapshot(rows(connection), None) == facts


@pytest.mark.parametrize("clause", sorted({*DEFER, " NOT DEFERRABLE", " NOT DEFERRABLE INITIALLY IMMEDIATE"}))
@pytest.mark.parametrize("form", ["a INT REFERENCES p (id){}", "a INT, FOREIGN KEY (a) REFERENCES p (id){}"])
def test_a_key_is_called_deferred_exactly_if_the_engine_defers_it(clause: str, form: str) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA foreign_keys = ON; CREATE TABLE p (id INTEGER PRIMARY KEY)")
    connection.execute(f"CREATE TABLE t ({form.format(clause)})")
    connection.execute("BEGIN")
    try:
        connection.execute("INSERT INTO t VALUES (1)")
        deferred = True
    except apsw.ConstraintError:
        deferred = False
    facts = snapshot(rows(connection), None)
    told_value = facts.get(FactKey("foreign key", "t", "(a)", "deferrable"))
    assert told_value == ("initially deferred" if deferred else None)
