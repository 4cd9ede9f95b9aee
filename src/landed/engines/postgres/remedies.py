"""What makes a partial migration good on Postgres: statements to run again; what to say where none does."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.advice import resume_plan
from landed.core.facts import EXISTS, Facts
from landed.core.migration import Migration, Statement
from landed.core.opening import consents
from landed.core.standing import Evidence, Judgement, Remedy

_WHAT_HELPS = {
    ("constraint", "validated"): "it is there but was never validated: ALTER TABLE … VALIDATE CONSTRAINT … "
    "checks the rows and makes it good",
    ("foreign key", "validated"): "it is there but was never validated: ALTER TABLE … VALIDATE CONSTRAINT … "
    "checks the rows and makes it good",
    ("index", "valid"): "the index is INVALID, as a CREATE INDEX CONCURRENTLY that failed leaves it: no "
    "query uses it, and it guarantees nothing; resume removes it and builds it again",
}

_CODE = frozenset(("function", "procedure"))


def with_remedies(judgement: Judgement, migration: Migration, expected: Facts, live: Facts) -> Judgement:
    """The judgement with what PostgreSQL's statements allow: a statement that says how something has to
    be (``CREATE OR REPLACE``, GRANT, ALTER … SET) is simply run again where it does not hold any more,
    and so is one whose only fault is an index that is not valid. Where none of its statements helps, the
    facts that are ``expected`` beside the ``live`` ones say which others do."""
    found = _with_remedy(_with_its_own(judgement, migration), migration, expected, live)
    return _guarded(found, expected, live) if found.recorded else found


def _guarded(judgement: Judgement, expected: Facts, live: Facts) -> Judgement:
    """The judgement with the consents for what its remedy would open, and statements that keep it shut.

    Somebody may have shut it by hand, and for a reason: a new migration can say so.
    """
    from landed.engines.postgres.catalog.restore import restoring
    from landed.engines.postgres.openings import openings

    keys = {e.key for e in judgement.evidence if not e.holds and e.key is not None}
    if not keys:
        return judgement
    after = {key: value for key, value in live.items() if key not in keys}
    after |= {key: expected[key] for key in keys if key in expected}
    opened = consents(openings(live, after))
    if not opened:
        return judgement
    kept = restoring(keys, live, after)
    remedy = judgement.remedy or Remedy(())
    if not kept.left and not remedy.instead:
        remedy = remedy._replace(instead=kept.sql)
    return judgement._replace(remedy=remedy._replace(opens=True), allow=(*judgement.allow, *opened))


def _with_its_own(judgement: Judgement, migration: Migration) -> Judgement:
    from landed.engines.postgres.sql.repeatable import is_repeatable

    notes = dict.fromkeys(note for e in judgement.evidence if not e.holds and (note := _note(e)))
    judgement = judgement._replace(notes=(*judgement.notes, *notes), allow=_consents(judgement, migration))
    place = judgement.location
    if place is None or place.exact:
        return judgement
    broken: dict[int, list[Evidence]] = {}
    for evidence in judgement.evidence:
        if not evidence.holds and evidence.statement:
            broken.setdefault(evidence.statement, []).append(evidence)
    again = {
        number
        for number in place.mixed
        if is_repeatable(migration.statements[number - 1])
        or (_concurrently(migration, number) and all(map(_invalid, broken.get(number, ()))))
    }
    again |= {
        number
        for number, found in broken.items()
        if _replaces_whole(migration.statements[number - 1]) and all(map(_of_definition, found))
    }
    # Replacing a function leaves its rights as they are.
    again = {n for n in again if not _lacks_rights(migration.statements[n - 1], broken.get(n, ()))}
    location = place._replace(
        missing=tuple(sorted({*place.missing, *again})),
        mixed=tuple(n for n in place.mixed if n not in again),
    )
    return judgement._replace(location=location)


def _with_remedy(judgement: Judgement, migration: Migration, expected: Facts, live: Facts) -> Judgement:
    plan = resume_plan(judgement)
    needed = plan.problem is not None
    # A REVOKE that is run again takes along what a later GRANT of the file gave.
    rights = judgement.recorded and any(_of_rights(migration.statements[n - 1]) for n in plan.run)
    if not needed and not rights and not _lacks_objects(judgement):
        return judgement
    from landed.engines.postgres.catalog.restore import restoring

    broken = [e for e in judgement.evidence if not e.holds and e.key is not None]
    mixed = set(judgement.location.mixed) if judgement.location else set()
    # What only was not run yet is for resume, once the rest is right.
    choices = [broken, [e for e in broken if e.statement in mixed]]
    if not judgement.recorded and choices[1]:
        choices.reverse()
    best = None
    for chosen in choices:
        keys = tuple(e.key for e in chosen if e.key is not None)
        found = restoring(keys, expected, live)
        remedy = Remedy(found.sql, keys, found.left, found.cautions, found.instead, found.renames or rights)
        if remedy.whole and (needed or remedy.better):
            return judgement._replace(remedy=remedy)
        best = best or (remedy if remedy.sql or remedy.instead else None)
    return judgement._replace(remedy=best) if needed else judgement


def _of_rights(statement: Statement) -> bool:
    from landed.engines.postgres.sql.head import head_of

    head = head_of(statement)
    return head.verb in ("GRANT", "REVOKE") or head.begins("ALTER", "DEFAULT")


def _lacks_rights(statement: Statement, broken: Sequence[Evidence]) -> bool:
    """Whether rights are otherwise than a statement that tells of none would leave them."""
    from landed.engines.postgres.catalog.restore_rights import is_right

    return not _of_rights(statement) and any(e.key is not None and is_right(e.key) for e in broken)


def _lacks_objects(judgement: Judgement) -> bool:
    return judgement.recorded and any(
        e.key is not None and e.key.prop == EXISTS and e.observed is None for e in judgement.evidence
    )


def _consents(judgement: Judgement, migration: Migration) -> tuple[str, ...]:
    """The INVALID indexes that a statement of the file builds anew, which have to be dropped for it."""
    found = []
    for evidence in judgement.evidence:
        key = evidence.key
        if evidence.holds or evidence.observed != "no" or key is None or not evidence.statement:
            continue
        if (key.kind, key.prop) == ("index", "valid") and _concurrently(migration, evidence.statement):
            from landed.engines.postgres.kinds.naming import schema_of, unquoted

            found.append(f"drop-invalid-index:{unquoted(schema_of(key.parent))}.{unquoted(key.name)}")
    return tuple(found)


def _concurrently(migration: Migration, number: int) -> bool:
    from landed.engines.postgres.sql.head import head_of

    return head_of(migration.statements[number - 1]).concurrent


def _note(evidence: Evidence) -> str | None:
    key = evidence.key
    if key is None or evidence.observed == evidence.expected:
        return None
    return _WHAT_HELPS.get((key.kind, key.prop)) if evidence.observed == "no" else None


def _replaces_whole(statement: Statement) -> bool:
    """Whether the statement sets all of a function anew, also what others have added to it."""
    from landed.engines.postgres.sql.head import head_of

    head = head_of(statement)
    return head.begins("CREATE", "OR", "REPLACE") and head.what in ("FUNCTION", "PROCEDURE")


def _of_definition(evidence: Evidence) -> bool:
    return evidence.key is not None and evidence.key.kind in _CODE and evidence.key.prop != "comment"


def _invalid(evidence: Evidence) -> bool:
    key = evidence.key
    return key is not None and key.kind == "index" and key.prop in ("valid", "ready", "live")
