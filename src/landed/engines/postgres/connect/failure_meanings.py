"""What each connection failure of Postgres and of Supabase's poolers really means, and what to do about it.

What Supabase's poolers say was taken from their documentation and issues, the rest from libpq and the server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from landed.core.errors import Busy, CannotKnow, ConfigError, LandedError
from landed.project.pg_url import Dsn


class Meaning(NamedTuple):
    """What is wrong and what to do; ``code`` is stable, ``kind`` the error to raise."""

    code: str
    message: str
    next: str
    details: tuple[str, ...] = ()
    kind: type[LandedError] = CannotKnow


Say = Callable[[Dsn, str], Meaning]
"""From the address, and what the pattern's group found (or ``""``), to what it means."""

_DASHBOARD = "copy it from the dashboard (Connect)"


def _tenant(dsn: Dsn, found: str) -> Meaning:
    details = [f"the login was {dsn.user or 'the default user'} at {dsn.place}"]
    if "." not in dsn.user:
        details.append(f"the user name lacks the project: {dsn.user or 'postgres'}.<project ref>")
    details.append(
        "it is almost always the host (another region or number: aws-N-…) or the user, not the password"
    )
    return Meaning(
        "tenant",
        "the pooler does not know this project: host or user name is wrong",
        f"take the session pooler's URL as it is: {_DASHBOARD}; its host cannot be derived from the region",
        tuple(details),
        ConfigError,
    )


def _identifier(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "tenant",
        "the pooler was not told which project is meant",
        f"log in as {dsn.user.split('.')[0] or 'postgres'}.<project ref>",
        (f"the login was {dsn.user or 'the default user'} at {dsn.place}",),
        ConfigError,
    )


def _circuit(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "blocked",
        "the pooler refuses logins for now: too many have failed",
        "stop every program that keeps trying, wait two minutes, then try once with the right password",
        ("10 failed logins within 150 seconds block for 120 seconds",),
    )


def _pool_full(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "pool-full",
        "the pooler has no free connection",
        "close other clients, raise the pool size in the dashboard, or use the direct connection",
        (),
        Busy,
    )


def _server_full(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "server-full",
        "the server has no free connection",
        "close other clients and run it again",
        (),
        Busy,
    )


def _password(dsn: Dsn, found: str) -> Meaning:
    details = []
    if dsn.is_supabase_pooler and "." not in dsn.user:
        details.append(f"the pooler expects the user {dsn.user or 'postgres'}.<project ref>")
    details.append("landed does not try again: failed logins block the pooler for everybody")
    return Meaning(
        "password",
        f"the password for {dsn.user or 'the default user'} at {dsn.place} is wrong",
        "set SUPABASE_DB_PASSWORD (as it is, nothing encoded), or correct the URL: in it @ is written %40, "
        "/ is %2F, # is %23, ? is %3F, % is %25"
        if dsn.is_supabase
        else "correct the password; in a URL @ is written %40, / is %2F, # is %23, ? is %3F, % is %25",
        tuple(details),
    )


def _no_password(dsn: Dsn, found: str) -> Meaning:
    if dsn.outside == "url":
        return Meaning(
            "no-password",
            f"{dsn.place} wants a password, and there is none in the URL ({dsn.origin})",
            "write the password into the URL that the variable holds",
            ("a target that a file of the project names is given what its URL says, and nothing else",),
            ConfigError,
        )
    if dsn.outside == "none":
        return Meaning(
            "no-password",
            f"{dsn.place} wants a password, and none was sent: a file of the project names this server",
            "name the database by --target or by the environment (LANDED_TARGET), or write its own password "
            "into the URL",
            ("PGPASSWORD, password files and keys go only to a server that you name yourself",),
            ConfigError,
        )
    return Meaning(
        "no-password",
        f"{dsn.place} wants a password, and none was given",
        "set SUPABASE_DB_PASSWORD in the environment or in .env"
        if dsn.is_supabase
        else "give it in the URL, in PGPASSWORD, or in the password file (~/.pgpass)",
        (),
        ConfigError,
    )


def _method(dsn: Dsn, found: str) -> Meaning:
    if dsn.outside == "passwords":
        return Meaning(
            "method",
            f"{dsn.place} asks for the password in a way that reveals it: none was sent",
            "a hosted project does not ask for that: find out who answers there",
        )
    return Meaning(
        "method",
        f"{dsn.place} asks for a kind of login that this connection does not allow",
        "name the database by --target or by the environment: LANDED_TARGET"
        if dsn.outside == "none"
        else "correct require_auth, or what the server asks for",
    )


def _no_network(dsn: Dsn, found: str) -> Meaning:
    if dsn.is_supabase and not dsn.is_supabase_pooler:
        return _only_ipv6(dsn)
    return Meaning(
        "network",
        f"no way from this network to {dsn.place}",
        "check the network, a VPN, or the host",
    )


def _only_ipv6(dsn: Dsn) -> Meaning:
    return Meaning(
        "ipv4-only",
        f"{dsn.host} has an IPv6 address only, and this network has IPv4 only",
        "use the session pooler (port 5432 of the pooler's host): --target 'postgresql://postgres.<ref>:…@"
        f"aws-…pooler.supabase.com:5432/postgres'; {_DASHBOARD}",
        ("GitHub's runners and many home networks have no IPv6; the IPv4 add-on helps, too",),
    )


def _unknown_host(dsn: Dsn, found: str) -> Meaning:
    if dsn.project_ref and not dsn.is_supabase_pooler:
        return Meaning(
            "host",
            f"{dsn.host} has no address here",
            f"check the project ref, and that the project is not paused; on an IPv4-only network use the "
            f"session pooler's URL: {_DASHBOARD}",
            ("the direct host has an IPv6 address only, which some networks do not even look up",),
        )
    return Meaning("host", f"the host {dsn.host} does not exist", "correct the host", (), ConfigError)


def _no_name_server(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "names",
        f"the address of {dsn.host} could not be looked up: no name server answers",
        "check this machine's network, then try again; the host may be right",
    )


def _refused(dsn: Dsn, found: str) -> Meaning:
    if dsn.locality != "REMOTE":
        supabase = dsn.port == 54322 or "supabase" in dsn.origin
        return Meaning(
            "not-started",
            f"no Postgres is running at {dsn.place}",
            "start it: supabase start"
            if supabase
            else "start the server (or the tunnel), or correct host and port",
        )
    return Meaning(
        "refused",
        f"{dsn.place} refuses connections",
        "check the port, and that this machine's address is allowed (Network Restrictions, Network Bans)"
        if dsn.is_supabase
        else "check the port, the firewall, and that the server listens on the network",
    )


def _no_socket(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "not-started", f"no Postgres is running at {dsn.place}", "start the server, or name its host"
    )


def _slow(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "timeout",
        f"{dsn.place} does not answer",
        "check host and port, a firewall, and that the project is not paused"
        if dsn.is_supabase
        else "check host and port, and a firewall",
    )


def _not_allowed(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "not-allowed",
        f"this machine's address is not allowed to connect to {dsn.place}",
        "add it in the dashboard: Database settings, Network Restrictions"
        if dsn.is_supabase
        else "allow it in the server's pg_hba.conf",
    )


def _certificate(dsn: Dsn, found: str) -> Meaning:
    where = "download it from the dashboard (Database settings, SSL Configuration), then: "
    return Meaning(
        "certificate",
        f"the certificate of {dsn.place} cannot be verified",
        (where if dsn.is_supabase else "")
        + "name the root certificate: ?sslmode=verify-full&sslrootcert=FILE",
        (f"sslmode is {dsn.option('sslmode') or 'set by PGSSLMODE'}",),
        ConfigError,
    )


def _tls_wanted(dsn: Dsn, found: str) -> Meaning:
    return Meaning("tls", f"{dsn.place} takes connections with TLS only", "add ?sslmode=require to the URL")


def _tls_missing(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "tls",
        f"{dsn.place} has no TLS, and sslmode asks for it",
        "correct host and port, or say ?sslmode=disable if that is meant",
    )


def _prepared(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "transaction-pooler",
        f"{dsn.place} is a transaction pooler: what another client prepared is still in its session",
        "use the direct connection or the session pooler (port 5432)",
        ("landed prepares nothing itself; the name is another client's",),
    )


def _statement_pooler(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "statement-pooler",
        f"{dsn.place} is a pooler in statement mode, which takes no transactions",
        "use the direct connection, or a pooler in session mode",
    )


def _database(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "database",
        f"there is no database {found} at {dsn.place}",
        "Supabase's database is named postgres: put /postgres at the end of the URL"
        if dsn.is_supabase
        else "correct the database's name, or create it",
        (),
        ConfigError,
    )


def _role(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "role", f"there is no user {found} at {dsn.place}", "correct the user's name", (), ConfigError
    )


def _starting(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "starting", f"{dsn.place} is starting up or shutting down", "wait, then run it again", (), Busy
    )


def _startup(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "startup-parameter",
        f"a pooler at {dsn.place} refuses a parameter of the connection",
        "leave options out of the URL and PGOPTIONS, or use the direct connection",
        (),
        ConfigError,
    )


def _closed(dsn: Dsn, found: str) -> Meaning:
    return Meaning(
        "closed",
        f"{dsn.place} closed the connection without a word",
        "check that it is a Postgres port, and that the project is not paused"
        if dsn.is_supabase
        else "check that it is a Postgres port, and look into the server's log",
    )


TABLE: tuple[tuple[str, Say], ...] = (
    (r"ECIRCUITBREAKER|too many authentication (?:failures|errors)", _circuit),
    (r"ENOIDENTIFIER|no tenant identifier provided", _identifier),
    (r"Tenant or user not found|\(ENOTFOUND\)|tenant/user \S+ not found", _tenant),
    (r"EMAXCONN|max clients reached|max client connections reached|no more connections allowed", _pool_full),
    (r"too many clients already|remaining connection slots|too many connections for", _server_full),
    (r"(?:auth|authentication) method requirement", _method),
    (r"no password supplied|empty password", _no_password),
    (r"allow_list|not in tenant", _not_allowed),
    (r"no pg_hba\.conf entry.*(?:SSL off|no encryption)|SSL connection is required", _tls_wanted),
    (r"no pg_hba\.conf entry", _not_allowed),
    (r"password authentication failed|failed SASL auth|invalid SCRAM|SCRAM exchange|wrong password"
     r"|(?:SASL|SCRAM) authentication failed|no such user", _password),
    (r"certificate verify failed|root certificate|server certificate for|certificate has expired"
     r"|self.signed certificate", _certificate),
    (r"server does not support SSL", _tls_missing),
    (r"prepared statement \S+ (?:already exists|does not exist)|42P05", _prepared),
    (r"transaction blocks not allowed", _statement_pooler),
    (r'database "([^"]*)" does not exist', _database),
    (r'no such database:? "?([^"\s]*)', _database),
    (r'role "([^"]*)" does not exist', _role),
    (r"database system is (?:starting up|shutting down|in recovery mode|not yet accepting)", _starting),
    (r"unsupported startup parameter|unrecognized configuration parameter", _startup),
    (r"Temporary failure in name resolution|EAI_AGAIN|\[Errno -3\]", _no_name_server),
    (r"could not translate host name|failed to resolve host|Name or service not known|nodename nor servname"
     r"|No address associated", _unknown_host),
    (r"Network is unreachable|Cannot assign requested address|No route to host|address family", _no_network),
    (r"\.s\.PGSQL\.\d+", _no_socket),
    (r"Connection refused", _refused),
    (r"timeout expired|timed out", _slow),
    (r"server closed the connection unexpectedly|Connection reset by peer|expected authentication request"
     r"|received invalid response", _closed),
)  # fmt: skip
"""Patterns (letter case does not matter) over what was said, most specific first."""
