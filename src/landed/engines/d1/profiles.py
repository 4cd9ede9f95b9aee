"""Which of wrangler's logins belongs to a folder, and which API of Cloudflare's an account is of.

Facts: wrangler 4.164: ``CLOUDFLARE_AUTH_PROFILE``, else the nearest folder in
``profiles/directory-bindings.json`` beside the logins (``wrangler auth activate``), else the default one.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.errors import ConfigError
from landed.core.next import Next
from landed.engines.d1.api_text import one_line
from landed.project.provenance import Value

if TYPE_CHECKING:
    from landed.engines.d1.auth import Variables
    from landed.project.wrangler_config import WranglerConfig

DEFAULT = "default"
BINDINGS = "profiles/directory-bindings.json"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")
_MOST_BYTES = 1 << 20
_REGIONS = {"public": "https://api.cloudflare.com/client/v4",
            "fedramp_high": "https://api.fed.cloudflare.com/client/v4"}  # fmt: skip


def profile_for(variables: Variables, wranglers: Path, folder: Path) -> Value[str]:
    """The profile that wrangler would use in ``folder``, and who says so; ``wranglers`` is its own folder.

    Raises ConfigError for a name that wrangler does not take.
    """
    said = variables.get("CLOUDFLARE_AUTH_PROFILE")
    if said is None:
        said = _bound(wranglers / BINDINGS, folder)
    if said is None:
        return Value(DEFAULT, "default")
    if said.value != DEFAULT and (not _NAME.match(said.value) or said.value.lower() in (DEFAULT, "staging")):
        raise ConfigError(
            f'"{one_line(said.value, 100)}" is no name of a profile of wrangler\'s',
            where=said.origin,
            next=Next("Names have letters, digits, - and _"),
        )
    return said


def _bound(file: Path, folder: Path) -> Value[str] | None:
    """The binding of the folder or of its nearest parent; a file that cannot be read has none, as for
    wrangler."""
    try:
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return None
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    for place in (folder := Path(os.path.abspath(folder)), *folder.parents):
        name = found.get(str(place))
        if isinstance(name, str) and name:
            return Value(name, f"wrangler's binding of {place}")
    return None


def base_url(variables: Variables, config: WranglerConfig | None) -> str:
    """The API of the account's region: ``CLOUDFLARE_COMPLIANCE_REGION``, ``compliance_region``, else public.

    Raises ConfigError where the two differ, or for a region that there is not.
    """
    said = variables.get("CLOUDFLARE_COMPLIANCE_REGION")
    configured = config.region if config else None
    if said and configured and said.value != configured.value:
        raise ConfigError(
            f"two compliance regions are set: {one_line(said.value)} ({said.origin}) and "
            f"{one_line(configured.value)} ({configured.origin})",
            next="set one of them",
        )
    region = said or configured
    if region is None:
        return _REGIONS["public"]
    if region.value not in _REGIONS:
        raise ConfigError(
            f'"{one_line(region.value)}" is no compliance region',
            where=region.origin,
            next=f"one of: {', '.join(_REGIONS)}",
        )
    return _REGIONS[region.value]
