"""What is described in terms of other objects' names: which units to read again when those have others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from landed.engines.postgres.catalog.queries import text
from landed.engines.postgres.kinds import READINGS
from landed.engines.postgres.kinds.base import Touch


@cache
def dependents() -> str:
    """A query for all that certain objects' names may stand in: the query that tells it, and the unit there.

    Its parameters are ``classes`` and ``objects``, the catalogs and identifiers of what is named.
    """
    narrow = [reading for reading in READINGS.values() if reading.narrow]
    catalogs = ", ".join(f"('{reading.catalog}'::regclass, '{reading.name}')" for reading in narrow)
    own = (
        "SELECT w.query, d.objid AS unit FROM dependent d"
        f" JOIN (VALUES {catalogs}) AS w (catalog, query) ON w.catalog = d.classid"
    )
    return " UNION ".join((f"{text('dependents')} {own}", *_through(), _of_relations(), *_of_types()))


def _through() -> Iterator[str]:
    """What depends on a name by way of a row that is not its own."""
    for reading, touch in _touches():
        if touch.through:
            yield (
                f"SELECT '{reading}', {touch.unit} FROM dependent d JOIN {touch.catalog} c"
                f" ON d.classid = '{touch.catalog}'::regclass AND c.oid = d.objid"
            )


def _of_relations() -> str:
    """A relation itself, whatever belongs to it, and its heirs."""
    beside = [
        f"SELECT '{reading.name}', c.{reading.beside.unit} FROM {reading.beside.catalog} c"
        f" WHERE c.{reading.beside.owner} = s.objid"
        for reading in READINGS.values()
        if reading.beside is not None and reading.beside.of == "pg_class"
    ]
    heirs = [
        f"SELECT '{reading}', {touch.unit} FROM {touch.catalog} c WHERE {touch.of} = s.objid"
        for reading, touch in _touches()
        if touch.of
    ]
    themselves = ", ".join(f"('{r.name}')" for r in READINGS.values() if r.named == "relation")
    every = [*beside, *heirs, f"SELECT r.query, s.objid FROM (VALUES {themselves}) r (query)"]
    return (
        f"SELECT w.query, w.unit FROM seed s CROSS JOIN LATERAL ({' UNION ALL '.join(every)}) w (query, unit)"
        " WHERE s.classid = 'pg_class'::regclass"
    )


def _of_types() -> Iterator[str]:
    """Whatever belongs to a type."""
    for reading in READINGS.values():
        beside = reading.beside
        if beside is not None and beside.of == "pg_type":
            yield (
                f"SELECT '{reading.name}', c.{beside.unit} FROM seed s JOIN {beside.catalog} c"
                f" ON s.classid = 'pg_type'::regclass AND c.{beside.owner} = s.objid"
            )


def _touches() -> Iterator[tuple[str, Touch]]:
    return ((reading.name, touch) for reading in READINGS.values() for touch in reading.touched_by)
