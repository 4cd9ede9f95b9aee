"""The JSON Schema of everything that landed writes with ``--json``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12); ``$defs`` holds one entry per command, and ``error``."""
    text = files("landed.report").joinpath("schema/landed-2.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
