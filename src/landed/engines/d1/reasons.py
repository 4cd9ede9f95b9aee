"""Why D1 refused a batch, in the user's words: which proof failed, or which statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apsw

from landed.core.applied import Consent
from landed.core.codes import code_of
from landed.core.errors import Code, LandedError, NotProven, Where
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, STATUS, Next
from landed.core.timeline import Step
from landed.engines import say
from landed.engines.d1.api_text import one_line
from landed.engines.d1.assertions import Failed, Proof, failed_proof
from landed.engines.d1.batch import Batch
from landed.engines.d1.forecast import Forecast
from landed.engines.d1.guard import broken_of, losses_of
from landed.engines.d1.ledger import made_trigger
from landed.engines.d1.trouble import without_result
from landed.engines.sqlite import messages, rowguard
from landed.engines.sqlite.shadow.reason import code_of_words
from landed.engines.sqlite.shadow.sandbox import explain_refusal
from landed.engines.sqlite.sql.cut_triggers import CUT, is_trigger, perils, whole
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold


def explained(
    migration: Migration,
    step: Step,
    consent: Consent,
    forecast: Forecast,
    batch: Batch,
    reason: str,
    of_triggers: Callable[[], Sequence[str]] = tuple,
) -> LandedError:
    """The error for a file that D1 refused and rolled back; ``reason`` is D1's message, ``of_triggers`` tells
    how this server takes triggers."""
    failed = failed_proof(reason)
    if failed is not None and 0 < failed.number <= len(batch.proofs):
        proof = batch.proofs[failed.number - 1]
        return _unproven(migration, step, consent, forecast, batch, proof, failed)
    return _failed(migration, forecast, reason, of_triggers)


def _unproven(
    migration: Migration,
    step: Step,
    consent: Consent,
    forecast: Forecast,
    batch: Batch,
    proof: Proof,
    failed: Failed,
) -> LandedError:
    if proof.kind == "rows":
        losses = losses_of(batch.guard, failed.measured, step, forecast, consent)
        if losses:
            return messages.rows_lost(migration, step, losses, batch.guard.known)
    if proof.kind == "references" and (broken := broken_of(failed.measured)):
        return messages.references_broken(migration, broken)
    if proof.kind == "check":
        check = step.checks[int(proof.subject)]
        return NotProven(
            f"{migration.name} ran, but its own check is not true: {check.text}",
            code=Code.OWN_CHECK,
            where=Where(migration.file, check.line),
            details=[say.ROLLED_BACK],
            next=Next("Correct the file or the check, then run: ", APPLY.afterwards()),
        )
    if proof.kind == "schema":
        return NotProven(
            f"{migration.name} was not run: what depends on {proof.subject} has changed since it was read.",
            code=Code.CHANGED,
            details=[say.ROLLED_BACK],
            where=Where(migration.file),
            next=APPLY,
        )
    if proof.kind == "ledger":
        return made_trigger(proof.subject, migration.name, migration.file)
    if proof.kind == "recorded":
        return NotProven(
            f"{migration.name} was recorded by somebody else meanwhile, and removed again.",
            code=Code.CHANGED,
            details=[say.ROLLED_BACK],
            where=Where(migration.file),
            next=STATUS,
        )
    numbers = [step.net[key][2] for key in proof.keys if key in step.net]
    statement = next((s for s in migration.statements if numbers and s.number == min(numbers)), None)
    return NotProven(
        f"{migration.name} ran without an error, but what it should have done is not there.",
        code=Code.EFFECTS,
        details=[
            f"{proof.subject} is not as the file makes it on a copy of the schema",
            "The schema may have changed since it was read.",
            say.ROLLED_BACK,
        ],
        where=Where(migration.file, statement.line, statement.number) if statement else Where(migration.file),
        next=STATUS,
    )


def _failed(
    migration: Migration, forecast: Forecast, reason: str, of_triggers: Callable[[], Sequence[str]]
) -> NotProven:
    reason = one_line(without_result(reason))
    statement = _culprit(migration.statements, reason)
    text = statement.text if statement else ""
    why = explain_refusal(apsw.SQLError(reason), text, "d1") or reason
    details = [say.ROLLED_BACK]
    if statement is not None:
        shown = say.excerpt(statement.text)
        details.insert(0, f"statement {statement.number} of {len(migration.statements)}: {shown}")
    advice = Next("Correct the file, then run: ", APPLY.afterwards())
    if CUT in reason and forecast.sure:
        return _cut(migration, statement, of_triggers())
    if statement is not None and "FOREIGN KEY" in reason:
        known = rowguard.references(forecast.before)
        details += messages.blocked_by_reference(known, statement)
        advice = messages.reference_advice(known, statement)
    return NotProven(
        f"{migration.name} failed: {why}",
        code=code_of(code_of_words(reason)),
        where=Where(migration.file, statement.line, statement.number) if statement else Where(migration.file),
        details=details,
        next=advice,
    )


def _cut(migration: Migration, statement: Statement | None, known: Sequence[str]) -> NotProven:
    """The error for a trigger that was whole when it was sent: a copy of the schema took the file."""
    triggers = [s for s in migration.statements if is_trigger(s.text)]
    risky = [s for s in triggers if perils(s.text)] or triggers
    if statement is None and len(risky) == 1:
        statement = risky[0]
    forms = [f"line {s.line}, a form that works: {whole(s.text)}" for s in risky[:3]]
    return NotProven(
        f"{migration.name} failed: hosted D1 cut a statement of it ({CUT}).",
        code=Code.SYNTAX,
        where=Where(migration.file, statement.line, statement.number) if statement else Where(migration.file),
        details=[
            "The file is whole: a copy of the schema took it. D1 splits SQL itself, and cuts some triggers.",
            *forms,
            *known,
            say.ROLLED_BACK,
        ],
        next=Next("Write the trigger in that form, then run: ", APPLY.afterwards()),
    )


def _culprit(statements: Sequence[Statement], reason: str) -> Statement | None:
    """The only statement that the message can be about; D1 does not say which one failed."""
    if len(statements) == 1:
        return statements[0]
    if "FOREIGN KEY" in reason:
        drops = [s for s in statements if head_of(s).begins("DROP", "TABLE")]
        return drops[0] if len(drops) == 1 else None
    named = {fold(word) for word in _words(reason.partition("failed: ")[2])}
    tables = {word.partition(".")[0] for word in named}
    if not tables:
        return None
    writing = [
        s
        for s in statements
        if (head_of(s).written in tables)
        or (head_of(s).begins("CREATE", "UNIQUE", "INDEX") and tables & set(head_of(s).names))
    ]
    return writing[0] if len(writing) == 1 else None


def _words(text: str) -> list[str]:
    return [word.strip(" '\"") for word in text.split(",") if word.strip()]
