"""Schemas, types, functions and what else stands by itself, as pieces of a dump."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from landed.engines.postgres.catalog.dump_items import Item, Row

QUERIES = (
    "schemas",
    "extensions",
    "types",
    "functions",
    "collations",
    "operators",
    "casts",
    "wrappers",
    "servers",
    "mappings",
    "dictionaries",
    "configurations",
    "event_triggers",
    "publications",
    "members",
)
"""Files below ``queries/dump``, each read once; ``whole`` is whether what lies in no schema counts."""

STUB = "AS $landed$ BEGIN RAISE EXCEPTION 'landed: stands in for a function in %s'; END $landed$"


def code_items(rows: Mapping[str, list[Row]], shown: Mapping[str, str]) -> Iterable[Item]:
    """The pieces for all that was read by :data:`QUERIES`; ``shown`` are roles' names as SQL has them."""
    for row in rows["schemas"]:
        sql = [f"CREATE SCHEMA IF NOT EXISTS {row['name']}"]
        yield _item(row, "schema", sql, "SCHEMA", acl="n")
    for row in rows["extensions"]:
        sql = [f"CREATE EXTENSION IF NOT EXISTS {row['name']} WITH SCHEMA {row['within']}"]
        yield Item((row["class"], row["oid"]), "extension", row["name"], sql)
    for row in rows["types"]:
        yield _type(row)
    for row in rows["functions"]:
        yield _function(row)
    for row in rows["collations"]:
        yield _collation(row)
    for row in rows["operators"]:
        yield _item(row, "operator", [row["sql"]], "OPERATOR")
    for row in rows["casts"]:
        yield _item(row, "operator", [f"CREATE CAST {row['name']} {row['how']}"], "CAST")
    for row in rows["wrappers"]:
        sql = [f"CREATE FOREIGN DATA WRAPPER {row['name']}{row['handlers']}{_with_options(row)}"]
        yield _item(row, "extension", sql, "FOREIGN DATA WRAPPER", acl="F")
    for row in rows["servers"]:
        head = f"CREATE SERVER {row['name']}{row['kind']} FOREIGN DATA WRAPPER {row['wrapper']}"
        yield _item(row, "extension", [head + _with_options(row)], "SERVER", acl="s")
    for row in rows["mappings"]:
        who = shown[row["user"]] if row["user"] else "PUBLIC"
        sql = [f"CREATE USER MAPPING FOR {who} SERVER {row['name']}{_with_options(row)}"]
        yield Item((row["class"], row["oid"]), "member", f"{row['name']} {who}", sql)
    for row in rows["dictionaries"]:
        options = f", {row['options']}" if row["options"] else ""
        sql = [f"CREATE TEXT SEARCH DICTIONARY {row['name']} (TEMPLATE = {row['template']}{options})"]
        yield _item(row, "collation", sql, "TEXT SEARCH DICTIONARY")
    for row in rows["configurations"]:
        sql = [f"CREATE TEXT SEARCH CONFIGURATION {row['name']} (PARSER = {row['parser']})"]
        sql += [
            f"ALTER TEXT SEARCH CONFIGURATION {row['name']} ADD MAPPING FOR {mapping}"
            for mapping in row["mappings"] or ()
        ]
        yield _item(row, "operator", sql, "TEXT SEARCH CONFIGURATION")
    yield from _events(rows)
    yield from _publications(rows)


def _item(row: Row, kind: str, sql: list[str], what: str, *, acl: str = "") -> Item:
    key = row["class"], row["oid"]
    return Item(
        key, kind, row["name"], sql, what, row["owner"], row["comment"], acl, row["acl"] if acl else None
    )


def _with_options(row: Row) -> str:
    return f" OPTIONS ({row['options']})" if row["options"] else ""


def _type(row: Row) -> Item:
    name, what, after = row["name"], "TYPE", []
    if row["typtype"] == "d":
        what = "DOMAIN"
        sql = f"CREATE DOMAIN {name} AS {row['base']}"
        sql += f" COLLATE {row['collation']}" if row["collation"] else ""
        sql += f" DEFAULT {row['default']}" if row["default"] is not None else ""
        sql += " NOT NULL" * row["required"] + (row["checks"] or "")
        after = [*(row["late_checks"] or ()), *(row["check_comments"] or ())]
    elif row["typtype"] == "e":
        sql = f"CREATE TYPE {name} AS ENUM ({row['labels']})"
    elif row["typtype"] == "r":
        sql = f"CREATE TYPE {name} AS RANGE ({row['range']})"
    elif row["typtype"] == "c":
        sql = f"CREATE TYPE {name} AS ({row['attributes'] or ''})"
        after = row["attribute_comments"] or []
    else:
        sql = f"CREATE TYPE {name}"
    return _item(row, "type", [sql, *after], what, acl="T")


def _function(row: Row) -> Item:
    word = {"p": "PROCEDURE", "a": "AGGREGATE"}.get(row["prokind"], "FUNCTION")
    sql = row["aggregate"] or row["sql"].rstrip()
    if row["language"] == "c":
        # Whose library is not there: by name and signature it is.
        returns = "trigger" if row["result"] == "trigger" else row["result"]
        stub = STUB % row["language"]
        sql = f"CREATE FUNCTION {row['name']} RETURNS {returns} LANGUAGE plpgsql {stub}"
    item = _item(row, "function", [sql], word, acl="f")
    item.signature = row["signature"]
    return item


def _collation(row: Row) -> Item:
    parts = [f"PROVIDER = {row['provider']}"]
    if row["locale"] is not None:
        parts.append(f"LOCALE = {row['locale']}")
    else:
        parts += [f"LC_COLLATE = {row['collate']}", f"LC_CTYPE = {row['ctype']}"]
    parts += ["DETERMINISTIC = false"] * (not row["deterministic"])
    parts += [f"RULES = {row['rules']}"] * (row["rules"] is not None)
    return _item(row, "collation", [f"CREATE COLLATION {row['name']} ({', '.join(parts)})"], "COLLATION")


def _events(rows: Mapping[str, list[Row]]) -> Iterable[Item]:
    for row in rows["event_triggers"]:
        tags = f" WHEN TAG IN ({row['tags']})" if row["tags"] else ""
        sql = [
            f"CREATE EVENT TRIGGER {row['name']} ON {row['event']}{tags} EXECUTE FUNCTION {row['function']}()"
        ]
        state = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}.get(row["enabled"])
        sql += [f"ALTER EVENT TRIGGER {row['name']} {state}"] if state else []
        yield _item(row, "event trigger", sql, "EVENT TRIGGER")


def _publications(rows: Mapping[str, list[Row]]) -> Iterable[Item]:
    for row in rows["publications"]:
        options = f"publish = '{row['publish']}', publish_via_partition_root = {str(row['root']).lower()}"
        if row["born"]:
            sql = [f"ALTER PUBLICATION {row['name']} SET ({options})"]
            row = {**row, "owner": None}
        else:
            everything = " FOR ALL TABLES" if row["everything"] else ""
            sql = [f"CREATE PUBLICATION {row['name']}{everything} WITH ({options})"]
        yield _item(row, "publication", sql, "PUBLICATION")
    for row in rows["members"]:
        sql = [f"ALTER PUBLICATION {row['publication']} ADD {row['what']}"]
        yield Item((row["class"], row["oid"]), "member", f"{row['publication']} {row['what']}", sql)
