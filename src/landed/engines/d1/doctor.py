"""doctor's look at a remote D1 database: credentials, account, database, one reading.

Writes nothing but wrangler's own login, where that has expired and is refreshed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from landed.core.check import Check, Level, guarded
from landed.core.errors import CannotKnow
from landed.core.next import Next, landed
from landed.engines.d1.auth import Variables
from landed.engines.d1.connect import Session
from landed.engines.d1.lookup import find_place
from landed.engines.d1.remote import Connected
from landed.engines.d1.target import RemoteD1Target
from landed.project.discovery import Project
from landed.project.target_spec import TargetSpec


def examine(project: Project, spec: TargetSpec, environ: Mapping[str, str] | None = None) -> list[Check]:
    """Everything about a remote database, each step only where the one before came out."""
    given = os.environ if environ is None else environ
    variables = Variables(given, [project.root, *([project.start] if project.start != project.root else [])])
    session: Session | None = None
    connected: Connected | None = None

    def credentials() -> Iterator[Check]:
        nonlocal session
        session = Session(variables, lambda text: None, project.start, project.wrangler)
        found = session.api.credentials
        yield Check("database", "credentials", "credentials", _KINDS[found.kind], found.origin)
        if session.profile is not None:
            yield Check("database", "profile", "profile", session.profile.value, session.profile.origin)
        region = variables.get("CLOUDFLARE_COMPLIANCE_REGION") or (
            project.wrangler.region if project.wrangler else None
        )
        if region is not None:
            yield Check("database", "region", "region", region.value, region.origin, Level.NOTE)
        address = variables.get("CLOUDFLARE_API_BASE_URL")
        if address is not None:
            yield Check("database", "address", "address", address.value, address.origin, Level.NOTE)

    def place() -> Iterator[Check]:
        nonlocal connected
        assert session is not None and spec.database is not None
        found = find_place(session.api, project.wrangler, variables, spec.database)
        account = f"{found.account}  {found.account_name}".rstrip()
        yield Check("database", "account", "account", account, _account_origin(project, variables))
        entry = spec.database.id or spec.database.name
        origin = entry.origin if entry else "the name that wrangler deploy gives"
        yield Check("database", "database", "database", f"{found.name}  {found.database}", origin)
        connected = Connected(session.api, found, session.who)

    def reading() -> Iterator[Check]:
        assert connected is not None
        known = connected
        target = RemoteD1Target(lambda: known, spec.ledger_table.value)
        started = time.perf_counter()
        state = target.read()
        took = time.perf_counter() - started
        tables = sum(r.type == "table" and not r.name.startswith("sqlite_") for r in state.rows)
        yield Check("database", "readable", "readable", f"{tables} tables, asked in {took * 1000:.0f} ms")
        if state.ledger_problem:
            raise CannotKnow(
                f"The ledger table {spec.ledger_table.value} cannot be read: {state.ledger_problem}"
            )
        rows = "not there yet" if state.ledger is None else f"{len(state.ledger)} rows"
        yield Check(
            "ledger", "table", "table", f"{spec.ledger_table.value}, {rows}", spec.ledger_table.origin
        )

    checks = guarded("database", "credentials", "credentials", credentials)
    if session is not None:
        checks += guarded("database", "database", "database", place)
    if connected is not None:
        checks += guarded("database", "readable", "readable", reading)
        connected.api.close()
    return checks


def contact(target: RemoteD1Target) -> Iterator[Check]:
    """First contact: a check for each assumption. Keeps the answers on this machine; writes nothing else."""
    from landed.engines.d1.contact import first_contact
    from landed.engines.d1.observed import keep

    seen = first_contact(target)
    keep(target.connected.place, seen)
    for one in seen:
        level = Level.GOOD if one.holds else Level.ERROR if one.vital else Level.WARNING
        if one.holds is None and not one.vital:
            level = Level.NOTE
        yield Check(
            "contact",
            one.code,
            one.label,
            f"expected: {one.expected}; seen: {one.seen}",
            "measured",
            level,
            one.means,
            exit_code=3 if level is Level.ERROR else 0,
        )


def last_contact(target: RemoteD1Target) -> Iterator[Check]:
    """When this database was asked, and how that came out; or that it never was."""
    from landed.engines.d1.observed import known

    found = known(target.connected.place)
    if found is None:
        told = "What landed assumes of hosted D1 was not asked of this database yet."
        ask = landed("doctor", remote=True)
        yield Check("contact", "asked", "first contact", level=Level.NOTE, problem=told, next=Next(ask))
        return
    wrong = [one.label for one in found.seen if one.holds is False]
    good = sum(one.holds is True for one in found.seen)
    seen = f"asked on {found.asked:%Y-%m-%d}: {good} of {len(found.seen)} as expected"
    level = Level.WARNING if wrong else Level.GOOD
    problem = f"not as expected: {', '.join(wrong)}" if wrong else None
    again = Next(landed("doctor", remote=True), "   (asks again)") if wrong else None
    yield Check("contact", "asked", "first contact", seen, "measured", level, problem, again)


_KINDS = {"token": "an API token", "key": "a global API key", "login": "wrangler's own login"}


def _account_origin(project: Project, variables: Variables) -> str:
    said = project.wrangler.account if project.wrangler else None
    said = said or variables.get("CLOUDFLARE_ACCOUNT_ID")
    return said.origin if said else "the only account of these credentials that has the database"
