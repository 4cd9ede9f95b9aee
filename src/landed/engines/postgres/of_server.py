"""What a starting schema makes of roles: they are there so that the rest can be made, and no claim."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.facts import OF_SERVER
from landed.core.timeline import BASE, Step


def without_roles_of_base(steps: Sequence[Step]) -> list[Step]:
    """The steps, the starting schema's without roles, memberships, and rights on the database."""
    found = list(steps)
    for at, step in enumerate(found[:1]):
        if step.name == BASE and any(map(step.concerns, OF_SERVER)):
            found[at] = step.with_traces(
                trace._replace(effects=tuple(c for c in trace.effects if c.key.kind not in OF_SERVER))
                for trace in step.traces
            )
    return found
