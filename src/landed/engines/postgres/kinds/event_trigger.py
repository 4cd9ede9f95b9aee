"""Event triggers."""

from __future__ import annotations

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.kinds.base import COMMENTED, OWNED, THERE, Kind, Reading, Touch, plain
from landed.engines.postgres.kinds.naming import text
from landed.engines.postgres.kinds.writes import ENABLED, Piece, Writes

READINGS = (
    Reading(
        name="event_triggers",
        catalog="pg_event_trigger",
        props=(THERE, *plain("event", "tags", "function", "enabled"), OWNED, COMMENTED),
        touched_by=(Touch("pg_event_trigger"),),
    ),
)


_WHOLE = ("event", "tags", "function")


def _create(piece: Piece) -> bool:
    want = piece.want
    tags = ", ".join(text(tag) for tag in want["tags"].split(", ")) if "tags" in want else ""
    when = f" WHEN TAG IN ({tags})" if tags else ""
    piece.alter(
        f"CREATE EVENT TRIGGER {piece.name} ON {want['event']}{when} EXECUTE FUNCTION {want['function']}()"
    )
    piece.takes(EXISTS, *_WHOLE, "enabled")
    if want.get("enabled", YES) != YES:
        piece.todo.add("enabled")
    return True


def _alter(piece: Piece) -> None:
    if piece.takes("enabled"):
        piece.alter(f"ALTER EVENT TRIGGER {piece.name} {ENABLED[piece.want['enabled']]}")


KINDS = (
    Kind(
        name="event trigger", read_by=("event_triggers",), tag="OBJECT_EVENT_TRIGGER", word="EVENT TRIGGER",
        order=230, whole=True, given=True,
        writes=Writes(
            create=_create, alter=_alter, again=frozenset(_WHOLE), drop="DROP EVENT TRIGGER {name}",
            rename="ALTER EVENT TRIGGER {name} RENAME TO {to}",
        ),
    ),
)  # fmt: skip
