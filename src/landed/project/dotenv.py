"""``.env`` files: names and values, never printed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from landed.core.errors import ConfigError
from landed.core.secrets import keep_variables
from landed.project.regular_files import read

_LINE = re.compile(
    r"""
    ^[ \t]*+(?:export[ \t]++)?([A-Za-z_][A-Za-z0-9_.-]*+)[ \t]*+[=:][ \t]*+
    (?:
        '([^']*+)'
      | "([^"\\]*+(?:\\(?s:.)[^"\\]*+)*)"
      | `([^`]*+)`
      | ([^\r\n]*+)
    )
    """,
    re.MULTILINE | re.VERBOSE,
)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def parse_dotenv(text: str) -> dict[str, str]:
    """The assignments of a ``.env`` file; a later one wins, lines that are no assignment are passed over.

    Understood: ``export``, single, double and back quotes (over several lines, too), ``\\n`` in
    double quotes, ``#`` comments. Values are not expanded (``$OTHER`` stays as it is).
    """
    values: dict[str, str] = {}
    at = 0
    while found := _LINE.search(text, at):
        at = found.end()
        name, single, double, back, bare = found.groups()
        if double is not None:
            values[name] = re.sub(r"\\(?s:(.))", lambda m: _ESCAPES.get(m[1], m[1]), double)
        elif bare is not None:
            values[name] = _COMMENT.sub("", bare).strip()
        else:
            values[name] = single if single is not None else back
        line_end = text.find("\n", at)
        at = line_end if line_end >= 0 else len(text)
    return values


def read_dotenv(folders: Iterable[Path]) -> Mapping[str, tuple[str, Path]]:
    """The variables of ``.env`` and ``.env.local`` in the folders; what is read later wins.

    In one folder ``.env.local`` wins, as in wrangler. Returns name → (value, file). Missing and
    unreadable files are empty.
    """
    values: dict[str, tuple[str, Path]] = {}
    for path in (os.path.join(folder, name) for folder in folders for name in (".env", ".env.local")):
        try:
            text = read(path, os.path.basename(path)).decode("utf-8-sig", "replace")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        except OSError:
            continue
        if "\0" in text:
            raise ConfigError(f"{os.path.basename(path)} holds a NUL byte", where=os.path.basename(path))
        found = parse_dotenv(text)
        keep_variables(found, files=True)
        values.update((key, (value, Path(path))) for key, value in found.items())
    return values
