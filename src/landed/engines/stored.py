"""How replay results and rulings are written down for the cache, and read back as late as possible."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from landed.core.facts import Change, Effects, FactKey
from landed.core.standing import Evidence, Judgement, Location, Standing, Verdict
from landed.core.timeline import DataCheck, Failure, Named, StatementTrace, Step, net_effects

_new = tuple.__new__


class StoredStep(Step):
    """A step out of the cache: what its statements did is decoded when somebody asks for it.

    Equal to the replayed step that it was written from.
    """

    _body: str

    @cached_property
    def traces(self) -> tuple[StatementTrace, ...]:
        """As of a replayed step."""
        return tuple(map(_load_trace, json.loads(self._body)))

    @cached_property
    def net(self) -> dict[FactKey, tuple[str | None, str | None, int]]:
        """As of a replayed step."""
        return net_effects(self.traces)

    def concerns(self, kind: str) -> bool:
        """As of a replayed step; decodes only what may have to do with the kind."""
        return _dumps(kind) in self._body and super().concerns(kind)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Step):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Step.__dataclass_fields__)

    __hash__ = None  # type: ignore[assignment]


def dump_step(step: Step) -> tuple[str, str]:
    """One step as compact JSON: what every command needs of it, and what its statements did."""
    head = [
        step.name,
        step.digest,
        [[*failure] for failure in step.failures],
        [[*c[:4], *map(int, c[4:])] for c in step.checks],
        step.dropped,
        step.deleted,
        int(step.guarded),
    ]
    return _dumps(head), _dumps([_dump_trace(trace) for trace in step.traces])


def _dump_trace(trace: StatementTrace) -> list[Any]:
    told = [trace.number, trace.line, int(trace.writes), int(trace.weak), _dump_effects(trace.effects)]
    return [*told, trace.blind] if trace.blind else told


def _dump_effects(effects: Effects) -> list[Any]:
    """Effects by object: ``[kind, parent, name, [property, before, after, …]]``."""
    objects: list[Any] = []
    properties: list[str | None] = []
    last = None
    for (kind, parent, name, prop), before, after in effects:
        if (name, parent, kind) != last:
            last = (name, parent, kind)
            properties = []
            objects.append([kind, parent, name, properties])
        properties += (prop, before, after)
    return objects


def load_step(head: str, body: str) -> StoredStep:
    """The step that :func:`dump_step` wrote."""
    name, digest, failures, checks, dropped, deleted, guarded = json.loads(head)
    step = object.__new__(StoredStep)
    put = object.__setattr__
    put(step, "name", name)
    put(step, "digest", digest)
    put(step, "failures", tuple([_load_failure(*f) for f in failures]))
    put(
        step,
        "checks",
        tuple([DataCheck(*told[:4], *map(bool, told[4:])) for told in checks]),
    )
    put(step, "dropped", tuple(dropped))
    put(step, "deleted", tuple(deleted))
    put(step, "guarded", bool(guarded))
    put(step, "_body", body)
    return step


def _load_failure(
    statement: int,
    line: int,
    message: str,
    withheld: bool,
    code: str,
    missing: Sequence[Sequence[str]],
    there: Sequence[Sequence[str]],
    at: str,
) -> Failure:
    return Failure(statement, line, message, withheld, code, _named(missing), _named(there), at)


def _named(each: Sequence[Sequence[str]]) -> tuple[Named, ...]:
    return tuple([_new(Named, one) for one in each])


def _load_trace(trace: list[Any]) -> StatementTrace:
    number, line, writes, weak, objects, *blind = trace
    effects: list[Change] = []
    for kind, parent, name, properties in objects:
        each = iter(properties)
        effects += [
            _new(Change, (_new(FactKey, (kind, parent, name, prop)), before, after))
            for prop, before, after in zip(each, each, each, strict=True)
        ]
    told = tuple(blind[0]) if blind else ()
    return StatementTrace(number, line, tuple(effects), bool(writes), bool(weak), told)


def dump_ruling(
    judgements: Sequence[Judgement], unexplained: Iterable[FactKey], applied: Iterable[int]
) -> str:
    """A ruling as compact JSON; a judgement that has nothing to say is five values."""
    return _dumps([[_dump_judgement(j) for j in judgements], list(unexplained), sorted(applied)])


def load_ruling(body: str) -> tuple[tuple[Judgement, ...], tuple[FactKey, ...], frozenset[int]]:
    """What :func:`dump_ruling` wrote: judgements, unexplained facts, indexes of applied steps."""
    judgements, unexplained, applied = json.loads(body)
    return (
        tuple([_load_judgement(*j) for j in judgements]),
        tuple([_new(FactKey, key) for key in unexplained]),
        frozenset(applied),
    )


def _dump_judgement(judgement: Judgement) -> list[Any]:
    place = judgement.location
    assert judgement.verdict is not None
    short = [
        judgement.name,
        int(judgement.recorded),
        judgement.verdict.value,
        judgement.standing.value,
        judgement.owned,
        judgement.held,
        judgement.statements,
    ]
    if not (judgement.evidence or judgement.unproven or judgement.unread or judgement.superseded_by or place):
        return short
    return [
        *short,
        [
            [e.fact, e.expected, e.observed, int(e.holds), e.statement, e.line, int(e.weak), e.key]
            for e in judgement.evidence
        ],
        judgement.unproven,
        judgement.superseded_by,
        place and [int(place.exact), *place[1:6], int(place.stopped)],
        judgement.unread,
    ]


def _load_judgement(
    name: str,
    recorded: int,
    verdict: str,
    standing: str,
    owned: int,
    held: int,
    statements: int,
    evidence: Sequence[list[Any]] = (),
    unproven: Sequence[int] = (),
    superseded_by: Sequence[str] = (),
    place: list[Any] | None = None,
    unread: Sequence[int] = (),
) -> Judgement:
    return Judgement(
        name=name,
        recorded=bool(recorded),
        verdict=_VERDICTS[verdict],
        standing=_STANDINGS[standing],
        owned=owned,
        held=held,
        evidence=tuple(map(_load_evidence, evidence)),
        unproven=tuple(unproven),
        superseded_by=tuple(superseded_by),
        location=None if place is None else _location(place),
        statements=statements,
        unread=tuple(unread),
    )


def _load_evidence(item: list[Any]) -> Evidence:
    fact, expected, observed, holds, statement, line, weak, key = item
    return Evidence(
        fact, expected, observed, bool(holds), statement, line, bool(weak), FactKey(*key) if key else None
    )


def _location(place: list[Any]) -> Location:
    exact, low, high, done, missing, mixed, stopped = place
    return Location(bool(exact), low, high, tuple(done), tuple(missing), tuple(mixed), bool(stopped))


_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_STANDINGS = {standing.value: standing for standing in Standing}


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
