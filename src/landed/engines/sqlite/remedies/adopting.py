"""What was made by hand and by no migration: statements for a migration that makes it, and to remove it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from landed.core.adoption import Adoption
from landed.core.facts import FactKey
from landed.engines.sqlite.remedies.bench import Bench
from landed.engines.sqlite.remedies.benches import Benches
from landed.engines.sqlite.remedies.schema import Unit, unit_of

if TYPE_CHECKING:
    from landed.engines.base import Known
    from landed.engines.sqlite.base import SqliteBase

_HOLDS_ROWS = frozenset({"table", "virtual table", "column"})


def adoption(engine: SqliteBase, keys: Sequence[FactKey], known: Known) -> Adoption | None:
    """What to do about the facts that no migration owns; ``None`` where nothing is known to help."""
    if not known.state.present:
        return None
    benches = Benches(engine, known)
    made, left = _script(benches.made(), benches.live, keys)
    whole = {key.name for key in keys if key.kind in ("table", "virtual table")}
    # Nobody is told to drop what may hold rows.
    going = [key for key in keys if key.kind not in _HOLDS_ROWS and key.parent not in whole]
    gone, _ = _script(benches.live, benches.made(), [key for key in going if not _is_of(key, whole, benches)])
    if not made and not gone:
        return None
    return Adoption(made, left, gone)


def _script(
    source: Bench, goal: Bench, keys: Collection[FactKey]
) -> tuple[tuple[str, ...], tuple[FactKey, ...]]:
    """The statements that lead there for as many of these as there are any for, and the rest."""
    if not keys:
        return (), ()
    found = source.towards(goal.schema, [frozenset(keys)])
    if found is not None:
        return found.script.sql, ()
    units: dict[Unit, set[FactKey]] = {}
    for key in keys:
        units.setdefault(unit_of(key), set()).add(key)
    best, chosen = None, frozenset[FactKey]()
    for unit in _tables_first(units):
        more = source.towards(goal.schema, [chosen | units[unit]])
        if more is not None:
            best, chosen = more, chosen | units[unit]
    left = tuple(sorted(set(keys) - chosen))
    return (best.script.sql if best is not None else ()), left


def _tables_first(units: Iterable[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (unit[0] != "table", unit))


def _is_of(key: FactKey, tables: Collection[str], benches: Benches) -> bool:
    """Whether it is an index or a trigger of one of these tables: it goes with the table."""
    rows = benches.live.schema.rows
    unit = unit_of(key)
    return unit in rows and unit[0] != "table" and rows[unit].tbl_name.lower() in tables
