"""``landed.require``: does the database have what this application needs? Features, not migration numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landed.core.errors import UsageError
from landed.features.grammar import Feature, FeatureSyntaxError, parse
from landed.features.missing import Missing, MissingFeature

__all__ = ["FeatureSyntaxError", "Missing", "MissingFeature", "require", "require_async"]


def require(connection: Any, *features: str) -> None:
    """Return if the database has all of the features, else raise :class:`MissingFeature` naming all missing.

    ``connection`` is an open ``psycopg.Connection``, ``sqlite3.Connection`` or ``apsw.Connection``. On
    Postgres it is asked one query, in one round trip, without a prepared statement (a transaction pooler may
    be in between); nothing is written, and a transaction is neither begun nor ended. A feature is a text such
    as ``public.orders``, ``public.orders.region``, ``public.f(integer)``, ``index public.idx`` (valid),
    ``public.mood = 'happy'``, ``policy "own rows" on public.orders``, ``extension pgcrypto``.

    Raises FeatureSyntaxError (a UsageError and a ValueError) for a text that names nothing, UsageError for a
    connection that cannot be asked (closed, in a failed transaction, in pipeline mode), CannotKnow when the
    database gave no answer.
    """
    wanted = _parsed(features)
    module = _module(connection)
    if module == "psycopg" and _is_async(connection):
        raise UsageError(
            "this is an asynchronous connection", next="await landed.require_async(connection, …)"
        )
    if not wanted:
        return
    if module == "psycopg":
        from landed.features import postgres

        _raise(postgres.ask(connection, wanted), wanted)
    else:
        from landed.features import sqlite

        _raise(sqlite.ask(connection, module, wanted), wanted)


async def require_async(connection: Any, *features: str) -> None:
    """:func:`require` for a ``psycopg.AsyncConnection``."""
    wanted = _parsed(features)
    if _module(connection) != "psycopg" or not _is_async(connection):
        raise UsageError(
            "require_async is for psycopg's AsyncConnection", next="landed.require(connection, …)"
        )
    if not wanted:
        return
    from landed.features import postgres

    _raise(await postgres.ask_async(connection, wanted), wanted)


def _parsed(features: Sequence[str]) -> list[Feature]:
    return [parse(feature) for feature in features]


def _raise(missing: Sequence[Missing], wanted: Sequence[Feature]) -> None:
    if missing:
        raise MissingFeature(missing, len(wanted))


def _module(connection: Any) -> str:
    """``psycopg``, ``sqlite3`` or ``apsw``, also for subclasses; no driver is imported to find out."""
    for kind in type(connection).__mro__:
        root = kind.__module__.partition(".")[0]
        if root in ("psycopg", "sqlite3", "apsw") and kind.__name__.endswith("Connection"):
            return root
    raise UsageError(
        f"a {type(connection).__module__}.{type(connection).__qualname__} cannot be asked",
        details=("connections of psycopg, sqlite3 and apsw can",),
        next="give the driver's own connection: in SQLAlchemy, connection.connection.driver_connection",
    )


def _is_async(connection: Any) -> bool:
    return any(kind.__name__ == "AsyncConnection" for kind in type(connection).__mro__)
