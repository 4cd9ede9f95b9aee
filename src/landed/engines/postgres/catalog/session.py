"""Reading the catalog in one round trip, under settings that make its texts canonical."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

PRINTED: Final = {
    "search_path": "pg_catalog, pg_temp",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "quote_all_identifiers": "off",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "xmlbinary": "base64",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""All that changes how PostgreSQL prints expressions, and what makes reading catalogs fast."""

_SETTINGS: Final = PRINTED | {"work_mem": "64MB"}

SET: Final = "SELECT " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items()
)
"""A statement that makes the catalog's texts canonical for the rest of a transaction."""
SETTINGS_NOW: Final = (
    "ARRAY[" + ", ".join(f"pg_catalog.current_setting('{name}')" for name in _SETTINGS) + "]"
)
"""An SQL expression for the present values of all that :func:`canonical` sets, to put back later."""
_BACK: Final = "SELECT " + ", ".join(f"pg_catalog.set_config('{name}', %s, true)" for name in _SETTINGS)

_MODE: Final = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@contextmanager
def canonical(connection: psycopg.Connection[Any], settings: Sequence[str] | None = None) -> Iterator[None]:
    """A pipeline whose statements see one state of the catalog under the canonical settings.

    ``settings`` are the present ones (:data:`SETTINGS_NOW`) of a transaction that is open, if known.

    Outside a transaction this is a read-only one of its own. In one that is open, the settings are put
    back at the end; not by rolling back to a savepoint, after which psycopg forgets every statement that
    it has prepared.
    """
    from psycopg.pq import TransactionStatus

    inside = connection.info.transaction_status != TransactionStatus.IDLE
    try:
        with connection.pipeline():
            before = None
            if inside:
                if settings is None:
                    before = connection.execute(f"SELECT {SETTINGS_NOW}", prepare=False)
            elif connection.autocommit:
                connection.execute("BEGIN " + _MODE, prepare=False)
            else:
                connection.execute("SET TRANSACTION " + _MODE, prepare=False)
            connection.execute(SET, prepare=False)
            yield
            if before is not None:
                (settings,) = before.fetchone() or ((),)
            if inside:
                connection.execute(_BACK, settings, prepare=False)
            else:
                connection.execute("COMMIT", prepare=False)
    finally:
        if not inside and connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()


class Prepared:
    """Statements prepared by SQL, which outlive what psycopg does with its own after DROP and ROLLBACK.

    ``constants`` are parameters (``%(name)s``) that are the same for every statement and become part of
    it. Whether the statements are still there, the caller has to ask (:meth:`there`): a DISCARD ALL of
    the user's takes them away.
    """

    def __init__(self, connection: psycopg.Connection[Any], constants: Mapping[str, object]) -> None:
        from psycopg.sql import Literal

        self._connection = connection
        self.constants = {name: Literal(value).as_string(connection) for name, value in constants.items()}
        self._known: set[str] = set()
        self._prefix = f"landed_{id(self):x}_"

    @property
    def there(self) -> str:
        """An SQL expression: whether nobody has discarded the statements."""
        return (
            "EXISTS (SELECT FROM pg_catalog.pg_prepared_statements"
            f" WHERE pg_catalog.starts_with(name, '{self._prefix}'))"
        )

    def forget(self) -> None:
        """The statements are gone; prepare them again when they are needed."""
        self._known.clear()

    def run(self, name: str, sql: str, **arguments: tuple[str, str | int]) -> psycopg.Cursor[Any]:
        """Execute a statement under a name of its own; arguments are ``parameter=(type, value)``.

        Values are array texts and numbers, never anything that needs quoting.
        """
        if name not in self._known:
            places = {parameter: f"${n}" for n, parameter in enumerate(arguments, 1)}
            text = re.sub(r"%\((\w+)\)s", lambda found: places.get(found[1]) or self.constants[found[1]], sql)
            types = f" ({', '.join(kind for kind, _ in arguments.values())})" if arguments else ""
            self._connection.execute(f"PREPARE {self._prefix}{name}{types} AS {text}", prepare=False)
            self._known.add(name)
        given = f" ({', '.join(repr(value) for _, value in arguments.values())})" if arguments else ""
        return self._connection.execute(f"EXECUTE {self._prefix}{name}{given}", prepare=False)
