"""Names of Postgres objects as facts show them: quoted only where case or characters ask for it.

Unlike ``quote_ident`` this does not look at the keywords, whose list grows with every major version.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


class Names(dict[str, str]):
    """A memo from names to what is shown: ``names["Order"]`` is ``'"Order"'``."""

    def __missing__(self, name: str) -> str:
        shown = self[name] = quoted(name)
        return shown


def quoted(name: str) -> str:
    """One identifier, in double quotes unless it is lower case and simple.

    >>> quoted("orders"), quoted("Order"), quoted('a"b'), quoted("user")
    ('orders', '"Order"', '"a""b"', 'user')
    """
    return name if _PLAIN.match(name) else '"' + name.replace('"', '""') + '"'


def shown_name(parts: Sequence[str]) -> str:
    """A name by its parts, as facts show it."""
    return ".".join(map(quoted, parts))


_NO_ROLE = frozenset({"public", "none", "user", "current_user", "current_role", "session_user"})


def role_name(name: str) -> str:
    """A role as it can be pasted into SQL; one that is called as a keyword for roles is quoted."""
    return f'"{name}"' if name in _NO_ROLE else quoted(name)
