"""A comparison of two schemas as JSON (schema ``landed/2``)."""

from __future__ import annotations

from typing import Any

from landed.core.drift import Difference, Side
from landed.core.drift import Drift as Compared
from landed.core.facts import ObjectKey
from landed.core.given import Given
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA
from landed.report.page import Page
from landed.report.reports import Drift
from landed.report.terminal import say_json


def drift_json(drift: Compared) -> dict[str, Any]:
    """Both sides and every fact in which they differ."""
    return {
        "schema": SCHEMA,
        "command": "drift",
        "a": _side(drift.a),
        "b": _side(drift.b),
        "equal": not drift.differences,
        "counts": {"different": len(drift.differences), "equal": drift.equal},
        "not_looked_at": list(drift.not_looked_at),
        "differences": [_difference(d) for d in drift.differences],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "label": side.label,
        "locality": side.locality,
        "place": side.place,
        "present": side.present,
        "facts": len(side.facts),
        "notes": list(side.notes),
    }


def _difference(found: Difference) -> dict[str, Any]:
    made = found.made_by
    return {
        "fact": str(found.key),
        "kind": found.key.kind,
        "object": object_name(found.key.object),
        "property": found.key.prop,
        "a": found.a,
        "b": found.b,
        "made_by": None
        if made is None
        else {
            "migration": made.migration,
            "file": made.file,
            "statement": made.statement,
            "line": made.line,
        },
    }


def object_name(key: ObjectKey) -> str:
    """An object's name without its kind: ``orders.region``, ``orders(a, b)``."""
    return str(key)[len(key.kind) + 1 :]


def document(report: Drift, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return drift_json(report.drift) | {"actions": actions_json(report.drift.next, command)}


def render(report: Drift, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
