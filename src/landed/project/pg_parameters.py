"""The parameters that a Postgres URL may have: what libpq knows and landed hands on, with their values."""

from __future__ import annotations

import re
from typing import NamedTuple

from landed.core.errors import UsageError
from landed.core.migration import Note

_MODES = "disable allow prefer require verify-ca verify-full"
_WAYS = "password md5 gss sspi scram-sha-256 creds none oauth"
_TLS = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"
_ANY, _NUMBER, _FLAG = r"(?s:.+)", r"-?\d{1,9}", "[01]"


def _one_of(words: str) -> str:
    return "|".join(re.escape(word) for word in words.split())


_PARAMETERS: dict[str, str] = {
    "sslmode": _one_of(_MODES),
    "sslrootcert": _ANY,
    "sslcert": _ANY,
    "sslkey": _ANY,
    "sslpassword": _ANY,
    "sslcrl": _ANY,
    "sslcrldir": _ANY,
    "sslsni": _FLAG,
    "sslnegotiation": _one_of("postgres direct"),
    "sslcertmode": _one_of("disable allow require"),
    "ssl_min_protocol_version": _one_of(_TLS),
    "ssl_max_protocol_version": _one_of(_TLS),
    "requirepeer": _ANY,
    "channel_binding": _one_of("disable prefer require"),
    "require_auth": f"!?(?:{_one_of(_WAYS)})(?:,!?(?:{_one_of(_WAYS)}))*",
    "gssencmode": _one_of("disable prefer require"),
    "krbsrvname": _ANY,
    "gsslib": _one_of("gssapi sspi"),
    "gssdelegation": _FLAG,
    "passfile": _ANY,
    "service": r"[\w.-]+",
    "hostaddr": r"[0-9A-Fa-f.:,%\w]+",
    "connect_timeout": _NUMBER,
    "target_session_attrs": _one_of("any read-write read-only primary standby prefer-standby"),
    "load_balance_hosts": _one_of("disable random"),
    "tcp_user_timeout": _NUMBER,
    "keepalives": _FLAG,
    "keepalives_idle": _NUMBER,
    "keepalives_interval": _NUMBER,
    "keepalives_count": _NUMBER,
    "options": _ANY,
    "application_name": _ANY,
    "client_encoding": _ANY,
}
PASSED_ON = frozenset(_PARAMETERS)
"""Parameters of libpq that a URL may carry and that are handed on as they are."""

PLACE = frozenset({"host", "port", "user", "password", "dbname"})
"""What may stand before the question mark or behind it."""

OTHERS = frozenset({
    "pgbouncer", "schema", "connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size",
    "prepare", "supa", "workaround", "pool_max_conns", "pool_min_conns", "pool_mode", "prepareThreshold",
    "max_idle_connection_lifetime", "statement_cache_mode", "statement_cache_capacity", "preparedStatements",
    "default_query_exec_mode", "search_path",
})  # fmt: skip
"""Parameters of other programs that change nothing about whom a connection trusts: left out, with a note."""

KNOWN = PASSED_ON | PLACE | OTHERS | {"ssl"}


class Parameters(NamedTuple):
    """``passed`` is for libpq, ``place`` what it says about host, port, user, password and database."""

    passed: dict[str, str]
    place: dict[str, str]
    notes: tuple[Note, ...] = ()


def read_parameters(pairs: list[tuple[str, str]], origin: str) -> Parameters:
    """Sort the parameters of a URL.

    Raises UsageError for one that is unknown, has a value that it cannot have, or is given twice; no message
    has a value in it.
    """
    found = Parameters({}, {})
    notes = []
    for name, value in pairs:
        if name == "ssl":
            name, value = _ssl(value, origin)
        if name in OTHERS:
            notes.append(
                Note("ignored-parameter", f"{name} in the URL is meant for another program and left out")
            )
            continue
        if name not in KNOWN:
            raise _unknown(name, origin)
        kept = found.place if name in PLACE else found.passed
        if name in kept:
            raise UsageError(
                f"the URL gives {name} twice", where=origin or None, next="leave one of them out"
            )
        pattern = _PARAMETERS.get(name)
        if pattern is not None and re.fullmatch(pattern, value) is None:
            raise _wrong(name, value, origin)
        kept[name] = value
    return found._replace(notes=tuple(notes))


def _ssl(value: str, origin: str) -> tuple[str, str]:
    if value.lower() in ("true", "1"):
        return "sslmode", "require"
    raise UsageError(
        "the URL has ssl= with a value that is not libpq's",
        where=origin or None,
        next=f"write sslmode= with one of: {', '.join(_MODES.split())}",
    )


def _unknown(name: str, origin: str) -> UsageError:
    from landed.project.provenance import nearest

    # What is no word may be a piece of a password that was not encoded.
    named = f" {name}" if re.fullmatch(r"[A-Za-z][A-Za-z_]{1,31}", name) else ""
    meant = nearest(name.lower(), PASSED_ON | PLACE) if named else ""
    return UsageError(
        f"the URL has a parameter{named} that landed does not know{meant}",
        details=("a misspelt one could leave a connection without the check that was asked for",),
        where=origin or None,
        next="correct it or leave it out; docs/targets-postgres.md has the list",
    )


def _wrong(name: str, value: str, origin: str) -> UsageError:
    words = {"sslmode": _MODES, "channel_binding": "disable prefer require", "require_auth": _WAYS}.get(name)
    from landed.project.provenance import nearest

    allowed = words.split() if words else []
    meant = nearest(value.lower().replace("_", "-"), frozenset(allowed)) if allowed else ""
    return UsageError(
        f"the URL gives {name} a value that it cannot have{meant}",
        details=(f"{name} is one of: {', '.join(allowed)}",) if allowed else (),
        where=origin or None,
        next=f"correct {name} in the URL",
    )
