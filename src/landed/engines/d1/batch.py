"""The one request that runs, proves and records a migration: what is shown is what is sent.

Order: the ledger where there is none, nobody was faster, the schema is as it was read, the row guard's
figures, the file statement by statement, the figures again, the proofs, the ledger row, the guard taken
away, and last the schema and the ledger as they are now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.applied import Consent
from landed.core.errors import Code, NotProven, Where
from landed.core.facts import EXISTS, FactKey
from landed.core.migration import Migration
from landed.core.next import APPLY, Next
from landed.core.timeline import Step
from landed.engines.d1 import assertions
from landed.engines.d1.assertions import Proof
from landed.engines.d1.forecast import NOT_SENT, Forecast
from landed.engines.d1.guard import Guard, clear, plan_guard
from landed.engines.d1.ledger import no_trigger
from landed.engines.d1.remote import SCHEMA
from landed.engines.sqlite.sql.tokens import fold, literal, quote
from landed.engines.sqlite.sql.transactions import as_wrangler

if TYPE_CHECKING:
    from landed.engines.sqlite.shadow.replay import Replayer

STATEMENT_BYTES = 100_000
BATCH_BYTES = 8_000_000
LARGE_BATCH = 1_000_000
CALL_SECONDS = 30
"""D1's limits (developers.cloudflare.com/d1/platform/limits); how large a whole request may be is not
documented: landed's own bound is far below what import is made for."""

LEDGER = (
    "CREATE TABLE IF NOT EXISTS {table}(\n"
    "\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "\t\tname       TEXT UNIQUE,\n"
    "\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n)"
)


class Part(NamedTuple):
    """One statement of a batch: its SQL, why it is there, and its number if it is the file's own."""

    sql: str
    role: str
    statement: int = 0


class Batch(NamedTuple):
    """A whole request. ``proofs`` are what its ``proof`` parts assert, by number from 1."""

    parts: tuple[Part, ...]
    proofs: tuple[Proof, ...]
    guard: Guard

    @property
    def body(self) -> dict[str, Any]:
        """What is sent: one statement an entry, so that the server has nothing to split."""
        return {"batch": [{"sql": part.sql} for part in self.parts]}

    @property
    def size(self) -> int:
        """Bytes of SQL."""
        return sum(len(part.sql.encode()) for part in self.parts)


def build_batch(
    shadow: Replayer,
    migration: Migration,
    step: Step,
    chosen: Sequence[int],
    consent: Consent,
    forecast: Forecast,
    *,
    ledger_table: str,
    ledger_exists: bool,
    record: bool = True,
) -> Batch:
    """The batch for one file. ``shadow`` is where it ran ahead; nothing is executed or sent here."""
    ledger = quote(ledger_table)
    guard = plan_guard(step, forecast, consent)
    early: list[Proof] = []
    if record:
        holds = assertions.not_recorded(ledger, migration.name)
        early.append(Proof(1, "recorded", migration.name, holds))
    if forecast.dependents:
        early.append(Proof(len(early) + 1, "schema", ", ".join(step.dropped), forecast.dependents))
    late = _late(shadow, migration, step, guard, len(early), sure=forecast.sure)
    if record:
        holds = no_trigger(ledger_table)
        late.append(Proof(len(early) + len(late) + 1, "ledger", ledger_table, holds))
    parts: list[Part] = []
    if record and not ledger_exists:
        parts.append(Part(LEDGER.format(table=ledger), "ledger"))
    parts += [Part(sql, "proof") for sql in assertions.statements(early)]
    parts += [Part(sql, "guard") for sql in guard.setup()]
    wanted = set(chosen) - as_wrangler(migration)
    parts += [Part(s.text, "statement", s.number) for s in migration.statements if s.number in wanted]
    parts += [Part(sql, "guard") for sql in guard.measure_again()]
    parts += [Part(sql, "proof") for sql in assertions.statements(late)]
    if step.guarded:
        # No reference is broken that was whole: a counter of deferred violations that a rebuild
        # leaves behind would fail the commit all the same ("internal error; reference = …").
        parts.append(Part("PRAGMA defer_foreign_keys = off", "guard"))
    if record:
        parts.append(Part(f"INSERT INTO {ledger} (name) VALUES ({literal(migration.name)})", "ledger"))
    parts += [Part(sql, "guard") for sql in clear(guard)]
    parts += _readings(ledger, record or ledger_exists)
    return Batch(tuple(parts), tuple(early + late), guard)


def ledger_batch(
    ledger_table: str,
    add: Sequence[str],
    remove: Sequence[str],
    rename: Sequence[tuple[str, str]],
    *,
    ledger_exists: bool,
) -> Batch:
    """The batch that changes ledger rows, if they are still what they were judged as."""
    ledger = quote(ledger_table)
    proofs: list[Proof] = []
    for name in [*remove, *(old for old, _ in rename)]:
        holds = f"EXISTS (SELECT 1 FROM {ledger} WHERE name = {literal(name)})"
        proofs.append(Proof(len(proofs) + 1, "present", name, holds))
    for name in [*add, *(new for _, new in rename)]:
        if name not in remove:
            holds = assertions.not_recorded(ledger, name)
            proofs.append(Proof(len(proofs) + 1, "recorded", name, holds))
    proofs.append(Proof(len(proofs) + 1, "ledger", ledger_table, no_trigger(ledger_table)))
    parts = [] if ledger_exists else [Part(LEDGER.format(table=ledger), "ledger")]
    parts += [Part(sql, "proof") for sql in assertions.statements(proofs)]
    parts += [Part(f"DELETE FROM {ledger} WHERE name = {literal(n)}", "ledger") for n in remove]
    parts += [
        Part(f"UPDATE {ledger} SET name = {literal(new)} WHERE name = {literal(old)}", "ledger")
        for old, new in rename
    ]
    parts += [Part(f"INSERT INTO {ledger} (name) VALUES ({literal(n)})", "ledger") for n in add]
    parts += _readings(ledger, True)
    return Batch(tuple(parts), tuple(proofs), Guard())


def refuse_too_large(migration: Migration, batch_bytes: int | None = None) -> None:
    """Raise NotProven for a file that no single request can carry, with the way out."""
    for statement in migration.statements:
        length = len(statement.text.encode())
        if length > STATEMENT_BYTES:
            raise NotProven(
                f"{migration.name} cannot run on remote D1: statement {statement.number} has {length:,} "
                f"bytes, and D1 takes {STATEMENT_BYTES:,} per statement.",
                code=Code.LIMIT,
                where=Where(migration.file, statement.line, statement.number),
                details=[NOT_SENT],
                next=Next(
                    "Split the statement (an INSERT of many rows into several), then run: ",
                    APPLY.afterwards(),
                ),
            )
    total = len(migration.text.encode()) if batch_bytes is None else batch_bytes
    if total > BATCH_BYTES:
        raise NotProven(
            f"{migration.name} cannot run on remote D1 as one transaction: it has {total:,} bytes, and "
            f"landed sends at most {BATCH_BYTES:,} in one request.",
            code=Code.LIMIT,
            where=Where(migration.file),
            details=[
                NOT_SENT,
                "D1's import API takes more, but it is no transaction: it can stop half-way.",
            ],
            next="Split the file into several migrations, the schema first, then the rows in parts",
        )


def is_large(batch: Batch) -> bool:
    """Whether a batch may come near D1's 30 seconds per call."""
    return batch.size > LARGE_BATCH


def _late(
    shadow: Replayer, migration: Migration, step: Step, guard: Guard, used: int, *, sure: bool
) -> list[Proof]:
    texts = [s.text for s in migration.statements]
    rows = {(t, fold(n)): row for (t, n), row in shadow.tracker.rows.items()}
    keys: dict[tuple[str, str], list[FactKey]] = {}
    for key in step.net:
        keys.setdefault(assertions.carrier(key), []).append(key)
    proofs: list[Proof] = []

    def add(kind: str, subject: str, holds: str, measured: str = "", facts: Sequence[FactKey] = ()) -> None:
        proofs.append(Proof(used + len(proofs) + 1, kind, subject, holds, measured, tuple(facts)))

    for (kind, name), owned in sorted(keys.items()):
        row = rows.get((kind, name))
        gone = any(key.prop == EXISTS and not key.parent and step.net[key][1] is None for key in owned)
        if not sure:
            # What the copy lacks says nothing; the whole comparison follows with the answer.
            holds = assertions.absent(kind, name) if gone else assertions.present(kind, name)
        elif row is None:
            holds = assertions.absent(kind, name)
        else:
            holds = assertions.as_in(shadow.connection, row, texts)
        add("effect", f"{kind} {name}", holds, facts=owned)
    if guard.measures:
        add("rows", "", guard.rows_hold, guard.rows_measured)
    if guard.references:
        add("references", "", guard.references_hold, guard.references_measured)
    for place, check in enumerate(step.checks):
        if not check.derived:
            add("check", str(place), assertions.single_true(check.sql.rstrip("; \t\n")))
    return proofs


def _readings(ledger: str, ledger_there: bool) -> list[Part]:
    parts = [Part(SCHEMA, "read")]
    if ledger_there:
        parts.append(Part(f"SELECT rowid AS _rowid, * FROM {ledger} ORDER BY rowid", "read"))
    return parts
