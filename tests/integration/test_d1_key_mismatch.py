"""What real D1 does with a foreign key to columns that are no key, which landed's rules rest on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.clients.wrangler import BatchFailed, MiniflareD1

SCHEMA = [
    "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT)",
    "CREATE TABLE c (id INTEGER PRIMARY KEY, code TEXT REFERENCES p(code))",
    "CREATE TABLE k (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id))",
    "INSERT INTO p VALUES (1, 'x')",
    "INSERT INTO k VALUES (1, 1)",
]
MISMATCH = "foreign key mismatch"
REBUILD = [
    "PRAGMA defer_foreign_keys = on",
    "DROP TABLE k",
    "CREATE TABLE n (id INTEGER PRIMARY KEY, code TEXT)",
    "INSERT INTO n SELECT * FROM p",
    "DROP TABLE p",
    "ALTER TABLE n RENAME TO p",
]


def test_real_d1_refuses_what_writes_and_drops_all_the_same(
    miniflare_d1: Callable[..., MiniflareD1],
) -> None:
    database = miniflare_d1()
    database.batch(SCHEMA)
    for refused in (
        "INSERT INTO c VALUES (1, 'x')",
        "UPDATE p SET code = 'y'",
        "DELETE FROM p WHERE id = 2",
        "DELETE FROM c",
        "PRAGMA foreign_key_check",
        "PRAGMA foreign_key_check(c)",
        "SELECT * FROM pragma_foreign_key_check",
    ):
        with pytest.raises(BatchFailed, match=MISMATCH):
            database.batch([refused])
    database.batch(["INSERT INTO p VALUES (2, 'z')", "UPDATE c SET id = 5"])
    assert database.batch(["PRAGMA foreign_key_check(k)"]) == [[]]
    others = (
        'SELECT f."table" FROM sqlite_master AS m JOIN pragma_foreign_key_check(m.name) AS f '
        "WHERE m.type = 'table' AND substr(m.name, 1, 4) <> '_cf_' AND lower(m.name) NOT IN ('c')"
    )
    assert database.batch([others]) == [[]]
    database.batch(REBUILD)
    assert database.batch(["SELECT code FROM p WHERE id = 1"]) == [[{"code": "x"}]]
