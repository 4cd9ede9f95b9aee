"""Rows and objects in the way of a statement: what a person is told of errors that a real server raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.write.say.references import Explained, explain

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, region text);
CREATE TABLE orders (id int PRIMARY KEY, customer int CONSTRAINT of_customer REFERENCES customers, total int);
CREATE TABLE visits (id int PRIMARY KEY, customer int
    CONSTRAINT by_customer REFERENCES customers DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE notes (id int PRIMARY KEY, customer int
    CONSTRAINT on_customer REFERENCES customers DEFERRABLE);
CREATE TABLE bills (id int PRIMARY KEY, customer int
    CONSTRAINT to_customer REFERENCES customers ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE loose (id int, customer int, region text, "Odd %" text);
INSERT INTO customers VALUES (1, 'north'), (2, NULL), (3, NULL), (4, 'north'), (5, 'south'), (6, 'x');
INSERT INTO orders VALUES (10, 1, 5), (11, 1, -5), (12, NULL, 7);
INSERT INTO visits VALUES (20, 2);
INSERT INTO notes VALUES (30, 3);
INSERT INTO bills VALUES (40, 4);
INSERT INTO loose VALUES (1, 1, 'a', 'b'), (2, 77, 'a', 'b'), (3, 78, 'c', 'd');
"""


@pytest.fixture(scope="module")
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        with made.connect() as connection:
            connection.execute(SCHEMA)
        yield made


@pytest.fixture
def db(scratch: Scratch) -> Iterator[psycopg.Connection[Any]]:
    with scratch.connect() as connection:
        yield connection


def told(db: psycopg.Connection[Any], *statements: str) -> Explained:
    """Run statements in one transaction up to the error of the last one, and have it explained."""
    *before, last = statements
    db.execute("BEGIN")
    for sql in before:
        db.execute(sql)
    with pytest.raises(psycopg.Error) as failed:
        db.execute(last)
    db.execute("ROLLBACK")
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    state = _state(db)
    explained = explain(db, failed.value, read_head(last))
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert _state(db) == state
    return explained


def _state(db: psycopg.Connection[Any]) -> Any:
    return db.execute(
        "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
        " current_setting('transaction_read_only'), pg_current_xact_id_if_assigned()"
    ).fetchone()


def test_a_delete_that_others_refer_to(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "DELETE FROM customers WHERE id = 1")
    assert details == [
        "constraint of_customer: public.orders (customer) refers to public.customers (id), "
        "ON DELETE NO ACTION",
        "it is NOT DEFERRABLE: checked at the end of every statement",
        "2 rows of public.orders refer to (id)=(1), for example id = 10",
    ]
    assert advice is not None
    assert advice.startswith("delete the rows of public.orders first") and "DEFERRED" not in advice


def test_a_delete_that_could_have_been_deferred(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "DELETE FROM customers WHERE id = 3")
    assert details[1] == "it is DEFERRABLE INITIALLY IMMEDIATE, and it was not deferred here"
    assert details[2] == "1 row of public.notes refers to (id)=(3), for example id = 30"
    assert advice is not None
    assert advice.endswith(
        'or SET CONSTRAINTS public."on_customer" DEFERRED before it, if later statements make it good'
    )
    # What the advice says does work.
    with db.transaction(force_rollback=True):
        db.execute('SET CONSTRAINTS public."on_customer" DEFERRED')
        db.execute("DELETE FROM customers WHERE id = 3")
        db.execute("DELETE FROM notes")
        db.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_deferred_violation_at_the_end(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "DELETE FROM customers WHERE id = 2", "SET CONSTRAINTS ALL IMMEDIATE")
    assert details[1] == (
        "it is DEFERRABLE INITIALLY DEFERRED, it was deferred, and it does not hold at the end of the "
        "transaction"
    )
    assert details[2] == "1 row of public.visits refers to (id)=(2), for example id = 20"
    assert advice is not None and "SET CONSTRAINTS" not in advice


def test_restrict_is_never_deferred(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "DELETE FROM customers WHERE id = 4")
    assert details[0].endswith("refers to public.customers (id), ON DELETE RESTRICT")
    assert details[1] == "RESTRICT is checked at once, deferred or not"
    assert details[2].startswith("1 row of public.bills refers to (id)=(4)")
    assert advice is not None and "SET CONSTRAINTS" not in advice


def test_a_changed_key_that_others_refer_to(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "UPDATE customers SET id = 99 WHERE id = 1")
    assert details[0].endswith("ON UPDATE NO ACTION")
    assert advice == "let them follow: recreate of_customer with ON UPDATE CASCADE"


def test_a_row_without_its_parent(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "INSERT INTO notes VALUES (31, 300)")
    assert details == [
        "constraint on_customer: public.notes (customer) refers to public.customers (id)",
        "it is DEFERRABLE INITIALLY IMMEDIATE, and it was not deferred here",
    ]
    assert advice is not None
    assert advice.startswith(
        "put the row into public.customers first, or correct customer; or SET CONSTRAINTS"
    )


ADD = "ALTER TABLE IF EXISTS ONLY loose ADD CONSTRAINT strict FOREIGN KEY (customer) REFERENCES customers"


@pytest.mark.parametrize("sql", [ADD, f"{ADD} (id)", f'{ADD.replace("loose", "public.loose")} ("id")'])
def test_a_new_foreign_key_that_rows_do_not_satisfy(db: psycopg.Connection[Any], sql: str) -> None:
    details, advice = told(db, sql)
    assert details == [
        "constraint strict: public.loose (customer) refers to public.customers (id)",
        "2 rows of public.loose refer to rows that public.customers does not have",
    ]
    assert advice is not None and "add strict NOT VALID" in advice


def test_a_foreign_key_that_cannot_be_validated(db: psycopg.Connection[Any]) -> None:
    db.execute(f"{ADD} NOT VALID")
    details, advice = told(db, "ALTER TABLE loose VALIDATE CONSTRAINT strict")
    assert details[1] == "2 rows of public.loose refer to rows that public.customers does not have"
    assert advice == "correct or delete these rows of public.loose first"
    db.execute("ALTER TABLE loose DROP CONSTRAINT strict")


def test_what_only_the_failed_transaction_knew_is_left_out(db: psycopg.Connection[Any]) -> None:
    made = "CREATE TABLE later (id int REFERENCES customers)"
    assert told(db, made, "INSERT INTO later VALUES (9)") == (
        [],
        "correct the rows that are named",
    )


def test_a_table_that_others_depend_on(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "DROP TABLE IF EXISTS loose, public.customers")
    assert details == [
        "constraint to_customer: public.bills (customer) refers to public.customers (id), 1 row of it",
        "constraint on_customer: public.notes (customer) refers to public.customers (id), 1 row of it",
        "constraint of_customer: public.orders (customer) refers to public.customers (id), 2 rows of it",
        "constraint by_customer: public.visits (customer) refers to public.customers (id), 1 row of it",
    ]
    assert advice is not None and "CASCADE" in advice


def test_a_view_on_a_column(db: psycopg.Connection[Any]) -> None:
    details, advice = told(
        db, "CREATE VIEW regions AS SELECT region FROM customers", "ALTER TABLE customers DROP COLUMN region"
    )
    assert details == [] and advice is not None and "in this file" in advice


def test_a_truncate_of_a_referenced_table(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "TRUNCATE TABLE ONLY customers")
    assert details[2] == (
        "constraint of_customer: public.orders (customer) refers to public.customers (id): "
        "3 rows would have to go, too"
    )
    assert advice is not None and "same TRUNCATE" in advice


def test_rows_without_a_value(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "ALTER TABLE customers ALTER region SET NOT NULL")
    assert details == ["2 rows of public.customers without a value in region, for example id = 2"]
    assert advice is not None and "UPDATE public.customers SET region = … WHERE region IS NULL" in advice


def test_a_new_column_without_a_value(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "ALTER TABLE customers ADD COLUMN phone text NOT NULL")
    assert details == ["public.customers has 6 rows, and the new column has no value for them"]
    assert advice is not None and advice.startswith("add phone with a DEFAULT")


def test_a_row_that_lacks_a_value(db: psycopg.Connection[Any]) -> None:
    assert told(db, "INSERT INTO orders VALUES (NULL)") == (
        [],
        "give id a value, or a DEFAULT in public.orders",
    )


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE UNIQUE INDEX one ON loose (region, "Odd %")',
        'ALTER TABLE loose ADD CONSTRAINT one UNIQUE (region, "Odd %")',
    ],
)
def test_duplicates_are_counted(db: psycopg.Connection[Any], sql: str) -> None:
    details, advice = told(db, sql)
    assert details == ['1 value occurs more than once in public.loose (region, "Odd %"), in 2 rows']
    assert advice is not None
    shown = advice.partition("to see them: ")[2]
    assert db.execute(shown).fetchall() == [("a", "b", 2)]


def test_duplicates_of_an_expression_or_in_a_part_are_not_counted_wrongly(
    db: psycopg.Connection[Any],
) -> None:
    for sql in (
        "CREATE UNIQUE INDEX one ON loose (lower(region))",
        "CREATE UNIQUE INDEX one ON loose (region) WHERE id < 3",
    ):
        assert told(db, sql) == ([], "merge or delete the duplicates first")


def test_a_row_that_is_there_already(db: psycopg.Connection[Any]) -> None:
    details, advice = told(db, "INSERT INTO customers VALUES (1)")
    assert details == [] and advice is not None and "ON CONFLICT" in advice


def test_rows_that_do_not_satisfy_a_check(db: psycopg.Connection[Any]) -> None:
    add = "ALTER TABLE orders ADD CONSTRAINT plus CHECK (total > 0 AND (total % 2) IN (0, 1))"
    details, advice = told(db, add)
    assert details == ["1 row of public.orders does not satisfy plus, for example id = 11"]
    assert advice is not None and "add plus NOT VALID" in advice
    db.execute(f"{add} NOT VALID")
    details, advice = told(db, "ALTER TABLE orders VALIDATE CONSTRAINT plus")
    assert details == ["1 row of public.orders does not satisfy plus, for example id = 11"]
    assert advice == "correct these rows of public.orders first"
    details, advice = told(db, "INSERT INTO orders VALUES (13, 1, -1)")
    assert details == ["constraint plus: CHECK ((total > 0) AND ((total % 2) = ANY (ARRAY[0, 1])))"]
    db.execute("ALTER TABLE orders DROP CONSTRAINT plus")


def test_a_check_cannot_write(db: psycopg.Connection[Any]) -> None:
    """The expression of a file's own CHECK is asked once more, for counting: nothing it does may stay."""
    db.execute(
        "CREATE TABLE trail (id int); CREATE FUNCTION leaves() RETURNS bool LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO trail VALUES (1); RETURN false; END'"
    )
    details, _ = told(db, "ALTER TABLE orders ADD CONSTRAINT writes CHECK (leaves())")
    assert details == []
    assert db.execute("SELECT count(*) FROM trail").fetchone() == (0,)


def test_more_rows_than_are_counted(db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE TABLE many AS SELECT NULL::int AS a FROM generate_series(1, 10005)")
    details, _ = told(db, "ALTER TABLE many ALTER a SET NOT NULL")
    assert details == ["more than 10000 rows of public.many without a value in a"]


def test_a_table_that_is_locked_is_left_out(db: psycopg.Connection[Any], scratch: Scratch) -> None:
    with pytest.raises(psycopg.Error) as failed:
        db.execute("ALTER TABLE customers ALTER region SET NOT NULL")
    with scratch.connect() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE customers")
        details, advice = explain(
            db, failed.value, read_head("ALTER TABLE customers ALTER region SET NOT NULL")
        )
    assert details == [] and advice is not None
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_other_errors_are_not_explained(db: psycopg.Connection[Any]) -> None:
    assert told(db, "SELECT 1/0") == ([], None)


@pytest.mark.parametrize("major", [15])
def test_an_older_server(pg_server: Callable[..., ShadowServer], major: int) -> None:
    with new_database(pg_server(major)) as made, made.connect() as older:
        older.execute(SCHEMA)
        details, _ = told(older, "DELETE FROM customers WHERE id = 4")
        assert details[1] == "RESTRICT is checked at once, deferred or not"
