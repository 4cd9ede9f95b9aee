"""A target as JSON where nothing but its description is known."""

from __future__ import annotations

from typing import Any

from landed.report.target import TargetInfo

SCHEMA = "landed/2"


def spec_json(spec: TargetInfo) -> dict[str, Any]:
    """Which database a report is about."""
    return {
        "name": spec.name,
        "label": spec.label,
        "kind": spec.kind,
        "locality": spec.locality,
        "address": spec.address,
        "project": spec.belongs_to,
        "path": str(spec.path) if spec.path else None,
        "present": spec.path.exists() if spec.path else None,
        "ledger_table": spec.ledger_table.value,
    }
