"""Which other statements of a file have to run before those that are missing: they make what these use up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landed.core.facts import EXISTS, FactKey, Facts
from landed.core.timeline import StatementTrace


def with_makers(run: Iterable[int], traces: Sequence[StatementTrace], live: Facts) -> tuple[int, ...]:
    """The statements (numbers) to ``run``, and those without which they cannot, in their order.

    A statement may take what an earlier one of its file made and make something else of it, which leaves
    the earlier one without a trace of its own: ``ADD PRIMARY KEY USING INDEX`` (as ``supabase db diff``
    writes every key), a rename. It is run, too, if nothing of what it makes is in the ``live`` schema.
    """
    chosen = set(run)
    makers: dict[FactKey, int] = {}
    made: dict[int, list[FactKey]] = {}
    used_up: dict[int, list[FactKey]] = {}
    for trace in traces:
        for change in trace.effects:
            if change.key.prop != EXISTS:
                continue
            if change.after is None:
                used_up.setdefault(trace.number, []).append(change.key)
            else:
                makers[change.key] = trace.number
                made.setdefault(trace.number, []).append(change.key)
    waiting = list(chosen)
    while waiting:
        number = waiting.pop()
        for key in used_up.get(number, ()):
            maker = makers.get(key, number)
            if maker < number and maker not in chosen and not any(k in live for k in made[maker]):
                chosen.add(maker)
                waiting.append(maker)
    return tuple(sorted(chosen))
