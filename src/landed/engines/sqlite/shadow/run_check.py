"""Data checks of a file, run on a database: they may read it, and do nothing else."""

from __future__ import annotations

from itertools import islice

import apsw

from landed.core.timeline import DataCheck
from landed.engines.sqlite.shadow.walls import reading_only


def run_check(connection: apsw.Connection, check: DataCheck) -> tuple[bool | None, str]:
    """Run one check: true or false, or ``None`` and why it says nothing.

    A check is a repository's SQL: it may read this database, and do nothing else.
    """
    rules, trace = connection.authorizer, connection.exec_trace
    connection.authorizer, connection.exec_trace = reading_only(), None
    try:
        cursor = connection.execute(check.sql)
        rows = list(islice(cursor, 2))
    except (apsw.InterruptError, apsw.NoMemError, apsw.CorruptError, apsw.NotADBError, apsw.IOError):
        raise
    except apsw.AuthError:
        return None, "a check may only read: SELECT …"
    except (apsw.Error, ValueError) as error:
        return None, str(error)
    finally:
        connection.authorizer, connection.exec_trace = rules, trace
    if len(rows) != 1 or len(rows[0]) != 1:
        return None, "the check must give one row with one value"
    return check.told(rows[0][0])
