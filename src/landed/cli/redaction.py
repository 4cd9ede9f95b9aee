"""The last thing that happens to what is shown: no secret that was given or looks like one stays in it."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

from landed.cli.given import GIVEN
from landed.core import secrets

_gathered: list[tuple[str, ...]] = []
_MOST = 1 << 16


def redact(text: str) -> str:
    """The text without secrets: those of the command line, the environment and the files that were read, in
    any spelling, and whatever has a secret's form (``://user:…@``, ``password=…``)."""
    _gather()
    return secrets.redact(text)


def masked(text: str) -> str:
    """The text without the secrets in force only: for data of the user's, such as the rows of ``exec``."""
    _gather()
    return secrets.masked(text)


def json_text(body: Any) -> str:
    """A JSON document without secrets, as it is printed. Its keys stay what they are."""
    import json

    text = json.dumps(body, indent=2, ensure_ascii=False)
    if redact(text) == text:
        return text
    return json.dumps(secrets.redact_json(body), indent=2, ensure_ascii=False)


def _gather() -> None:
    """Take the secrets of the command line and the environment in force, once for each run."""
    if _gathered != [tuple(GIVEN)]:
        _gathered[:] = [tuple(GIVEN)]
        for word in GIVEN:
            secrets.keep_from(word)
        secrets.keep_variables(os.environ)
    if "psycopg" in sys.modules and len(_gathered) == 1:
        _gathered.append(())
        _keep_password_files()


def _keep_password_files() -> None:
    """What libpq may send by itself: a server can say it again in an error."""
    home = os.path.expanduser("~")
    for name in (os.environ.get("PGPASSFILE") or f"{home}/.pgpass",):
        for line in _lines(name):
            if not line.startswith("#"):
                secrets.keep(_last_field(line))
    for name in (os.environ.get("PGSERVICEFILE") or f"{home}/.pg_service.conf",):
        for line in _lines(name):
            secrets.keep_from(line)


def _lines(name: str) -> list[str]:
    try:
        if not stat.S_ISREG(os.stat(name).st_mode):
            return []
        with open(name, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(_MOST).splitlines()
    except OSError:
        return []


def _last_field(line: str) -> str:
    """The password of ``host:port:database:user:password``, where a backslash takes a colon's meaning."""
    fields, escaped = [""], False
    for char in line:
        if not escaped and char == "\\":
            escaped = True
        elif not escaped and char == ":" and len(fields) < 5:
            fields.append("")
        else:
            fields[-1] += char
            escaped = False
    return fields[4] if len(fields) == 5 else ""
