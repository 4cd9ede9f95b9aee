"""Whether a server of landed's own can still answer, and that it is not to be used again."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from landed.engines.postgres.shadow.server.locks import alive, read

if TYPE_CHECKING:
    from landed.engines.postgres.shadow.server.servers import ShadowServer


def gone(server: ShadowServer) -> str | None:
    """Why a server of landed's own will not answer any more; ``None`` where it may."""
    if server.shared:
        return None
    root = Path(server.host).parent
    if not (root / "data" / "PG_VERSION").exists():
        return f"its folder {root} was removed"
    pid = read(root / "pid").strip()
    return "its process was ended" if not pid.isdecimal() or not alive(int(pid)) else None


def spoil(server: ShadowServer) -> None:
    """Let the next command make a server of landed's own anew: something is wrong with this one."""
    if not server.shared:
        with contextlib.suppress(OSError):
            (Path(server.host).parent / "spoilt").touch()
