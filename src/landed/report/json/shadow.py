"""What shadow pull wrote, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from landed.core.given import Given
from landed.core.next import Command, landed
from landed.ops.shadow_pull import Pulled
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Shadow
from landed.report.target import TargetInfo
from landed.report.terminal import say_json


def pulled_json(spec: TargetInfo, pulled: Pulled, changed: Path | None) -> dict[str, Any]:
    """The file, and whether it helps."""
    return {
        "schema": SCHEMA,
        "command": "shadow",
        "target": spec_json(spec),
        "kind": pulled.kind,
        "file": pulled.shown,
        "setting": pulled.setting,
        "set": pulled.set or changed is not None,
        "failed_before": pulled.failed_before,
        "failed_after": pulled.failed_after,
    }


def _next(pulled: Pulled) -> list[Command]:
    return [landed("shadow", "pull")] if pulled.lacks_managed else []


def document(report: Shadow, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return pulled_json(report.spec, report.pulled, report.changed) | {
        "actions": actions_json(_next(report.pulled), command)
    }


def render(report: Shadow, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
