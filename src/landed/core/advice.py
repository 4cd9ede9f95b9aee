"""What to do next: for every standing the command that follows, or why there is none."""

from __future__ import annotations

from typing import NamedTuple

from landed.core.flags import Flag
from landed.core.next import BREAK, Hand, Hint, Next, landed, shell_word
from landed.core.opening import PREFIX
from landed.core.standing import Judgement, Standing, Verdict

__all__ = [
    "ADD_CHECK",
    "BY_HAND",
    "Plan",
    "advise",
    "can_resume",
    "edited",
    "is_overwritten",
    "next_command",
    "resume_plan",
    "shell_word",
]


BY_HAND = (
    "its own statements cannot make this good: put the difference into a new migration (apply takes "
    "one that heals it), or undo by hand what was done by hand"
)
"""What is said of a partial migration that no command finishes."""


class Plan(NamedTuple):
    """Which statements (numbers) of a partial migration are to be run.

    ``problem`` says why it cannot be resumed as it is; ``undecided`` are statements of which nothing
    shows whether they ran: the user has to say.
    """

    run: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()
    problem: str | None = None


def resume_plan(
    judgement: Judgement, ran: frozenset[int] = frozenset(), run: frozenset[int] = frozenset()
) -> Plan:
    """Which statements finish a partial migration.

    ``ran`` and ``run`` are the user's word on statements of which nothing in the database shows
    whether they have run: leave them out, or run them now.
    """
    location = judgement.location
    if location is None:
        return Plan(problem="it is not known how far it got")
    every = range(1, judgement.statements + 1)
    rows = set(judgement.unproven)
    if location.exact and (location.stopped or not judgement.recorded):
        certain = set(range(location.high + 1, judgement.statements + 1))
        doubtful = {n for n in rows if location.low < n <= location.high}
        settled = {n for n in rows if n <= location.low}
        if judgement.recorded:
            # Its row says that it ran: what wrote rows is not run again unless somebody says so.
            doubtful |= certain & rows
            certain -= rows
    elif location.mixed:
        numbers = ", ".join(map(str, location.mixed))
        return Plan(
            problem=f"statement {numbers} did not make what is there now: the object exists in another shape"
        )
    elif not location.missing:
        return Plan(problem="what does not hold was not made by any of its statements")
    else:
        certain, settled = set(location.missing), set()
        doubtful = rows - certain
        if judgement.recorded:
            # It ran once, and somebody has damaged what it made.
            doubtful, settled = set(), doubtful
    said = ran | run
    wrong = sorted(said - doubtful - settled)
    if wrong:
        return Plan(problem=f"the schema itself shows whether statement {wrong[0]} has run")
    undecided = tuple(sorted(doubtful - said))
    if undecided:
        return Plan(undecided=undecided)
    chosen = certain | run
    return Plan(run=tuple(n for n in every if n in chosen))


def advise(judgement: Judgement, *, late: bool = True) -> Judgement:
    """The judgement with the next command filled in, and what helps where no command does.

    ``late`` says that a file can be run behind later ones: the history keeps the order.
    """
    if judgement.standing is Standing.PARTIAL and not can_resume(judgement):
        remedy = judgement.remedy
        if remedy is None or not remedy.instead:
            judgement = judgement._replace(notes=(*judgement.notes, BY_HAND))
    next_step = next_command(judgement, late=late)
    return judgement if next_step == judgement.next else judgement._replace(next=next_step)


def can_resume(judgement: Judgement) -> bool:
    """Whether ``resume`` makes a partial migration good: by its own statements, or by those of its remedy."""
    remedy = judgement.remedy
    if remedy is not None and (remedy.whole or remedy.alone):
        return remedy.whole
    return resume_plan(judgement).problem is None


def next_command(judgement: Judgement, *, late: bool = True) -> Next | None:
    """The next command for one migration, ``None`` when there is nothing to do."""
    if judgement.standing is Standing.OK:
        return None
    name, status = judgement.name, landed("status")
    match judgement.standing:
        case Standing.DUPLICATE if Flag.SAME_VERSION in judgement.flags:
            return Next(
                f"rename {shell_word(judgement.file or '')} so that its version is its own, then: ",
                status.afterwards(),
            )
        case Standing.DUPLICATE:
            return Next(
                "remove one of its two rows from the ledger (",
                landed("exec").afterwards(),
                "), then: ",
                status.afterwards(),
            )
        case Standing.UNKNOWN | Standing.OUT_OF_ORDER if is_overwritten(judgement):
            return _overwritten(name, late=late)
        case Standing.PENDING | Standing.UNKNOWN | Standing.OUT_OF_ORDER:
            return Next(landed("apply"))
        case Standing.PHANTOM if judgement.remedy is not None and judgement.remedy.whole:
            return _resume(judgement)
        case Standing.PHANTOM if judgement.remedy is not None and judgement.remedy.instead:
            return _take_over(name)
        case Standing.UNRECORDED | Standing.PHANTOM:
            if (judgement.unproven or judgement.unread) and not judgement.renamed:
                way = "record" if judgement.standing is Standing.UNRECORDED else "run again"
                return Next(landed("repair", name, reason=Hint("…")), _CHECK, choice=f"{way} {name}")
            return Next(landed("repair", name))
        case Standing.UNPROVABLE:
            return ADD_CHECK
        case Standing.NO_FILE:
            return Next(landed("repair", name)) if judgement.renamed else _no_file(judgement)
        case Standing.EDITED:
            return edited(name, judgement.file or "")
        case Standing.PARTIAL if can_resume(judgement):
            return _resume(judgement)
        case Standing.PARTIAL if judgement.remedy is not None and judgement.remedy.instead:
            return _take_over(name)
        case Standing.PARTIAL:
            drift = landed("drift", "files", "target")
            return Next(drift, *_by_hand(name, "put the difference into a new migration"))


def _take_over(name: str) -> Next:
    return Next(
        "put the statements above into a new migration, then: ",
        landed("status").afterwards(),
        *_by_hand(name, "put the statements of the remedy into a new migration"),
    )


def _by_hand(name: str, keep: str) -> tuple[Hand, Hand]:
    choice = f"changed by hand {name}"
    return Hand(keep, choice, said=False), Hand("undo by hand what was done by hand", choice, said=False)


def _resume(judgement: Judgement) -> Next:
    name, undecided = judgement.name, resume_plan(judgement).undecided
    whole = landed("resume", name, allow=judgement.allow)
    if undecided and not (judgement.remedy is not None and judgement.remedy.better):
        ways = (landed("resume", name, ran=undecided), landed("resume", name, run=undecided))
        return Next(whole.afterwards(), *(way.unsaid() for way in ways), choice=f"statements of {name}")
    if any(name.startswith(PREFIX) for name in judgement.allow):
        keep = "keep it shut: put what shuts it into a new migration" + (
            " (its statements stand above)" if judgement.remedy and judgement.remedy.instead else ""
        )
        choice = f"access of {name}"
        return Next(Hand(keep), ", or open it again: ", whole, choice=choice)
    if judgement.allow:
        return Next(whole, _LEAVE, choice=f"indexes of {name}")
    return Next(whole)


_LEAVE = Hand("leave the index that is not valid, or drop it by hand", said=False)


def is_overwritten(judgement: Judgement) -> bool:
    """Whether nothing shows if an unrecorded file ran, as later ones have overwritten all that it does."""
    return judgement.verdict is Verdict.SUPERSEDED and not judgement.recorded


def _overwritten(name: str, *, late: bool) -> Next:
    """What to do about such a file: somebody has to say whether it is to run after those that came later."""
    return Next(
        "If it ran, or is not needed: ",
        landed("repair", name, reason=Hint("…")),
        BREAK,
        "If it is to run now, after those: " if late else "If it is to run: ",
        landed("apply", allow=f"run:{name}") if late else Hand("give it a number after those"),
        choice=f"overwritten {name}",
    )


def edited(name: str, file: str = "") -> Next:
    """What to do about a file whose SQL is no longer what was applied."""
    return Next(
        Hand(f"restore {shell_word(file or name)} as it was applied"),
        ", or: ",
        landed("lock", accept=name),
        choice=f"edited {name}",
    )


def _no_file(judgement: Judgement) -> Next:
    for note in judgement.notes:
        if isinstance(note, Next) and note.startswith("git "):
            return note
    if Flag.SQL_IN_LEDGER in judgement.flags:
        return Next(landed("repair", judgement.name, fetch=True))
    return Next(
        Hand("put the file back"),
        ", or: ",
        landed("repair", judgement.name, reason=Hint("…")),
        choice=f"no file {judgement.name}",
    )


ADD_CHECK = Next("add a check to the file: -- landed:verify SELECT …")
"""What makes provable what leaves nothing that is read."""

_CHECK = Hand("add a check to the file that shows its rows: -- landed:verify SELECT …", said=False)
