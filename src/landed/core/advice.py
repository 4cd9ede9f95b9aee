"""What to do next: for every standing the command that follows, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from landed.core.standing import Judgement, Location, Standing


@dataclass(frozen=True, slots=True)
class Plan:
    """Which statements (numbers) of a torn migration are to be run.

    ``problem`` says why it cannot be resumed as it is; ``undecided`` are statements of which nothing
    shows whether they ran: the user has to say.
    """

    run: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()
    problem: str | None = None


def resume_plan(judgement: Judgement, declared_done: int | None = None) -> Plan:
    """Which statements finish a torn migration.

    ``declared_done`` is the user's word that the statements up to this number have run.
    """
    location = judgement.location
    if location is None:
        return Plan(problem="it is not known how far it got")
    total = judgement.statements
    if location.exact:
        if declared_done is not None:
            if not location.low <= declared_done <= location.high:
                return Plan(problem=f"the schema shows that {_reach(location)} have run, not {declared_done}")
            return Plan(run=tuple(range(declared_done + 1, total + 1)))
        open_ones = tuple(n for n in range(location.low + 1, location.high + 1) if n in judgement.unproven)
        if open_ones:
            return Plan(undecided=open_ones)
        return Plan(run=tuple(range(location.high + 1, total + 1)))
    if location.mixed:
        numbers = ", ".join(map(str, location.mixed))
        return Plan(
            problem=f"statement {numbers} did not make what is there now: the object exists in another shape"
        )
    if not location.missing:
        return Plan(problem="what does not hold was not made by any of its statements")
    open_ones = tuple(n for n in judgement.unproven if n not in location.done)
    if open_ones and declared_done is None:
        return Plan(undecided=open_ones)
    skip = set(location.done) | set(range(1, (declared_done or 0) + 1))
    return Plan(run=tuple(n for n in range(1, total + 1) if n not in skip and n in location.missing))


def _reach(location: Location) -> str:
    return str(location.low) if location.low == location.high else f"{location.low} to {location.high}"


def advise(judgement: Judgement) -> Judgement:
    """The judgement with the next command filled in."""
    return replace(judgement, next=next_command(judgement))


def next_command(judgement: Judgement) -> str | None:
    """The next command for one migration, ``None`` when there is nothing to do."""
    name = judgement.name
    match judgement.standing:
        case Standing.OK | Standing.DUPLICATE:
            return None
        case Standing.PENDING | Standing.UNKNOWN | Standing.OUT_OF_ORDER:
            return "landed apply"
        case Standing.UNRECORDED | Standing.PHANTOM:
            if judgement.unproven and judgement.standing is Standing.UNRECORDED and not judgement.renamed:
                return f'landed repair {name} --reason "…"'
            return f"landed repair {name}"
        case Standing.ASSUMED:
            return "add a check to the file: -- landed:verify SELECT …"
        case Standing.ORPHAN:
            return f"landed repair {name}" if judgement.renamed else _orphan(judgement)
        case Standing.EDITED:
            return f"restore {judgement.file} as it was applied, or: landed lock --accept {name}"
        case Standing.TORN:
            plan = resume_plan(judgement)
            if plan.problem:
                return "landed drift files target"
            if plan.undecided:
                return f"landed resume {name} --done N"
            return f"landed resume {name}"


def _orphan(judgement: Judgement) -> str:
    for note in judgement.notes:
        if note.startswith("git "):
            return note
    return f'put the file back, or: landed repair {judgement.name} --reason "…"'
