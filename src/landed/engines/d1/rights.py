"""Credentials that may read and not write: how D1 says so, and what to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.core.errors import CannotKnow, Code, Where
from landed.engines.d1.auth import HOW_TO
from landed.engines.d1.trouble import result_of, without_result

if TYPE_CHECKING:
    from landed.engines.d1.remote import RemoteD1

_REFUSED = "not authorized"


def lacks_edit(reason: str) -> bool:
    """Whether SQLite's message means, of a statement that a copy of the schema took, that the token lacks the
    right to write: it names no function, no table and no column."""
    return result_of(reason) == "SQLITE_AUTH" and without_result(reason).strip().lower() == _REFUSED


def may_not_write(target: RemoteD1, what: str, where: Where | None = None) -> CannotKnow:
    """The error for credentials that may not write. ``what`` begins the sentence: what was not done."""
    from landed.engines.d1.observed import quoted

    api, place, _ = target.connected
    return CannotKnow(
        f"{what}: the credentials in force may read {place.name}, and not write it.",
        code=Code.LOGIN,
        details=[
            f"In force: {api.credentials.origin}. D1 answered: not authorized (SQLITE_AUTH)",
            "A copy of the schema takes the same statements, so it is not the SQL. Nothing was changed.",
            *quoted(target, "rights"),
        ],
        where=where,
        next=HOW_TO,
    )
