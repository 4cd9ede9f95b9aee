"""A plan, or what came of it, as Markdown."""

from __future__ import annotations

from landed.core.applied import Applied
from landed.core.counting import plural
from landed.core.next import landed
from landed.core.plan import PlanItem
from landed.report.markdown.examined import GOOD, WAIT, about
from landed.report.markdown.inline import code, code_in_html, prose
from landed.report.markdown.rehearse import changes
from landed.report.markdown.sheet import Sheet, bullets, details
from landed.report.markdown.steps import step
from landed.report.page import Page
from landed.report.planned import outcome, to_run, what_was_done
from landed.report.reports import Apply


def render(report: Apply, page: Page) -> None:
    """Write what would be executed, or what was."""
    plan, done = report.plan, report.done
    sheet = Sheet(landed(report.verb, dry_run=done is None, json=True))
    sheet.add(f"### {_verdict(report)}")
    sheet.add(about(report.exam, page) if done is None else prose(report.exam.workspace.spec.label))
    if plan.notices:
        sheet.add(bullets(prose(notice) for notice in plan.notices))
    if plan.items:
        outcomes = {a.name: a for a in done.applied} if done is not None else {}
        last = "What it does" if done is None else "What came of it"
        rows = (_row(item, outcomes.get(item.migration.name)) for item in plan.items)
        sheet.table(("", "File", "What runs", last), rows)
    if done is None and report.dry_run and plan.items:
        sheet.add("Dry run: nothing was changed.")
    if done is not None and done.undo is not None:
        sheet.add(f"To go back to the moment before:\n\n{step(done.undo.command, page)}")
    for item in plan.items:
        if item.changes:
            sheet.add(details(code_in_html(item.migration.name), [changes(item.changes)]))
    sheet.write(page)


def _verdict(report: Apply) -> str:
    label = prose(report.exam.workspace.spec.label)
    if report.done is not None:
        return f"{GOOD} landed {report.verb}: {prose(what_was_done(report.done).rstrip('.'))}"
    if not report.plan.items:
        return f"{GOOD} landed {report.verb}: nothing to do on {label}"
    return f"{WAIT} landed {report.verb}: {plural(len(report.plan.items), 'file')} to run on {label}"


def _row(item: PlanItem, applied: Applied | None) -> tuple[str, str, str, str]:
    came = plural(len(item.changes), "change") if applied is None else prose(outcome(item, applied))
    return WAIT if applied is None else GOOD, code(item.migration.name), to_run(item), came
