"""What the text of a statement says of tables and columns that may go."""

from __future__ import annotations

import pytest

from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.sql.inside import dropped_names

CALLS = {
    "SELECT drop_old_partitions()": True,
    "SELECT app.purge(1), now()": True,
    "CALL tidy_up()": True,
    "WITH x AS (SELECT tidy(1)) SELECT * FROM x": True,
    "DO $$ BEGIN PERFORM public.tidy(); END $$": True,
    "DO $$ BEGIN EXECUTE 'SELECT tidy()'; END $$": True,
    "SELECT pg_catalog.set_config('search_path', '', false)": False,
    "SELECT setval('s', (SELECT max(id) FROM t))": False,
    "SELECT cron.schedule('n', '* * * * *', $$SELECT purge()$$)": False,
    "SELECT 1": False,
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT purge()'": False,
    "INSERT INTO t SELECT purge()": False,
    "DO $$ BEGIN INSERT INTO public.users (id) VALUES (1); CREATE TABLE t (a numeric(10, 2)); END $$": False,
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'x') THEN CREATE TYPE x AS ENUM ('a');"
    " END IF; END $$": False,
}


@pytest.mark.parametrize("sql", CALLS)
def test_what_runs_code_of_the_database(sql: str) -> None:
    assert read_head(sql).calls is CALLS[sql]


NAMES = {
    'DROP TABLE IF EXISTS a, s.b, "C" CASCADE': [("", "a", ""), ("s", "b", ""), ("", "C", "")],
    "ALTER TABLE IF EXISTS ONLY s.t DROP a, DROP COLUMN IF EXISTS b CASCADE, DROP CONSTRAINT c": [
        ("s", "t", "a"),
        ("s", "t", "b"),
    ],
    "ALTER TABLE t ALTER a DROP DEFAULT, ALTER COLUMN b DROP NOT NULL, ALTER c DROP IDENTITY IF EXISTS": [],
    "DO $$BEGIN EXECUTE E'DROP TABLE v'; EXECUTE format('DROP TABLE %I', n); DROP INDEX i; END$$": [
        ("", "v", "")
    ],
    "DO $$ B'01' X'' E'' 'a": [],
    "DROP TABLE": [],
    "ALTER TABLE": [],
}


@pytest.mark.parametrize("sql", NAMES)
def test_what_a_text_drops(sql: str) -> None:
    assert dropped_names(sql, inside=True) == NAMES[sql]
