"""Documents that --json wrote, held to the JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from landed.report.json_schema import json_schema
from support.oracles.actions import lawful

SCHEMA = json_schema()


def held(text: str, document: str) -> dict[str, Any]:
    """The document, after it was held to the schema: as a whole, and as the one that it should be."""
    body: dict[str, Any] = json.loads(text)
    assert next(iter(body)) == "schema"
    assert body["schema"] == "landed/2"
    validator = Draft202012Validator({"$ref": f"#/$defs/{document}", "$defs": SCHEMA["$defs"]})
    problems = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(body)]
    assert not problems, problems
    assert Draft202012Validator(SCHEMA).is_valid(body), "two documents claim it, or none"
    lawful(body)
    return body
