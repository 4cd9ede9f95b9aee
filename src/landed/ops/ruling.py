"""Judging, and remembering the outcome: the same files, schema and ledger are judged once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from landed.core.deferred import Deferred
from landed.core.facts import FactKey, digest
from landed.core.judge import CheckResult, Ruling, judge, owners_of
from landed.core.timeline import Step
from landed.engines.cache import Cache
from landed.engines.live import LiveState
from landed.engines.stored import dump_ruling, load_ruling


def rule(
    cache: Cache,
    history: bytes,
    steps: Sequence[Step],
    state: LiveState,
    facts: Deferred[FactKey, str],
    results: Mapping[str, Sequence[CheckResult]],
    recorded: frozenset[str],
) -> Ruling:
    """The ruling on a history, from the cache where nothing that it depends on has changed.

    ``history`` is the cache key of the last step, which stands for all files, their order and the rules of
    the replay; ``facts`` are those of ``state``, and are only worked out if they have to be judged.
    """
    ledger = sorted(recorded)
    outcomes = [[name, [[r.passed, r.detail] for r in found]] for name, found in sorted(results.items())]
    schema = state.rows if state.facts is None else digest(state.facts)
    seen = json.dumps([state.present, schema, ledger, outcomes])
    key = sha256(history + seen.encode()).digest()
    kept = cache.ruling(key)
    if kept is not None:
        judgements, unexplained, applied = load_ruling(kept)
        return Ruling(judgements, unexplained, applied, Deferred(lambda: _expected(steps, applied)))
    ruling = judge(steps, recorded, facts.all, results)
    cache.keep_ruling(key, dump_ruling(ruling.judgements, ruling.unexplained, ruling.applied))
    return ruling


def _expected(steps: Sequence[Step], applied: frozenset[int]) -> dict[FactKey, str]:
    owners = owners_of(steps, applied)
    return {key: value for key, (_, _, value) in owners.items() if value is not None}
