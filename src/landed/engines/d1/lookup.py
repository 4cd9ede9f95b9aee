"""Which account and which database are meant: from the configuration, the environment, or by asking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote as percent

from landed.core.errors import CannotKnow, Code, ConfigError, UsageError
from landed.core.next import Effect, Hand, Next, program
from landed.engines.d1.api import Api
from landed.engines.d1.api_errors import Gone, Refused
from landed.engines.d1.api_text import one_line
from landed.engines.d1.auth import Variables
from landed.project.d1_database import D1Database
from landed.project.provenance import Value
from landed.project.wrangler_config import WranglerConfig

_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}\Z")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,99}\Z")
_MOST_SHOWN = 20
_MOST_ASKED = 20
_NO_USER = 9106
"""The API's code for credentials that are no user's."""


class Place(NamedTuple):
    """One remote database: the account and id that requests name, and how both are called, as far as that is
    known."""

    account: str
    database: str
    name: str
    account_name: str = ""

    @property
    def path(self) -> str:
        """The path of its endpoints below the API's base."""
        return f"/accounts/{percent(self.account, safe='')}/d1/database/{percent(self.database, safe='')}"


def find_place(api: Api, config: WranglerConfig | None, variables: Variables, entry: D1Database) -> Place:
    """The database of an entry, in the account that is named, or in the only one that has it.

    Of several accounts, each is asked for the database's id; none is guessed. Raises as the two parts.
    """
    accounts = find_accounts(api, config, variables)
    if len(accounts) == 1:
        (account, called) = accounts[0]
        return find_database(api, account, entry, config)._replace(account_name=api.said(called))
    having: list[Place] = []
    silent: list[str] = []
    if entry.id and entry.id.value and len(accounts) <= _MOST_ASKED:
        for account, called in accounts:
            place = find_database(api, account, entry, config)._replace(account_name=api.said(called))
            try:
                found = api.get(place.path, what=f"the database {place.name}")
            except Gone:
                continue
            except Refused as error:
                silent.append(f"{account}: {error.message}")
                continue
            if isinstance(found, dict) and found.get("uuid") == place.database:
                having.append(place)
    if len(having) == 1 and not silent:
        return having[0]
    raise several(api, accounts, silent, asked=bool(entry.id and entry.id.value))


def find_accounts(api: Api, config: WranglerConfig | None, variables: Variables) -> list[tuple[str, str]]:
    """Ids and names of the accounts that may be meant: ``account_id`` of the configuration,
    ``CLOUDFLARE_ACCOUNT_ID``, or all of the credentials.

    Raises ConfigError for an id that cannot be one, CannotKnow where there is none.
    """
    said: Value[str] | None = config.account if config else None
    said = said or variables.get("CLOUDFLARE_ACCOUNT_ID")
    if said is not None:
        if not _ACCOUNT.match(said.value):
            raise ConfigError(f'"{one_line(said.value)}" is no account id', where=said.origin)
        return [(said.value, "")]
    try:
        accounts = _accounts(api.get("/accounts", {"per_page": "50"}, what="the list of accounts"))
        if not accounts:
            memberships = api.get("/memberships", {"per_page": "50"}, what="the list of memberships")
            listed = memberships if isinstance(memberships, list) else []
            accounts = _accounts([m.get("account") for m in listed if isinstance(m, dict)])
    except Refused as error:
        # A token of an account's own is no user, and has no memberships.
        if _NO_USER not in error.codes:
            raise
        accounts = []
    if accounts:
        return accounts
    raise CannotKnow(
        f"The credentials in force ({api.credentials.origin}) show no account.",
        code=Code.LOGIN,
        details=["A token of an account's own may not list accounts: the account has to be named."],
        next="Name it: export CLOUDFLARE_ACCOUNT_ID=…   (or account_id in the wrangler configuration)",
    )


def several(
    api: Api, accounts: list[tuple[str, str]], silent: Sequence[str] = (), *, asked: bool = False
) -> UsageError:
    """The error where credentials are good for several accounts and none is named; ``asked``: each was asked
    for the database, ``silent`` says which did not answer."""
    having = "Each was asked for the database's id, and not exactly one has it."
    return UsageError(
        f"The credentials in force ({api.credentials.origin}) are good for {len(accounts)} accounts.",
        details=[
            *(f"{id}  {api.said(name)}" for id, name in accounts[:_MOST_SHOWN]),
            *([having] if asked and len(accounts) <= _MOST_ASKED else []),
            *silent,
        ],
        next=Next(
            program("export", f"CLOUDFLARE_ACCOUNT_ID={accounts[0][0]}").afterwards(),
            "   (or account_id in the wrangler configuration)",
            *(Hand(f"export CLOUDFLARE_ACCOUNT_ID={id}", said=False) for id, _ in accounts),
            choice="account",
        ),
    )


def find_database(api: Api, account: str, entry: D1Database, config: WranglerConfig | None) -> Place:
    """The database of a configuration's entry: by ``database_id``, else by name.

    Without a name it is the one that ``wrangler deploy`` provisions, ``<worker>-<binding>``.
    Raises ConfigError, CannotKnow.
    """
    if entry.id and entry.id.value:
        if not _ID.match(entry.id.value):
            raise ConfigError(
                f"database_id is no id of a database: {one_line(entry.id.value)}",
                where=entry.id.origin,
                next=Next(program("wrangler", "d1", "list", effect=Effect.READ), " shows the ids"),
            )
        return Place(account, entry.id.value, entry.name.value if entry.name else entry.binding.value)
    if entry.name and entry.name.value:
        name = entry.name.value
    elif config and config.worker:
        name = f"{config.worker.value}-{entry.binding.value.lower().replace('_', '-')}"
    else:
        raise ConfigError(
            f"the database {entry.binding.value} has neither database_id nor database_name",
            where=entry.origin,
            next=Next(program("wrangler", "d1", "list", effect=Effect.READ), " shows them"),
        )
    if name in (".", "..") or not name.isprintable():
        raise ConfigError(
            f"{one_line(name)} is no name of a D1 database",
            where=entry.origin,
            next=Next(program("wrangler", "d1", "list", effect=Effect.READ), " shows them"),
        )
    path = f"/accounts/{percent(account, safe='')}/d1/database/{percent(name, safe='')}"
    try:
        found: Any = api.get(path, {"fields": "uuid,name"}, what=f"the database {name}")
    except Gone:
        found = None
    uuid = found.get("uuid") if isinstance(found, dict) else None
    if not isinstance(uuid, str) or not _ID.match(uuid):
        raise CannotKnow(
            f"There is no D1 database {name} in the account {account}.",
            next=Next(
                program("wrangler", "d1", "create", name),
                "   (or ",
                Hand("name another account: CLOUDFLARE_ACCOUNT_ID"),
                ")",
                choice=f"database {name}",
            ),
        )
    # It was asked for by its name: another one in the answer would only find its way into commands.
    return Place(account, uuid, name)


def _accounts(found: Any) -> list[tuple[str, str]]:
    """Ids and names; an id becomes a part of paths and of commands, so what cannot be one is left out."""
    return [
        (a["id"], name if isinstance(name := a.get("name"), str) else "")
        for a in (found if isinstance(found, list) else ())
        if isinstance(a, dict) and isinstance(a.get("id"), str) and _ACCOUNT.match(a["id"])
    ]
