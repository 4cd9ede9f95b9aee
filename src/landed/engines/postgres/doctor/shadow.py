"""doctor's look at where Postgres files would be replayed; no server is started."""

from __future__ import annotations

from collections.abc import Iterator

from landed.core.check import Check, Level
from landed.engines.postgres.base import PostgresBase


def examine(engine: PostgresBase) -> Iterator[Check]:
    """Which server the shadow runs on, whether its version is the target's, what is stood in for there."""
    from landed.engines.postgres.shadow.platform.standins import stood_in
    from landed.engines.postgres.shadow.server.choice import chosen
    from landed.engines.postgres.shadow.server.servers import sentence
    from landed.engines.postgres.shadow.server.start import choose
    from landed.engines.postgres.shadow.server.walled import expected

    setting = engine.project.settings.shadow
    origin = setting.origin if setting else "default"
    kind = chosen(setting.value if setting else None)
    choice = engine.shadow()
    if kind != "own":
        which = (
            "a scratch database on the target's own server"
            if kind == "same-server"
            else "the server that is named"
        )
        yield Check("landed", "shadow", "shadow", which, origin)
        yield Check(
            "landed", "shadow-walls", "its walls", "none", None, Level.NOTE,
            "files run with the rights of a login there; nothing else stands between them and that server",
        )  # fmt: skip
        return
    programs = choose(choice.major, choice.extensions)
    differs = choice.major is not None and programs.major != choice.major
    yield Check(
        "landed", "shadow", "shadow", sentence(programs.origin, programs.major, choice.major), origin,
        Level.NOTE if differs else Level.GOOD,
        "facts are compared so that the versions make no difference; a file that only one of them runs does"
        if differs
        else None,
        f"install Postgres {choice.major}'s server programs to replay on the same version"
        if differs
        else None,
    )  # fmt: skip
    yield Check("landed", "shadow-programs", "its programs", str(programs.bindir))
    walls = expected()
    yield Check(
        "landed", "shadow-walls", "its walls", walls.sentence, None,
        Level.NOTE if walls.gaps else Level.GOOD,
        "; ".join(walls.gaps) or None,
        "replay files that you do not trust on a Linux that has both (docs/walls.md)" if walls.gaps else None,
    )  # fmt: skip
    ours = sorted(choice.extensions & stood_in(programs))
    if ours:
        yield Check(
            "landed", "stand-ins", "stand-ins", ", ".join(ours), None, Level.NOTE,
            "the shadow's server lacks these extensions: landed stands in for their names and signatures, "
            "and what rests on them is weaker evidence",
        )  # fmt: skip
