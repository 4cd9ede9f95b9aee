"""All writers, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from landed.engines.postgres.catalog.making import (
    collation,
    column,
    constraint,
    event_trigger,
    extension,
    foreign,
    function,
    index,
    operator,
    policy,
    publication,
    rule,
    schema,
    sequence,
    statistics,
    table,
    text_search,
    trigger,
    type,
    view,
)
from landed.engines.postgres.catalog.making.writes import Writes

_MODULES = (
    collation, column, constraint, event_trigger, extension, foreign, function, index, operator, policy,
    publication, rule, schema, sequence, statistics, table, text_search, trigger, type, view,
)  # fmt: skip

WRITES: Final[Mapping[str, Writes]] = {
    kind: writes for module in _MODULES for kind, writes in module.WRITES.items()
}
