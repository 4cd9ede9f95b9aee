"""The common first half of every command: read files, ledger and schema, replay, and judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.advice import advise
from landed.core.describe import WITHHELD
from landed.core.errors import CannotKnow
from landed.core.facts import EXISTS, FactKey, ObjectKey
from landed.core.judge import CheckResult, Ruling
from landed.core.ledger import late_files, replay_order
from landed.core.migration import Migration, Note
from landed.core.next import DOCTOR
from landed.core.standing import Judgement, Standing, Verdict, standing
from landed.core.timeline import BASE, Failure, Progress, Step
from landed.core.turns import in_turn
from landed.engines.cache import Cache
from landed.engines.live import LiveState
from landed.ops.alternatives import may_hide, never_ran, without_hidden
from landed.ops.column_order import only_in_another_order
from landed.ops.edits import Edit, disproved, find_edits
from landed.ops.fileless import fileless_judgements, pair_renamed, same_as_stored
from landed.ops.needs_managed import needs_managed
from landed.ops.remedies_postgres import on_postgres
from landed.ops.ruling import rule
from landed.ops.workspace import Workspace
from landed.project.inside import look_at_lock

if TYPE_CHECKING:
    from landed.ops.made_by import MadeBy


@dataclass(frozen=True)
class Examination:
    """Everything that is known about one target at one moment.

    ``migrations`` are in file order; ``order`` are their indexes in the order of the replay, and
    ``steps`` the replayed steps in that order. ``judgements`` are in file order, rows without a file
    last. ``made_by`` says, on Postgres, which objects are not of the role that files are replayed as, if any.
    """

    workspace: Workspace
    migrations: tuple[Migration, ...]
    order: tuple[int, ...]
    steps: tuple[Step, ...]
    state: LiveState
    facts: Mapping[FactKey, str]
    ruling: Ruling
    judgements: tuple[Judgement, ...]
    made_by: MadeBy | None = None

    @cached_property
    def _migrations_by_name(self) -> dict[str, Migration]:
        return {m.name: m for m in self.migrations}

    @cached_property
    def _steps_by_name(self) -> dict[str, Step]:
        return {s.name: s for s in self.steps}

    def migration(self, name: str) -> Migration | None:
        """The file with this ledger name."""
        return self._migrations_by_name.get(name)

    def step(self, name: str) -> Step:
        """The replayed step of a file. Raises KeyError."""
        return self._steps_by_name[name]

    def judgement(self, name: str) -> Judgement | None:
        """The judgement on a file or a ledger row."""
        return next((j for j in self.judgements if j.name == name), None)

    @property
    def position(self) -> str | None:
        """Where in the files the live schema stands, if it is exactly at one point of them.

        ``None`` when files out of order, drift or damage make that question meaningless.
        """
        if self.unexplained or not self.state.present:
            return None
        last: Judgement | None = None
        for index, judgement in enumerate(self.judgements):
            if judgement.standing in (Standing.OK, Standing.UNPROVABLE, Standing.UNRECORDED):
                last = judgement
                continue
            rest = self.judgements[index:]
            if judgement.standing is Standing.PARTIAL and judgement.location and judgement.location.exact:
                reach = judgement.location.low
                place = f"after statement {reach} of {judgement.statements} of {judgement.name}"
                rest = rest[1:]
            elif last is not None:
                place = f"after {last.name}"
            else:
                place = "before the first file"
            waiting = (Standing.PENDING, Standing.UNKNOWN)
            return place if all(j.standing in waiting for j in rest) else None
        return f"after {last.name}" if last is not None else None

    @property
    def base(self) -> Judgement | None:
        """The judgement on the starting schema, if the settings name one."""
        return next((j for j in self.ruling.judgements if j.name == BASE), None)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is worth knowing of the database and of the folder."""
        return (*self.state.notes, *self.workspace.migrations().notes)

    @property
    def unexplained(self) -> tuple[FactKey, ...]:
        """Facts of the live schema that no migration owns."""
        return self.ruling.unexplained


def examine(
    workspace: Workspace, *, progress: Progress | None = None, cache: Cache | None = None
) -> Examination:
    """Read, replay and judge. Reads only. Raises ConfigError, CannotKnow."""
    migrations = workspace.migrations().migrations
    look_at_lock(workspace.project)
    state = workspace.target.read()
    if state.ledger_problem is not None:
        raise CannotKnow(
            f"The ledger table {workspace.ledger_table} cannot be read: {state.ledger_problem}",
            details=["Without it nobody can say what is recorded; nothing was judged."],
            next=DOCTOR,
        )
    workspace.engine.learn(state)
    ledger = state.ledger or ()
    names = [m.name for m in migrations]
    order = replay_order(names, ledger)
    recorded = frozenset(row.name for row in ledger)
    if workspace.engine.base() is not None:
        recorded |= {BASE}
    own_cache = cache or Cache()
    made_by, live = _made_by(workspace, state), state.facts or {}
    start = workspace.engine.start_facts(own_cache) if made_by is not None else {}

    like: list[Step] = []

    def replay(
        files: Sequence[Migration],
        *,
        keep: bool = False,
        hopeless: Callable[[Step], bool] = lambda step: False,
    ) -> list[Step]:
        found = workspace.engine.replay(
            files, cache=own_cache, keep=keep, progress=progress, hopeless=hopeless, like=like
        )
        like.extend(found if not like else ())
        return made_by.expected(found, start) if made_by is not None else found

    try:
        steps = replay(workspace.engine.history([migrations[i] for i in order]), keep=True)
        if order != list(range(len(names))) and any(s.failed for s in steps):
            in_file_order = replay(workspace.engine.history(migrations))
            if sum(s.failed for s in in_file_order) < sum(s.failed for s in steps):
                order, steps = list(range(len(names))), in_file_order
        if state.facts is not None:
            seen = state.facts if made_by is None else made_by.seen(state.facts, steps)
            state = state._replace(facts=without_versions(seen, steps))
        facts = workspace.engine.facts_of(state)
        results = _check_results(workspace, state, steps)
        in_order = workspace.engine.history([migrations[i] for i in order])
        history = workspace.engine.history_key(in_order) + (made_by.mark if made_by is not None else b"")
        ruling = rule(own_cache, history, steps, state, facts, results, recorded)
        orders, other_order = only_in_another_order(ruling) if state.facts is not None else ({}, {})
        if orders and state.facts is not None:
            state = state._replace(facts={**state.facts, **orders})
            facts = workspace.engine.facts_of(state)
            ruling = rule(own_cache, history, steps, state, facts, results, recorded)
        hidden = never_ran(
            steps,
            recorded,
            facts,
            ruling,
            lambda name, hopeless: replay([m for m in in_order if m.name != name], hopeless=hopeless),
            may_hide(in_order, steps) if workspace.is_postgres else lambda name: True,
        )
        if hidden:
            others = replay([m for m in in_order if m.name not in hidden])
            steps, ruling = without_hidden(steps, ruling, hidden, others, recorded, facts, results)
        if ruling.unexplained:
            start = workspace.engine.start_facts(own_cache)
            left = tuple(k for k in ruling.unexplained if start.get(k) != facts[k])
            ruling = ruling._replace(unexplained=left)
        edits = find_edits(workspace, migrations, {s.name: s.digest for s in steps}, ledger, state.content)
        for name in disproved(edits, in_order, steps, ruling, replay) if edits else ():
            del edits[name]
    finally:
        if cache is None:
            own_cache.close()
    told = made_by.notes(steps, live) if made_by is not None else {}
    judgements = _finish(workspace, migrations, steps, state, ruling, recorded, edits, told)
    judgements = tuple(
        j._replace(notes=(*j.notes, other_order[j.name])) if j.name in other_order else j for j in judgements
    )
    return Examination(
        workspace, migrations, tuple(order), tuple(steps), state, facts, ruling, judgements, made_by
    )


def _made_by(workspace: Workspace, state: LiveState) -> MadeBy | None:
    """Whose objects a Postgres target holds; ``None`` where that makes no difference."""
    if state.facts is None or state.roles is None:
        return None
    from landed.ops.made_by import MadeBy

    files = workspace.migrations().migrations
    return MadeBy.of(state.facts, state.roles, workspace.pg.target.scope, files)


def without_versions(facts: Mapping[FactKey, str], steps: Sequence[Step]) -> Mapping[FactKey, str]:
    """The facts but for extensions' versions that no statement names: the server chose those."""
    versions = {k for k in facts if k.kind == "extension" and k.prop == "version"}
    if versions:
        versions -= {k for step in steps if step.concerns("extension") for k in step.net}
    if not versions:
        return facts
    left = dict(facts)
    for key in versions:
        del left[key]
    return left


def _check_results(
    workspace: Workspace, state: LiveState, steps: Sequence[Step]
) -> dict[str, list[CheckResult]]:
    """Run all data checks of all files in one reading of the target."""
    wanted = [(step.name, check) for step in steps for check in step.checks]
    if not wanted or not state.present:
        return {}
    answers = workspace.target.check([check for _, check in wanted])
    results: dict[str, list[CheckResult]] = {}
    for (name, check), (passed, why) in zip(wanted, answers, strict=True):
        results.setdefault(name, []).append(CheckResult(check, passed, why))
    return results


def _finish(
    workspace: Workspace,
    migrations: Sequence[Migration],
    steps: Sequence[Step],
    state: LiveState,
    ruling: Ruling,
    recorded: frozenset[str],
    edits: Mapping[str, Edit],
    made_by: Mapping[str, str],
) -> tuple[Judgement, ...]:
    """Bring the judgements into file order and add what the schema cannot show."""
    ledger = state.ledger or ()
    names = [m.name for m in migrations]
    late = late_files(names, set(recorded))
    by_name = dict(zip((s.name for s in steps), ruling.judgements, strict=True))
    failures = {s.name: s.failures for s in steps if s.failures}
    judged = []
    for migration in migrations:
        judgement = by_name[migration.name]
        notes = [*judgement.notes, *(note.text for note in migration.notes)]
        flags = [*judgement.flags, *(note.code for note in migration.notes)]
        if migration.name in made_by:
            notes += filter(None, [made_by[migration.name]])
            flags.append("made-by-another-role")
        known_broken = migration.name in workspace.project.settings.broken
        if known_broken and judgement.verdict is not Verdict.LANDED:
            judgement = _known_broken(judgement)
            notes.append("it is known not to replay ([shadow] broken), so nothing shows what it did")
            flags.append("known-broken")
        for failure in failures.get(migration.name, ()) if not known_broken else ():
            flags.append("not-replayable")
            if needs_managed(workspace, failure):
                flags.append("needs-managed")
            elif needs_base(failure, steps):
                flags.append("needs-base")
            why = f"{WITHHELD}: " if failure.withheld else ""
            at = f"statement {failure.statement} (line {failure.line})"
            notes.append(f"{at} cannot be replayed: {why}{failure.message}")
        judgement = judgement._replace(
            version=migration.version,
            file=migration.file,
            flags=tuple(dict.fromkeys(flags)),
            notes=tuple(notes),
        )
        if workspace.is_postgres and judgement.standing is Standing.PARTIAL:
            judgement = on_postgres(judgement, migration, ruling.expected, state.facts or {})
        judged.append(_with_edit(judgement, edits.get(migration.name), migration.name in late))
    fileless = fileless_judgements(workspace, ledger, names)
    stored = same_as_stored(state.stored, migrations)
    judged, fileless = pair_renamed(workspace, judged, fileless, {s.name: s.digest for s in steps}, stored)
    counted = Counter(row.name for row in ledger)
    doubled = _one_version(migrations) if workspace.is_postgres else {}
    return in_turn(
        [advise(_with_double(j, counted[j.name] > 1, doubled.get(j.name))) for j in judged + fileless]
    )


def _one_version(migrations: Sequence[Migration]) -> dict[str, str]:
    """Files whose version another file has, too -> that file; a ledger with versions can hold one of them."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for migration in migrations:
        other = first.setdefault(migration.version, migration.name)
        if other != migration.name:
            found[migration.name] = other
            found.setdefault(other, migration.name)
    return found


def _with_double(judgement: Judgement, twice: bool, other: str | None) -> Judgement:
    if twice:
        return judgement._replace(standing=Standing.DUPLICATE)
    if other is None or judgement.recorded:
        return judgement
    return judgement._replace(
        standing=Standing.DUPLICATE,
        flags=(*judgement.flags, "same-version"),
        notes=(*judgement.notes, f"{other} has the same version, and the ledger can hold only one of them"),
    )


def _known_broken(judgement: Judgement) -> Judgement:
    return judgement._replace(
        verdict=Verdict.UNPROVABLE,
        standing=standing(judgement.recorded, Verdict.UNPROVABLE),
        evidence=(),
        location=None,
    )


def _with_edit(judgement: Judgement, edit: Edit | None, late: bool) -> Judgement:
    if edit is not None and judgement.recorded:
        return judgement._replace(
            standing=Standing.EDITED,
            flags=(*judgement.flags, "edited"),
            notes=(*judgement.notes, edit.text),
        )
    if late:
        judgement = judgement._replace(flags=(*judgement.flags, "out-of-order"))
        if judgement.standing in (Standing.PENDING, Standing.UNKNOWN):
            return judgement._replace(
                standing=Standing.OUT_OF_ORDER,
                notes=(*judgement.notes, "its number is below that of a file that is already applied"),
            )
    return judgement


def needs_base(failure: Failure, steps: Sequence[Step]) -> bool:
    """Whether a statement failed for want of a table that no file of the history makes."""
    if not failure.code.startswith("SQLITE_"):
        return _needs_relation(failure, steps)
    missing = failure.lacking("table")
    if missing is None:
        return False
    made = ObjectKey("table", "", missing.name.rpartition(".")[2].lower()).fact(EXISTS)
    return not any(
        made in step.net or any(c.key == made for t in step.traces for c in t.effects) for step in steps
    )


def _needs_relation(failure: Failure, steps: Sequence[Step]) -> bool:
    """The same for what PostgreSQL says: a relation, type, schema or function that no file makes."""
    missing = failure.lacking("relation", "type", "schema", "function")
    if missing is None:
        return False
    return not any(
        key.prop == EXISTS and key.name.partition("(")[0].rpartition(".")[2].strip('"') == missing.last
        for step in steps
        for key, (_, after, _) in step.net.items()
        if after is not None
    )
