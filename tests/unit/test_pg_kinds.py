"""Kinds of catalog objects: what is derived from their descriptions."""

from __future__ import annotations

import importlib
from pathlib import Path

from landed.engines.postgres import kinds
from landed.engines.postgres.catalog import (
    privileges,
    readback,
    restore,
    restore_names,
    rows,
    touched,
    tracker,
)
from landed.engines.postgres.catalog.queries import NARROW, WHOLE, titles_of
from landed.engines.postgres.kinds import KINDS, READINGS
from landed.engines.postgres.shadow.replay import claims
from landed.ops import adopting, made_by, shadow_pull


def test_every_family_is_found() -> None:
    folder = Path(kinds.__file__).parent
    families = {file.stem for file in folder.glob("*.py")} - {"__init__", "base"}
    told = [importlib.import_module(f"{kinds.__name__}.{name}") for name in sorted(families)]
    assert {kind.name for module in told for kind in module.KINDS} == set(KINDS)
    assert sum(len(module.KINDS) for module in told) == len(KINDS), "no kind is described twice"
    assert sum(len(module.READINGS) for module in told) == len(READINGS)


def test_the_readings_are_todays() -> None:
    assert {name for name, reading in READINGS.items() if reading.narrow} == set(NARROW)
    assert {name for name, reading in READINGS.items() if not reading.narrow} == set(WHOLE)
    head = {"unit", "kind", "schema", "parent", "name", "signature"}
    for name, reading in READINGS.items():
        assert reading.titles - {"functions"} == titles_of(name) - head - {"functions"}, name


def test_the_catalogs_are_todays() -> None:
    narrow = [reading for reading in READINGS.values() if reading.narrow]
    sources = {touch.catalog for reading in narrow for touch in reading.touched_by}
    assert sources | {"pg_class"} == set(touched.SOURCES)
    for catalog, source in touched.SOURCES.items():
        assert set(source.gone) <= {r.name for r in narrow if r.catalog == catalog}
        assert not source.gone or {r.name for r in narrow if r.catalog == catalog} == set(source.gone)
    few: dict[str, set[str]] = {}
    for reading in READINGS.values():
        for touch in reading.touched_by if not reading.narrow else ():
            few.setdefault(touch.catalog, set()).add(reading.name)
    assert few == {name: set(names) for name, names in touched.FEW.items()} | {"pg_extension": {"extensions"}}
    assert {
        touch.catalog for r in READINGS.values() for touch in r.touched_by if touch.everywhere
    } == touched.NAMED_EVERYWHERE
    commented: dict[str, set[str]] = {}
    for reading in narrow:
        if reading.catalog != "pg_class" and "comment" in reading.titles:
            commented.setdefault(reading.catalog, set()).add(reading.name)
    assert commented == {name: set(names) for name, names in touched.COMMENTED.items()}
    assert {r.name for r in narrow if r.catalog == "pg_class"} == set(touched.RELATION)
    assert {r.name: r.catalog for r in narrow if r.names} == tracker._CLASSES | {"schemas": "pg_namespace"}


def test_the_groups_of_kinds_are_todays() -> None:
    granted = {kind.name: kind.acl for kind in KINDS.values() if kind.acl and kind.acl != "table"}
    assert granted == rows._GRANTED
    bearing = set(privileges.DEFAULTS.values())
    assert {k.name: k.acl for k in KINDS.values() if k.acl in bearing} == made_by._ON
    assert {k.name for k in KINDS.values() if k.holds_rows} == adopting._HOLD_ROWS
    for space, names in (
        ("relation", shadow_pull._RELATION),
        ("type", shadow_pull._TYPES),
        ("function", shadow_pull._FUNCTIONS),
    ):
        assert {k.name for k in KINDS.values() if k.space == space} == names
    assert {k.name for k in KINDS.values() if k.on == "table"} == shadow_pull._OF_TABLE | {"index"}
    assert {k.tag: k.name for k in KINDS.values() if k.tag in claims._RELATIONS} == claims._RELATIONS
    assert {k.tag: k.name for k in KINDS.values() if k.tag in claims._PARTS} == claims._PARTS
    assert [k.name for k in sorted(KINDS.values(), key=lambda k: k.order) if k.order < 999] == list(
        restore._ORDER
    )
    assert {k.name for k in KINDS.values() if k.whole} == restore._DEFINED
    assert {k.name for k in KINDS.values() if k.needed} == restore._NAMED
    assert {k.name for k in KINDS.values() if k.given} == restore._OWNED
    words = restore_names._WORDS | {
        name: name.upper() for name in restore_names._PLAIN | restore_names._ON_TABLE
    }
    parts = {"column": "COLUMN", "attribute": "COLUMN", "index": "INDEX"}
    assert {k.name: k.word for k in KINDS.values() if k.word} == words | parts


def test_reading_back_is_todays() -> None:
    for name, asked in (readback._BY_NAME | readback._BY_PARENT | readback._WHOLE).items():
        kind = KINDS[name]
        assert kind.read_by[: len(asked)] == asked or name == "constraint", name
        assert set(kind.read_by) - set(asked) <= {"columns"}, name
    for acl, asked in readback._ACL.items():
        told = [k for k in KINDS.values() if k.acl == acl]
        found = {r for k in told for r in k.read_by if "acl" in READINGS[r].titles}
        assert found - ({"columns"} if acl == "table" else set()) == set(asked), acl
    for name in readback._UNITS:
        assert READINGS[name].narrow
