"""Every document that --json writes, from real commands in many states, held to the JSON Schema."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from landed.core import errors
from landed.core.command import Effect
from landed.core.errors import Code
from landed.core.standing import Standing, Verdict
from support import ROOT
from support.docs.docsworlds import build
from support.oracles.json_documents import SCHEMA, held

HOSTED = {"undo", "shadow", "selftest"}
"""Documents that only a server brings out: test_remote_undo.py, test_pg_shadow_pull.py and
test_remote_selftest.py hold them."""

# world → (command line, document, exit code), run one after the other in the same world
CASES: dict[str, list[tuple[str, str, int]]] = {
    "new": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 0),
        ("apply --json --dry-run", "apply", 0),
        ("apply --json", "error", 4),
        ("apply --json --to 9999", "error", 2),
        ("lock --json", "lock", 0),
        ("--json status", "status", 0),
        ("apply --json --yes", "apply", 0),
        ("apply --json --yes", "apply", 0),
        ("resume --json", "resume", 0),
        ("repair --json", "repair", 0),
        ("lock --json --check", "lock", 0),
        ("verify --json --strict", "verify", 0),
        ("resume --json 0001", "error", 2),
        ("statsu --json", "error", 2),
        ("status --json --nonsense", "error", 2),
        ("status --json --project nowhere", "error", 2),
        ("status --json --target d1:remote", "error", 3),
        ("status --json --target postgres://me:secret@db.example.com/x", "error", 2),
        ("status --json --target nowhere.sqlite", "error", 2),
        ("status --json --migrations nowhere", "error", 2),
    ],
    "damaged": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 1),
        ("apply --json --yes", "error", 1),
        ("repair --json --dry-run", "repair", 0),
        ("repair --json", "error", 4),
        ("repair --json --yes", "repair", 0),
        ("resume --json --dry-run", "resume", 0),
        ("resume --json --yes", "resume", 0),
        ("status --json", "status", 0),
    ],
    "phantom": [("status --json", "status", 0), ("verify --json", "verify", 1)],
    "partial": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 1),
        ("repair --json 0002", "error", 1),
    ],
    "undecided": [
        ("status --json", "status", 0),
        ("resume --json", "error", 4),
        ("resume --json --run 2 --yes", "resume", 0),
    ],
    "unrecorded": [("status --json", "status", 0), ("repair --json --yes 0003", "repair", 0)],
    "unprovable": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 0),
        ("verify --json --strict", "verify", 1),
        ("repair --json --yes 0003 --reason 'restored from a backup'", "repair", 0),
    ],
    "unknown": [("status --json", "status", 0), ("repair --json 0003", "error", 1)],
    "no-file": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 1),
        ("repair --json", "repair", 0),
    ],
    "renamed": [("status --json", "status", 0), ("repair --json --yes", "repair", 0)],
    "edited": [
        ("status --json", "status", 0),
        ("lock --json", "lock", 1),
        ("lock --json --accept 0002", "lock", 0),
    ],
    "edited-in-git": [("status --json", "status", 0), ("verify --json", "verify", 1)],
    "out-of-order": [("status --json", "status", 0), ("apply --json --yes", "apply", 0)],
    "duplicate": [("status --json", "status", 0), ("verify --json", "verify", 1)],
    "superseded": [("status --json", "status", 0)],
    "drifted": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 1),
        ("drift --json", "drift", 1),
        ("drift --json target files", "drift", 1),
        ("drift --json target target", "drift", 0),
        ("drift --json files nowhere.db", "error", 2),
    ],
    "masked": [("status --json", "status", 0), ("apply --json --yes", "error", 1)],
    "cascade": [
        ("rehearse --json", "rehearse", 1),
        ("rehearse --json --with-data", "rehearse", 1),
        ("apply --json --yes", "error", 1),
    ],
    "nulled": [("rehearse --json --with-data", "rehearse", 1)],
    "not-null": [("rehearse --json", "rehearse", 1)],
    "drops": [
        ("apply --json --yes", "error", 4),
        ("apply --json --yes --allow drop-table:coupons", "apply", 0),
    ],
    "broken": [
        ("status --json", "status", 0),
        ("rehearse --json", "rehearse", 1),
        ("rehearse --json --with-data", "rehearse", 1),
        ("apply --json --yes", "error", 1),
    ],
    "two-databases": [
        ("doctor --json", "doctor", 2),
        ("status --json", "error", 2),
        ("status --json -t d1:local/LOGS", "status", 0),
        ("status --json -t d1:local/LOGS -t d1:local/DB", "status-several", 0),
        ("verify --json -t d1:local/LOGS -t d1:local/DB", "verify-several", 0),
        ("verify --json -t d1:local/LOGS -t postgres://me:secret@db.example.com/x", "verify-several", 2),
        ("apply --json -t d1:local/LOGS -t d1:local/DB", "error", 2),
    ],
    "wrong-config": [("status --json", "error", 2), ("doctor --json", "doctor", 2)],
    "plain": [
        ("status --json", "status", 0),
        ("apply --json --yes", "apply", 0),
        ("verify --json", "verify", 0),
    ],
    "unreadable": [("status --json", "error", 3), ("doctor --json", "doctor", 3)],
    "pending": [
        ("rehearse --json --with-data", "rehearse", 0),
        ("doctor --json", "doctor", 0),
        ("exec --json 'SELECT * FROM orders'", "exec", 0),
        ("exec --json \"SELECT 9007199254740993, x'00ff', 1e999, 1.5, NULL, 'a'\"", "exec", 0),
        ("exec --json 'DELETE FROM orders'", "error", 4),
        ("exec --json --yes 'DELETE FROM users; SELECT 1; DROP TABLE d1_migrations'", "exec", 0),
        ("exec --json 'SELECT nothing'", "error", 1),
        ("demo --json", "demo", 0),
    ],
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[dict[str, Any]]]:
    """The documents of a world's commands, run once, each held to the schema."""

    @functools.cache
    def run(world: str) -> list[dict[str, Any]]:
        project = build(world, tmp_path_factory.mktemp(world) / "home")
        found = []
        for line, document, code in CASES[world]:
            done = project.sh(f"landed {line} 2>/dev/null")
            assert done.returncode == code, f"{line}: exit {done.returncode}\n{done.stdout}"
            found.append(held(done.stdout, document))
            assert "secret" not in done.stdout
            assert found[-1].get("error", {}).get("exit_code", code) == code
        return found

    return run


@pytest.mark.parametrize("world", CASES)
def test_documents(world: str, documents: Callable[[str], list[dict[str, Any]]]) -> None:
    assert len(documents(world)) == len(CASES[world])


def test_the_worlds_bring_out_everything(documents: Callable[[str], list[dict[str, Any]]]) -> None:
    """Every document, standing, verdict and exit code of an error is among the cases."""
    bodies = [body for world in CASES for body in documents(world)]
    judged = [m for body in bodies for m in body.get("migrations", [])]
    kinds = {b.get("command", "error") + "-several" * ("targets" in b) for b in bodies}
    assert kinds | HOSTED == {option["$ref"].rsplit("/", 1)[-1] for option in SCHEMA["oneOf"]}
    assert {m["standing"] for m in judged} == set(Standing)
    assert {m["verdict"] for m in judged} == {None, *Verdict}
    assert {b["error"]["exit_code"] for b in bodies if "error" in b} == {1, 2, 3, 4}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_standings_and_verdicts_are_the_programs() -> None:
    assert {o["const"] for o in SCHEMA["$defs"]["standing"]["oneOf"]} == set(Standing)
    assert {o["const"] for o in SCHEMA["$defs"]["verdict"]["oneOf"]} == set(Verdict)


def test_codes_and_effects_are_the_programs_and_on_the_page() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    first = {word.strip(",") for row in rows for word in row.split()}
    for found, known in (
        (SCHEMA["$defs"]["failure"]["properties"]["code"], Code),
        (SCHEMA["$defs"]["error"]["properties"]["error"]["properties"]["code"], Code),
        (SCHEMA["$defs"]["action"]["properties"]["effect"], Effect),
    ):
        assert found["enum"] == list(known)
        assert {f"`{word}`" for word in known} <= first


def test_nothing_undocumented_passes() -> None:
    """Every object of the schema is closed, and every key has a description."""

    def walk(node: object, path: str) -> None:
        if isinstance(node, list):
            for part in node:
                walk(part, path)
        if not isinstance(node, dict):
            return
        if node.get("type") == "object":
            assert node.get("additionalProperties") is not None, path
            for key, value in node.get("properties", {}).items():
                described = "description" in value or "$ref" in value
                assert described, f"{path}.{key} has no description"
        for key, value in node.items():
            walk(value, f"{path}/{key}")

    walk(SCHEMA, "")


def test_exit_codes_of_errors_are_in_the_schema() -> None:
    kinds = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.LandedError)]
    codes = SCHEMA["$defs"]["error"]["properties"]["error"]["properties"]["exit_code"]["enum"]
    assert {k.exit_code for k in kinds} <= set(codes)
