"""Facts proven on the server: a statement that fails unless they hold, in the transaction that made them.

So nothing has to come back before the COMMIT may be sent. What the server compares is made of the facts by
:mod:`landed.engines.postgres.catalog.expected_rows`; where it refuses, the facts may hold all the same,
and have to be read and judged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from landed.core.facts import FactKey
from landed.engines.postgres.catalog.expected_rows import Expected, expected_rows
from landed.engines.postgres.catalog.readback import Read, Readback, names_of
from landed.engines.postgres.kinds import READINGS
from landed.engines.postgres.kinds.index import WITH_OPTIONS

_ELEMENTS: Final = """\
(SELECT coalesce(jsonb_agg(CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee) END \
|| '=' || x.privilege_type || star.star), '[]'::jsonb) FROM aclexplode((q.acl)::aclitem[]) x \
CROSS JOIN LATERAL (SELECT '' AS star UNION ALL SELECT '*' WHERE x.is_grantable) star)"""
"""An access control list as one text for each privilege, ``role=SELECT``, and one with a star where it may be
granted on; in any order."""

_SPACE: Final = r"E' \t\n\r\f\x0b'"
_WITH: Final = WITH_OPTIONS.replace("'", "''")

_ALIKE: Final = {
    "acl": f"CASE WHEN q.acl IS NOT NULL THEN {_ELEMENTS} END",
    "body": rf"btrim(replace(q.body, E'\r\n', E'\n'), {_SPACE})",
    "index": f"regexp_replace(substr(q.index, strpos(q.index, ' USING ') + 7), '{_WITH}', '')",
    "view": f"regexp_replace(btrim(q.view, {_SPACE}), ';$', '')",
}
"""Columns that are compared as the reader takes them, in SQL."""

_ORDER: Final = """ \
UNION ALL SELECT jsonb_build_object('kind', q.ordered, 'schema', q.schema, 'parent', NULL, 'name', q.parent, \
'column order', string_agg(q.name::text, E'\\x1f' ORDER BY q.number)) \
FROM found_columns q WHERE q.ordered IS NOT NULL GROUP BY q.ordered, q.schema, q.parent"""

_FITS: Final = "SELECT FROM held h WHERE h.row -> 'name' = e.wanted -> 'name' AND h.row @> e.wanted"

_ASSERT: Final = f"""\
SELECT 1 / CASE WHEN \
NOT EXISTS (SELECT FROM jsonb_array_elements($3) r (either) \
WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(r.either) e (wanted) WHERE EXISTS ({_FITS}))) \
AND NOT EXISTS (SELECT FROM jsonb_array_elements($4) e (wanted) WHERE EXISTS ({_FITS})) \
THEN 1 ELSE 0 END"""


class Assertions:
    """Makes them for one session; its prepared statements live as long as those of its ``readback``."""

    def __init__(self, readback: Readback) -> None:
        self._readback = readback
        self._generation = 0
        self._known: set[str] = set()

    def forget(self) -> None:
        """Whatever was prepared may be gone: prepare it again."""
        self._generation += 1
        self._known.clear()

    def commands(self, net: Mapping[FactKey, str | None]) -> list[Read]:
        """Statements of which one fails with 22012 unless all facts are as given (``None``: absent).

        They are to run under the settings of :data:`landed.engines.postgres.catalog.readback.SETTINGS`.
        Raises CannotTell where facts can only be judged by reading them.
        """
        known = self._readback
        sent = []
        for expected in expected_rows(net, known.reader, known.main_role, known.main_shown):
            name = f"landed_prove_{self._generation}_{'_'.join(expected.queries)}"
            if name not in self._known:
                self._known.add(name)
                text = self._text(expected.queries)
                sent.append(Read(f"PREPARE {name} (name[], name[], jsonb, jsonb) AS {text}"))
            sent.append(Read("", name, _values(expected)))
        return sent

    def _text(self, names: tuple[str, ...]) -> str:
        found = ", ".join(f"found_{name} AS MATERIALIZED ({self._readback.query(name)})" for name in names)
        held = " UNION ALL ".join(_rows(name) for name in names)
        return f"WITH {found}, held (row) AS MATERIALIZED ({held}) {_ASSERT}"


def _rows(name: str) -> str:
    """The rows of a query as JSON, lists and texts in a form that can be compared."""
    changed = [f"'{title}', {sql}" for title, sql in _ALIKE.items() if title in READINGS[name].titles]
    row = "to_jsonb(q)" + (f" || jsonb_build_object({', '.join(changed)})" if changed else "")
    return f"SELECT {row} FROM found_{name} q" + (_ORDER if name == "columns" else "")


def _values(expected: Expected) -> tuple[str, str, str, str]:
    told = [json.dumps(patterns, ensure_ascii=False) for patterns in (expected.there, expected.gone)]
    return (*names_of(expected.units), told[0], told[1])
