"""The status of a target as JSON (schema ``landed/2``)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from landed.core.adoption import Adoption
from landed.core.given import Given
from landed.core.next import Next
from landed.core.standing import Evidence, Judgement, Standing
from landed.core.turns import next_steps
from landed.ops.examine import Examination
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Status
from landed.report.terminal import say_json

__all__ = ["SCHEMA", "judgement_json", "missing_json", "status_json", "target_json"]


def target_json(exam: Examination) -> dict[str, Any]:
    """Which database a report is about."""
    return spec_json(exam.workspace.spec) | {
        "present": exam.state.present,
        "ledger_rows": None if exam.state.ledger is None else len(exam.state.ledger),
    }


def status_json(exam: Examination, command: Given) -> dict[str, Any]:
    """Everything that ``status`` knows."""
    found, decision = _unmade(exam)
    return {
        "schema": SCHEMA,
        "command": "status",
        "target": target_json(exam),
        "migrations": [judgement_json(j, command) for j in exam.judgements],
        "position": exam.position,
        "base": None
        if exam.base is None
        else {"holds": exam.base.verdict == "landed", "missing": missing_json(exam.base)},
        "unexplained": [{"fact": str(key), "observed": exam.facts.get(key)} for key in exam.unexplained],
        "adopt": _adopt(found),
        "counts": dict(Counter(str(j.standing) for j in exam.judgements)),
        "notes": [{"code": n.code, "text": n.text} for n in exam.notes],
        "actions": actions_json([*next_steps(exam.judgements), decision], command),
    }


def _unmade(exam: Examination) -> tuple[Adoption | None, Next | None]:
    """What helps about objects that no migration made, and what to decide."""
    if not exam.unexplained:
        return None, None
    from landed.ops.adopting import adoption, choice

    found = adoption(exam)
    return found, choice(exam, found)


def _adopt(found: Adoption | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "sql": [f"{sql};" for sql in found.sql],
        "left": [str(key) for key in found.left],
        "drop": [f"{sql};" for sql in found.drop],
    }


def missing_json(judgement: Judgement) -> list[dict[str, Any]]:
    """The evidence that speaks against a migration (or the starting schema)."""
    return [_evidence(e) for e in judgement.evidence if not e.holds]


def judgement_json(judgement: Judgement, command: Given) -> dict[str, Any]:
    """One migration's standing with all of its evidence."""
    location = judgement.location
    return {
        "version": judgement.version,
        "name": judgement.name,
        "file": judgement.file,
        "recorded": judgement.recorded,
        "verdict": judgement.verdict,
        "standing": judgement.standing,
        "facts": {"owned": judgement.owned, "held": judgement.held},
        "evidence": [_evidence(e) for e in judgement.evidence],
        "statements": judgement.statements,
        "unproven": list(judgement.unproven),
        "unread": list(judgement.unread),
        "superseded_by": list(judgement.superseded_by),
        "location": None
        if location is None
        else {
            "exact": location.exact,
            "low": location.low,
            "high": location.high,
            "done": list(location.done),
            "missing": list(location.missing),
            "mixed": list(location.mixed),
        },
        "renamed": judgement.renamed,
        "remedy": _remedy(judgement),
        "flags": list(judgement.flags),
        "notes": list(judgement.notes),
        "next": command(judgement.next) if judgement.next else None,
        "actions": actions_json([judgement.next], command),
    }


def _remedy(judgement: Judgement) -> dict[str, Any] | None:
    remedy = judgement.remedy
    if remedy is None or judgement.standing not in (Standing.PARTIAL, Standing.PHANTOM):
        return None
    return {
        "sql": [f"{sql};" for sql in remedy.sql],
        "left": [str(key) for key in remedy.left],
        "cautions": list(remedy.cautions),
        "instead": [f"{sql};" for sql in remedy.instead],
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "fact": item.fact,
        "expected": item.expected,
        "observed": item.observed,
        "holds": item.holds,
        "statement": item.statement,
        "line": item.line,
        "weak": item.weak,
    }


def render(report: Status, page: Page) -> None:
    """Write the document."""
    say_json(status_json(report.exam, page.command), page.out)
