"""Tables and what belongs to them, as pieces of a dump."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from landed.engines.postgres.catalog.dump_items import Item, Row

QUERIES = (
    "relations",
    "columns",
    "sequences",
    "constraints",
    "indexes",
    "replica_indexes",
    "rules",
    "triggers",
    "policies",
    "statistics",
)
"""Files below ``queries/dump``, each read once. ``schemas`` is a regular expression of those to dump;
``also_on`` names managed ones in which the user's policies and triggers count, ``attached`` those in which
they do not when the managed ones are dumped."""

_WHEN = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_STATE = 1 << 40
"""Added to a catalog's oid: for pieces that have no row of their own in the catalogs."""


def relation_items(rows: Mapping[str, list[Row]], shown: Mapping[str, str]) -> Iterable[Item]:
    """The pieces for all that was read by :data:`QUERIES`."""
    by_table: dict[int, list[Row]] = defaultdict(list)
    for column in rows["columns"]:
        by_table[column["relation"]].append(column)
    for row in rows["relations"]:
        yield from _relation(row, by_table[row["oid"]])
    yield from _sequences(rows["sequences"])
    for row in rows["constraints"]:
        yield from _constraint(row)
    for row in rows["indexes"]:
        key = row["class"], row["oid"]
        yield Item(key, "index", row["name"], [row["sql"]], "INDEX", comment=row["comment"])
        if row["attach_to"]:
            sql = f"ALTER INDEX {row['attach_to']} ATTACH PARTITION {row['name']}"
            yield Item((key[0] + _STATE, key[1]), "attach", row["name"], [sql], needs={key})
        if row["clustered"]:
            sql = f"ALTER TABLE {row['table']} CLUSTER ON {row['name'].rpartition('.')[2]}"
            yield Item((key[0] + 3 * _STATE, key[1]), "state", row["name"], [sql], needs={key})
    for row in rows["replica_indexes"]:
        sql = f"ALTER TABLE ONLY {row['table']} REPLICA IDENTITY USING INDEX {row['index']}"
        yield Item((2 * _STATE, row["index_oid"]), "state", row["table"], [sql])
    for kind in ("rules", "triggers"):
        for row in rows[kind]:
            word = kind[:-1]
            made = [row["sql"].rstrip(";")]
            if row["enabled"] in _WHEN:
                made.append(
                    f"ALTER TABLE {row['table']} {_WHEN[row['enabled']]} {word.upper()} {row['name']}"
                )
            name = f"{row['name']} ON {row['table']}"
            yield Item((row["class"], row["oid"]), word, name, made, word.upper(), comment=row["comment"])
    for row in rows["policies"]:
        yield _policy(row, shown)
    for row in rows["statistics"]:
        made = [row["sql"]]
        if row["target"] is not None:
            made.append(f"ALTER STATISTICS {row['name']} SET STATISTICS {row['target']}")
        yield Item(
            (row["class"], row["oid"]), "state", row["name"], made, "STATISTICS", row["owner"], row["comment"]
        )


def _relation(row: Row, columns: list[Row]) -> Iterable[Item]:
    key = row["class"], row["oid"]
    options = f" WITH ({', '.join(row['options'])})" if row["options"] else ""
    name = row["name"]
    if row["relkind"] in ("v", "m"):
        word = "VIEW" if row["relkind"] == "v" else "MATERIALIZED VIEW"
        method = f" USING {row['method']}" if row["method"] else ""
        # Its rows are no definition, and making them would run whatever its query calls.
        tail = " WITH NO DATA" if row["relkind"] == "m" else ""
        sql = f"CREATE {word} {name}{method}{options} AS\n{row['definition'].rstrip().rstrip(';')}{tail}"
        item = Item(key, "view", name, [sql], word, row["owner"], row["comment"], "r", row["acl"])
        defaults = [c for c in columns if c["default_oid"]]
    else:
        word = "FOREIGN TABLE" if row["relkind"] == "f" else "TABLE"
        item = Item(key, "table", name, [], word, row["owner"], row["comment"], "r", row["acl"])
        item.sql = [_table(row, columns, options, word), *_column_settings(columns), *_table_settings(row)]
        defaults = [c for c in columns if c["default_oid"] and not c["generated"]]
        if row["partition"]:
            (parent,) = row["parents"]
            sql = f"ALTER TABLE ONLY {parent} ATTACH PARTITION {name} {row['bound']}"
            item.sql.append(sql)
    yield item
    for column in defaults:
        sql = f"ALTER TABLE {name} ALTER COLUMN {column['name']} SET DEFAULT {column['expression']}"
        yield Item(
            (_ATTRDEF, column["default_oid"]), "default", f"{name}.{column['name']}", [sql], needs={key}
        )
    for column in columns:
        if column["comment"] is not None:
            at = f"{name}.{column['name']}"
            made = Item((3 * _STATE, row["oid"] * 2000 + columns.index(column)), "state", at, [], "COLUMN")
            made.comment = column["comment"]
            made.needs = {key}
            yield made


_ATTRDEF = 2604
"""The oid of pg_attrdef, the same in every server."""


def _table(row: Row, columns: list[Row], options: str, word: str) -> str:
    persistence = "UNLOGGED " if row["persistence"] == "u" else ""
    if row["oftype"]:
        return f"CREATE {persistence}{word} {row['name']} OF {row['oftype']}{options}"
    inherits = row["parents"] if row["parents"] and not row["partition"] else None
    listed = [_column(c) for c in columns if c["local"] or not inherits]
    text = f"CREATE {persistence}{word} {row['name']} ({_lines(listed)})"
    if inherits:
        text += f" INHERITS ({', '.join(inherits)})"
    if row["partkey"]:
        text += f" PARTITION BY {row['partkey']}"
    if row["method"] and word == "TABLE":
        text += f" USING {row['method']}"
    if word == "FOREIGN TABLE":
        text += f" SERVER {row['server']}"
        text += f" OPTIONS ({row['foreign_options']})" if row["foreign_options"] else ""
    return text + options


def _lines(parts: list[str]) -> str:
    return "\n  " + ",\n  ".join(parts) + "\n" if parts else ""


def _column(column: Row) -> str:
    text = f"{column['name']} {column['type']}"
    if column["foreign_options"]:
        text += f" OPTIONS ({column['foreign_options']})"
    if column["collation"]:
        text += f" COLLATE {column['collation']}"
    if column["generated"]:
        how = "STORED" if column["generated"] == "s" else "VIRTUAL"
        text += f" GENERATED ALWAYS AS ({column['expression']}) {how}"
    # A partition's is its parent's (17 and later), and comes with the attaching.
    if column["identity"] and column["sequence"]:
        how = "ALWAYS" if column["identity"] == "a" else "BY DEFAULT"
        text += f" GENERATED {how} AS IDENTITY ({column['sequence']})"
    if column["required"]:
        text += f" CONSTRAINT {column['required_name']}" if column["required_name"] else ""
        text += " NOT NULL"
    return text


def _column_settings(columns: list[Row]) -> Iterable[str]:
    for column in columns:
        alter = f"ALTER TABLE ONLY {column['table']} ALTER COLUMN {column['name']} SET"
        if column["compression"]:
            yield f"{alter} COMPRESSION {column['compression']}"
        if column["storage"]:
            yield f"{alter} STORAGE {column['storage']}"
        if column["target"] is not None:
            yield f"{alter} STATISTICS {column['target']}"
        if column["options"]:
            yield f"{alter} ({column['options']})"


def _table_settings(row: Row) -> Iterable[str]:
    alter = f"ALTER TABLE ONLY {row['name']}"
    if row["rls"]:
        yield f"{alter} ENABLE ROW LEVEL SECURITY"
    if row["forced"]:
        yield f"{alter} FORCE ROW LEVEL SECURITY"
    if row["identity"] in ("n", "f") and row["relkind"] != "f":
        yield f"{alter} REPLICA IDENTITY {'FULL' if row['identity'] == 'f' else 'NOTHING'}"


def _sequences(rows: Iterable[Row]) -> Iterable[Item]:
    for row in rows:
        key = row["class"], row["oid"]
        kind, sql = ("state", []) if row["identity"] else ("sequence", [row["sql"]])
        made = Item(key, kind, row["name"], sql, "SEQUENCE", row["owner"], row["comment"], "S", row["acl"])
        made.follows = bool(row["owned"] or row["identity"])
        yield made
        if row["owned"]:
            sql = [f"ALTER SEQUENCE {row['name']} OWNED BY {row['owned']}"]
            needs = {key, (row["class"], row["owned_by"])}
            yield Item((key[0] + 2 * _STATE, key[1]), "owned by", row["name"], sql, needs=needs)


def _constraint(row: Row) -> Iterable[Item]:
    kind = {"f": "foreign key", "c": "check", "n": "check"}.get(row["contype"], "key")
    key = row["class"], row["oid"]
    # On partitioned tables a foreign key cannot be added with ONLY.
    only = "" if row["contype"] == "f" and row["relkind"] == "p" else "ONLY "
    if row["contype"] in ("c", "n") and row["relkind"] in ("r", "p"):
        only = ""
    word = "FOREIGN TABLE" if row["relkind"] == "f" else "TABLE"
    sql = f"ALTER {word} {only}{row['table']} ADD CONSTRAINT {row['name']} {row['definition']}"
    name = f"{row['name']} ON {row['table']}"
    made = [sql]
    if row["options"]:
        made.append(f"ALTER INDEX {row['index']} SET ({row['options']})")
    if row["index_comment"]:
        made.append(f"COMMENT ON INDEX {row['index']} IS {row['index_comment']}")
    yield Item(key, kind, name, made, "CONSTRAINT", comment=row["comment"])
    if row["attach_to"]:
        sql = f"ALTER INDEX {row['attach_to']} ATTACH PARTITION {row['index']}"
        yield Item((key[0] + _STATE, key[1]), "attach", name, [sql], needs={key})


def _policy(row: Row, shown: Mapping[str, str]) -> Item:
    name = f"{row['name']} ON {row['table']}"
    roles = sorted(shown[r] if r else "PUBLIC" for r in row["roles"])
    to = "" if roles == ["PUBLIC"] else f" TO {', '.join(roles)}"
    sql = f"CREATE POLICY {name}{row['restrictive']}{row['command']}{to}"
    if row["using"] is not None:
        sql += f" USING ({row['using']})"
    if row["checked"] is not None:
        sql += f" WITH CHECK ({row['checked']})"
    return Item((row["class"], row["oid"]), "policy", name, [sql], "POLICY", comment=row["comment"])
