"""Event triggers."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import COMMENTED, OWNED, THERE, Kind, Reading, Touch, plain

READINGS = (
    Reading(
        name="event_triggers",
        catalog="pg_event_trigger",
        props=(THERE, *plain("event", "tags", "function", "enabled"), OWNED, COMMENTED),
        touched_by=(Touch("pg_event_trigger"),),
    ),
)
KINDS = (
    Kind(
        name="event trigger", read_by=("event_triggers",), tag="OBJECT_EVENT_TRIGGER", word="EVENT TRIGGER",
        order=230, whole=True, given=True,
    ),
)  # fmt: skip
