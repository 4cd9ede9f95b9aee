"""doctor's look at the libraries that speak to Postgres."""

from __future__ import annotations

from landed.core.check import Check


def psycopg_in_use() -> Check:
    """The driver and its libpq."""
    import psycopg
    from psycopg.pq import __impl__, version

    library = version()
    return Check(
        "landed", "psycopg", "psycopg", f"{psycopg.__version__} ({__impl__}), libpq {library // 10000}"
    )
