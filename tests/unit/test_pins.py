"""The pinned client: one exact wrangler, for every platform, from no particular registry."""

from __future__ import annotations

import json
from pathlib import Path

from support.clients.wrangler import package_version

ROOT = Path(__file__).resolve().parents[2]


def lock():
    return json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]


def test_the_installed_wrangler_is_the_pinned_one():
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["wrangler"]
    assert asked == lock()["node_modules/wrangler"]["version"] == package_version("wrangler")


def test_the_lock_file_names_no_registry():
    assert [name for name, entry in lock().items() if "resolved" in entry] == []


def test_the_lock_file_has_the_parts_of_every_platform():
    # A lock file written against an incomplete mirror lacks them, and `npm ci` then refuses it everywhere.
    packages = lock()
    absent = [
        f"{part} of {name}"
        for name, entry in packages.items()
        for part in entry.get("optionalDependencies", {})
        if f"node_modules/{part}" not in packages and f"{name}/node_modules/{part}" not in packages
    ]
    assert absent == []
