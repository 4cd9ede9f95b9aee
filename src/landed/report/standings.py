"""Why a migration stands where it stands, in words that every format shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from landed.core.advice import ADD_CHECK
from landed.core.facts import EXISTS, FactKey
from landed.core.flags import Flag
from landed.core.next import DOCTOR, STATUS, Next, landed
from landed.core.standing import Judgement, Standing, Verdict
from landed.core.turns import next_steps
from landed.ops.examine import Examination
from landed.ops.verify import Answer, Why

FOLD = 8
"""More consecutive files of one unremarkable standing than this become one line."""
_MANY, _ALIKE = 50, 20


def too_many(exam: Examination) -> list[str]:
    """Rows without a file that are left out of what people read, where there are hundreds alike."""
    alike = [j.name for j in exam.judgements if j.standing is Standing.NO_FILE and not j.renamed]
    return alike[_ALIKE:] if len(alike) > _MANY else []


def summary(exam: Examination) -> str:
    """How many migrations stand where: ``12 ok · 1 phantom · 3 pending``."""
    counts = Counter(j.standing for j in exam.judgements)
    parts = [f"{counts[s]} {s}" for s in Standing if counts[s]]
    objects = unexplained_objects(exam.unexplained)
    if objects:
        parts.append(f"{len(objects)} unexplained")
    return " · ".join(parts) if parts else "no migrations"


def unexplained_objects(keys: Sequence[FactKey]) -> list[str]:
    """The objects behind unexplained facts, a whole table as one."""
    tables = {k.name for k in keys if k.kind in ("table", "virtual table") and k.prop == EXISTS}
    return list(dict.fromkeys(str(k.object) for k in keys if k.parent not in tables))


def runs(judgements: Iterable[Judgement]) -> list[list[Judgement]]:
    """The judgements in order, unremarkable neighbours of one standing together."""
    found: list[list[Judgement]] = []
    for judgement in judgements:
        last = found[-1][0] if found else judgement
        if found and last.standing is judgement.standing and is_plain(last) and is_plain(judgement):
            found[-1].append(judgement)
        else:
            found.append([judgement])
    return found


def is_plain(judgement: Judgement) -> bool:
    """Whether nothing is to be said of the migration but its standing."""
    return (
        judgement.standing in (Standing.OK, Standing.PENDING)
        and (
            not judgement.evidence
            or judgement.standing is Standing.PENDING
            or all(e.holds for e in judgement.evidence)
        )
        and not judgement.unproven
        and not judgement.unread
        and not judgement.superseded_by
        and not any(f in (Flag.NOT_REPLAYABLE, Flag.RENAMED, Flag.OUT_OF_ORDER) for f in judgement.flags)
        and not judgement.notes
    )


def reason(judgement: Judgement) -> str:
    """Why the migration stands where it stands, in a few words."""
    owned, held = judgement.owned, judgement.held
    match judgement.standing:
        case Standing.OK if judgement.verdict is Verdict.SUPERSEDED:
            return f"(overwritten since by {_some(judgement.superseded_by)})"
        case Standing.OK if judgement.unproven or judgement.unread:
            return f"(schema proven; {'; '.join(_not_proven(judgement))})"
        case Standing.PHANTOM if Flag.HIDDEN in judgement.flags:
            return "recorded as applied, but it never ran"
        case Standing.PHANTOM if owned == held:
            return "recorded as applied, but its own check is not true"
        case Standing.PHANTOM:
            facts = "fact" if owned - held == 1 else "facts"
            return f"recorded as applied, but none of what it does is there ({owned - held} {facts} missing)"
        case Standing.PARTIAL:
            claim = "recorded, but" if judgement.recorded else "not recorded,"
            return f"{claim} only partly there: {_reached(judgement)}"
        case Standing.UNRECORDED if judgement.verdict is Verdict.SUPERSEDED:
            return f"overwritten since by {_some(judgement.superseded_by)}, but not recorded"
        case Standing.UNKNOWN | Standing.OUT_OF_ORDER if judgement.verdict is Verdict.SUPERSEDED:
            later = _some(judgement.superseded_by)
            return f"not recorded; {later} has overwritten all that it does: nothing shows whether it ran"
        case Standing.UNRECORDED if not judgement.renamed:
            return "everything it does is there, but it is not recorded"
        case Standing.UNPROVABLE if Flag.UNSEEN in judgement.flags:
            return "recorded; nobody can say what of it is there"
        case Standing.UNKNOWN if Flag.UNSEEN in judgement.flags:
            return "not recorded; nobody can say what of it is there"
        case Standing.UNPROVABLE:
            return "recorded; it leaves nothing in the schema that could prove it"
        case Standing.DUPLICATE if Flag.SAME_VERSION in judgement.flags:
            return "not recorded, and cannot be while another file has its version"
        case Standing.DUPLICATE:
            return "recorded twice; wrangler's ledger cannot hold that, so this table was made otherwise"
        case Standing.UNKNOWN:
            return "not recorded; it leaves nothing in the schema that could show whether it ran"
        case _:
            return ""


def _reached(judgement: Judgement) -> str:
    location = judgement.location
    total = judgement.statements
    if location is None:
        return f"{judgement.held} of {judgement.owned} facts hold"
    if location.exact:
        reach = str(location.low) if location.low == location.high else f"{location.low} or {location.high}"
        return f"exactly what {reach} of {total} statements leave"
    parts = []
    if location.missing:
        parts.append(f"{_statements(location.missing)} of {total} missing")
    if location.mixed:
        parts.append(f"{_statements(location.mixed)} made something else")
    return ", ".join(parts) or f"{judgement.held} of {judgement.owned} facts hold"


def _statements(numbers: Sequence[int]) -> str:
    return ("statement " if len(numbers) == 1 else "statements ") + ", ".join(map(str, numbers))


def _not_proven(judgement: Judgement) -> Iterator[str]:
    rows = [number for number in judgement.unproven if number not in judgement.unread]
    if rows:
        yield f"{_statements(rows)} wrote rows, which nothing proves"
    if judgement.unread:
        yield f"{_statements(judgement.unread)} left what landed does not read"


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def beginnings(exam: Examination) -> list[tuple[str, str]]:
    """What is missing at the start of the history, in a sentence each, and what to do about it."""
    found: list[tuple[str, str]] = []
    flags = {flag for judgement in exam.judgements for flag in judgement.flags}
    if Flag.NEEDS_MANAGED in flags:
        pull = Next("Take its real shape out of the database: ", landed("shadow", "pull"))
        text = "The files use what the platform's schemas have in this project, and not in a new one."
        found.append((text, pull))
    if exam.base is None and Flag.NEEDS_BASE in flags:
        text = "The history does not start from an empty database: it uses tables that no file makes."
        found.append((text, exam.workspace.engine.words.start))
    return found


def position(exam: Examination) -> str:
    """After which file the schema stands, where that is not plain from the files' standings."""
    told = exam.position and any(j.standing is not Standing.OK for j in exam.judgements)
    return f"The schema is exactly what the files leave {exam.position}." if told else ""


def answered(exam: Examination, answer: Answer) -> tuple[str, str]:
    """The answer of ``verify`` in a word or two, and what it is about."""
    if answer.proven and not answer.recorded:
        return "nothing to prove", f"nothing is recorded in {exam.workspace.ledger_table}"
    if answer.proven:
        return "proven", claims(exam, answer)
    doubted = any(name in answer.failed or name not in answer.not_recorded for name in answer.against)
    return "NOT proven" if doubted else "NOT complete", summary(exam)


def claims(exam: Examination, answer: Answer) -> str:
    """What a proven history comes to."""
    claiming = answer.recorded - len(answer.unprovable)
    what = "1 recorded migration claims" if claiming == 1 else f"{claiming} recorded migrations claim"
    return f"the schema holds what {what}"


_WHY_UNSEEN = {
    Why.ROWS: "rows that were not looked at",
    Why.TEXT: "judged by their text only, since they do not run in a throw-away database",
    Why.RIGHTS: "judged by their text only, since they need rights that landed gives to no file",
    Why.UNREAD: "leave what landed does not read",
}
_UNSEEN_SHOWN = 8


def unseen(answer: Answer) -> list[str]:
    """What the proof does not rest on, a line for each reason."""
    lines = []
    for why, words in _WHY_UNSEEN.items():
        found = [u for u in answer.unseen if u.why is why]
        shown = [f"{u.name} ({_statements(u.statements)})" for u in found[:_UNSEEN_SHOWN]]
        more = len(found) - len(shown)
        if found:
            lines.append(f"{words}: {', '.join(shown)}" + (f" and {more} more files" if more else ""))
    return lines


def first_step(exam: Examination, answer: Answer) -> str:
    """What to do about the first of those that say no, a command that can be run preferred."""
    names = answer.against
    own = [j.next for j in exam.judgements if j.name in names and j.next]
    if names and not own and all(j.standing is Standing.OK for j in exam.judgements if j.name in names):
        return ADD_CHECK
    otherwise = STATUS if names or answer.recorded else DOCTOR
    return next((c for c in next_steps(exam.judgements) if c in own), own[0] if own else otherwise)
