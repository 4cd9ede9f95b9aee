"""Judging: from the replay timeline, the ledger and the live facts to a verdict per migration.

Pure functions. The rules, in the words of the design:

* the last applied migration that wrote a fact owns it; a removal owns the absence;
* a migration is judged by the facts it owns, net of what cancels out inside its file;
* unrecorded migrations are taken as applied when they explain facts that nothing else explains;
* facts that nobody owns are unexplained, unless they are properties of an object that somebody
  owns: then they speak against its owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from landed.core.facts import EXISTS, OF_SERVER, REACHED, YES, FactKey, Facts, ObjectKey, holds
from landed.core.locate import goes_without_saying, half_way, locate
from landed.core.reach import Owners, explains, left_behind, overwritten, reached
from landed.core.standing import Evidence, Judgement, Verdict, standing
from landed.core.timeline import DataCheck, Step, leftovers

__all__ = ["CheckResult", "Owners", "Ruling", "judge", "locate", "owners_of"]


class CheckResult(NamedTuple):
    """The outcome of one data check: ``None`` when it could not be run."""

    check: DataCheck
    passed: bool | None
    detail: str = ""


class _Tally:
    """The evidence on one step while it is being collected."""

    __slots__ = ("evidence", "held", "left", "missed", "otherwise")

    def __init__(self) -> None:
        self.held = 0
        self.missed = 0
        self.left = False
        self.otherwise = False
        self.evidence: list[Evidence] = []


class Ruling(NamedTuple):
    """The result of judging a history: one judgement per step (same order) and what is unexplained."""

    judgements: tuple[Judgement, ...]
    unexplained: tuple[FactKey, ...]
    applied: frozenset[int]
    expected: Mapping[FactKey, str]


def owners_of(steps: Sequence[Step], applied: Iterable[int]) -> Owners:
    """Who owns which fact once the given steps (indexes) have been applied in order."""
    owners: Owners = {}
    for index in sorted(applied):
        for key, (_, after, number) in steps[index].net.items():
            owners[key] = (index, number, after)
    return owners


def judge(
    steps: Sequence[Step],
    recorded: frozenset[str],
    live: Facts,
    results: Mapping[str, Sequence[CheckResult]] | None = None,
) -> Ruling:
    """Judge every step of a history against the live facts.

    ``recorded`` holds the names in the ledger; ``results`` the outcomes of data checks by name.
    """
    results = results or {}
    believed = {i for i, step in enumerate(steps) if step.name in recorded}
    phantoms: dict[int, Judgement] = {}
    while True:
        ruling = _judge(steps, recorded, believed, phantoms.keys(), live, results)
        absent = {i: ruling.judgements[i] for i in believed if ruling.judgements[i].verdict is Verdict.ABSENT}
        if not absent:
            break
        # A file that never ran has overwritten nothing: what it would own belongs to those before it.
        phantoms |= absent
        believed -= absent.keys()
    if not phantoms:
        return ruling
    return ruling._replace(
        judgements=tuple([phantoms.get(i, judgement) for i, judgement in enumerate(ruling.judgements)])
    )


def _judge(
    steps: Sequence[Step],
    recorded: frozenset[str],
    believed: Set[int],
    phantoms: Set[int],
    live: Facts,
    results: Mapping[str, Sequence[CheckResult]],
) -> Ruling:
    """One pass: ``believed`` are the recorded steps that are taken as applied, ``phantoms`` the others."""
    applied = set(believed)
    owners = owners_of(steps, applied)
    exactly = reached(steps, applied | phantoms, owners, live)
    for index, step in enumerate(steps):
        if index in applied or index in phantoms:
            continue
        if exactly is None:
            ran = explains(index, step, owners, live) or left_behind(step, owners, live)
        else:
            ran = index in exactly
        if ran or overwritten(index, step, owners, live):
            applied.add(index)
            for key, (_, after, number) in step.net.items():
                owner = owners.get(key)
                if owner is None or owner[0] <= index:
                    owners[key] = (index, number, after)
    tallies = _tally(steps, owners, live)
    if any(tally.missed for tally in tallies.values()):
        stopped = half_way(steps, applied, recorded, owners, live)
        if stopped:
            tallies = _tally(steps, owners, live)
            for index in stopped:
                tallies[index].left = True
    _take_back_unfounded(steps, recorded, owners, live, tallies)
    for index in applied:
        _tally_leftovers(index, steps[index], owners, live, tallies)
    unexplained = _unowned(owners, live, tallies, steps)
    judgements = tuple(
        _judgement(
            index,
            step,
            step.name in recorded,
            applied,
            tallies.get(index),
            owners,
            steps,
            live,
            results,
        )
        for index, step in enumerate(steps)
    )
    expected = {key: value for key, (_, _, value) in owners.items() if value is not None}
    return Ruling(judgements, unexplained, frozenset(applied), expected)


def _tally(steps: Sequence[Step], owners: Owners, live: Facts) -> dict[int, _Tally]:
    tallies: dict[int, _Tally] = {}
    for key, (index, number, expected) in owners.items():
        tally = tallies.get(index)
        if tally is None:
            tally = tallies[index] = _Tally()
        observed = live.get(key)
        if observed == expected:
            tally.held += 1
        elif not holds(key, expected, observed) and not goes_without_saying(key, steps[index], live):
            tally.missed += 1
            tally.evidence.append(_evidence(steps[index], number, key, expected, observed))
            tally.otherwise = tally.otherwise or _never_so(index, steps, key, observed)
    return tallies


def _take_back_unfounded(
    steps: Sequence[Step],
    recorded: frozenset[str],
    owners: Owners,
    live: Facts,
    tallies: Mapping[int, _Tally],
) -> None:
    """That something is not there shows of an unrecorded file that it ran only if what made it ran.

    Of an unrecorded maker nothing but a fact that is there now shows it.
    """
    absent = {
        key: index
        for key, (index, _, expected) in owners.items()
        if expected is None and steps[index].name not in recorded and key not in live
    }
    if not absent:
        return
    shown = {
        index for key, (index, _, after) in owners.items() if after is not None and live.get(key) == after
    }
    makers: dict[FactKey, int] = {}
    for place, step in enumerate(steps):
        for key in absent.keys() & step.net.keys():
            if place < absent[key] and step.net[key][1] is not None:
                makers[key] = place
    for key, maker in makers.items():
        if steps[maker].name not in recorded and maker not in shown:
            tallies[absent[key]].held -= 1


def _never_so(index: int, steps: Sequence[Step], key: FactKey, observed: str | None) -> bool:
    """Whether a property that this step changes is as neither it nor a file before it ever left it: somebody
    changed it since, and it says nothing about whether the file ran."""
    before = steps[index].net.get(key, (None, None, 0))[0]
    if observed is None or before is None:
        return False
    values = (value for step in steps[: index + 1] for value in step.net.get(key, ())[:2])
    return not any(value is not None and holds(key, value, observed) for value in values)


def _tally_leftovers(index: int, step: Step, owners: Owners, live: Facts, tallies: dict[int, _Tally]) -> None:
    if len(step.traces) < 2:
        return
    for obj, number in leftovers(step).items():
        key = obj.fact(EXISTS)
        if live.get(key) == YES and key not in owners:
            owners[key] = (index, number, None)
            tally = tallies.setdefault(index, _Tally())
            tally.missed += 1
            tally.left = True
            tally.evidence.append(_evidence(step, number, key, None, YES))


def _evidence(step: Step, number: int, key: FactKey, expected: str | None, observed: str | None) -> Evidence:
    trace = step.traces[number - 1] if 0 < number <= len(step.traces) else None
    return Evidence(
        str(key),
        expected,
        observed,
        holds=False,
        statement=number,
        line=trace.line if trace else None,
        weak=trace.weak if trace else False,
        key=key,
    )


def _unowned(
    owners: Owners, live: Facts, tallies: dict[int, _Tally], steps: Sequence[Step]
) -> tuple[FactKey, ...]:
    """Facts without an owner: those of owned objects count against the owner, the rest are returned."""
    unexplained: list[FactKey] = []
    claimed = _only_claimed(owners, steps)
    for key, observed in live.items():
        if (
            key in owners
            or key.prop in REACHED
            or key.kind in OF_SERVER
            or key.object in claimed
            or (key.parent and key.parent in claimed)
        ):
            continue
        owner = owners.get(key.object.fact(EXISTS))
        if owner is not None and owner[2] == YES:
            index, number, _ = owner
            tally = tallies.setdefault(index, _Tally())
            tally.missed += 1
            tally.evidence.append(_evidence(steps[index], number, key, None, observed))
        elif owner is None:
            unexplained.append(key)
        # else: the object should not be there at all, which its own fact already says
    return tuple(sorted(unexplained))


def _only_claimed(owners: Owners, steps: Sequence[Step]) -> set[ObjectKey | str]:
    """Objects of which nothing is claimed but that they exist, and the names of those that have parts: what
    else is there of them, nobody could have told."""
    weak = [
        key
        for key, (index, number, value) in owners.items()
        if value == YES and key.prop == EXISTS and _is_weak(steps[index], number)
    ]
    if not weak:
        return set()
    told = {key.object for key in owners if key.prop != EXISTS}
    found: set[ObjectKey | str] = {key.object for key in weak if key.object not in told}
    return found | {key.name for key in weak if not key.parent and key.object in found}


def _is_weak(step: Step, number: int) -> bool:
    return 0 < number <= len(step.traces) and step.traces[number - 1].weak


def _judgement(
    index: int,
    step: Step,
    recorded: bool,
    applied: Set[int],
    tally: _Tally | None,
    owners: Owners,
    steps: Sequence[Step],
    live: Facts,
    results: Mapping[str, Sequence[CheckResult]],
) -> Judgement:
    checks = list(results.get(step.name, ()))
    tally = tally or _Tally()
    evidence = sorted(tally.evidence, key=lambda e: (e.statement or 0, e.fact))
    superseded_by = _superseders(index, step, owners, steps) if index in applied else ()
    verdict = _verdict(step, recorded, index in applied, tally, checks, bool(superseded_by))
    location = None
    if verdict is Verdict.PARTIAL:
        location = locate(index, steps, applied, owners, live)
        if location.exact and not _all_touched(step, tally.evidence):
            location = location._replace(exact=False)
        location = location._replace(stopped=tally.left)
    evidence += [_check_evidence(result) for result in checks]
    proven = {r.check.statement for r in checks if r.passed and r.check.whole and r.check.statement}
    covered = any(r.passed and not r.check.derived for r in checks)
    if verdict is Verdict.ABSENT:
        # Rows that are not there need no word: nothing of the file is.
        proven |= {r.check.statement for r in checks if r.passed is False and r.check.derived}
    unproven = tuple(t.number for t in step.traces if t.writes and t.number not in proven and not covered)
    withheld = {failure.statement for failure in step.failures if failure.withheld}
    # A statement that no replay may run, and whose text claims nothing, leaves nothing that is read either.
    unseen = [t for t in step.traces if t.blind or (t.number in withheld and not t.effects)]
    unread = tuple(t.number for t in unseen if t.number not in proven and not covered)
    return Judgement(
        name=step.name,
        recorded=recorded,
        verdict=verdict,
        standing=standing(recorded, verdict),
        owned=tally.held + tally.missed,
        held=tally.held,
        evidence=tuple(evidence),
        unproven=unproven,
        unread=unread if verdict is not Verdict.ABSENT else (),
        superseded_by=superseded_by,
        location=location,
        statements=len(step.traces),
    )


def _all_touched(step: Step, evidence: Sequence[Evidence]) -> bool:
    """Whether what does not hold is something that the file itself writes, and not what others added to its
    objects since: of that no point in the file can say anything."""
    touched = {change.key for trace in step.traces for change in trace.effects}
    left = {obj.fact(EXISTS) for obj in leftovers(step)}
    return all(e.key in touched or e.key in left for e in evidence)


def _verdict(
    step: Step,
    recorded: bool,
    applied: bool,
    tally: _Tally,
    checks: Sequence[CheckResult],
    superseded: bool,
) -> Verdict:
    declared = [r for r in checks if not r.check.derived]
    derived = [r for r in checks if r.check.derived]
    held = tally.held + sum(1 for r in declared if r.passed)
    missed = tally.missed + sum(1 for r in declared if r.passed is False)
    if not recorded and not applied and (step.net or not held):
        if step.net or missed:
            return Verdict.ABSENT
        return _traceless(step, derived, declared, recorded=False)
    if not held and not missed:
        if step.net and superseded:
            return Verdict.SUPERSEDED
        return _traceless(step, derived, declared, recorded)
    if not missed:
        return Verdict.LANDED
    changed = recorded and tally.otherwise
    return Verdict.PARTIAL if held or tally.left or changed else Verdict.ABSENT


def _traceless(
    step: Step, derived: Sequence[CheckResult], declared: Sequence[CheckResult], recorded: bool
) -> Verdict:
    """The verdict on a file that leaves nothing in the schema: only its data can speak.

    Rows that are missing prove nothing about a recorded file (they may have been deleted since);
    for a file that nobody recorded they are what one expects of SQL that did not run.
    """
    writes = [t.number for t in step.traces if t.writes]
    if not step.traces:
        return Verdict.LANDED if recorded else Verdict.ABSENT
    if any(r.passed is None for r in declared):
        return Verdict.UNPROVABLE
    proven = {r.check.statement: r.check.again for r in derived if r.passed and r.check.whole}
    if writes and all(n in proven for n in writes):
        # Rows that would be there without it too show nothing, and running it again does no harm.
        return Verdict.LANDED if recorded or not all(proven.values()) else Verdict.UNPROVABLE
    if not recorded and any(r.passed is False for r in derived):
        return Verdict.ABSENT
    return Verdict.UNPROVABLE


def _check_evidence(result: CheckResult) -> Evidence:
    observed = {True: "yes", False: "no", None: None}[result.passed]
    label = ("data: " if result.check.derived else "verify: ") + result.check.text
    return Evidence(
        label,
        "yes",
        observed if not result.detail else f"{observed or 'unknown'} ({result.detail})",
        holds=result.passed is True,
        statement=result.check.statement or None,
        line=result.check.line,
        weak=result.check.derived,
    )


def _superseders(index: int, step: Step, owners: Owners, steps: Sequence[Step]) -> tuple[str, ...]:
    later = {owners[key][0] for key in step.net if key in owners and owners[key][0] > index}
    return tuple(steps[i].name for i in sorted(later))
