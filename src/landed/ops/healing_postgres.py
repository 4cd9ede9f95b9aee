"""Whether pending files set right what is partial on a Postgres target: tried on a copy of its schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from landed.core.standing import Judgement, Standing
from landed.core.timeline import Step
from landed.ops.examine import Examination, without_versions

if TYPE_CHECKING:
    from landed.engines.postgres.shadow.replay.replay import PostgresReplayer


def healing(
    exam: Examination, blocking: Sequence[Judgement], waiting: Sequence[Judgement]
) -> dict[str, Step]:
    """The steps of the pending files, if running them sets right everything that blocks; else nothing.

    What they make on the present schema has to be proven on the target, too, also where it is nothing new
    for the files' own history.
    """
    import psycopg

    from landed.core.judge import judge

    steps: dict[str, Step] = {}
    try:
        with _present(exam) as replayer:
            for judgement in waiting:
                migration = exam.migration(judgement.name)
                if migration is None:
                    return {}
                before = dict(replayer.facts) if exam.made_by is not None else {}
                there = replayer.replay(migration)
                if there.failed:
                    return {}
                if exam.made_by is not None:
                    (there,) = exam.made_by.expected([there], before)
                made = {key: change for key, change in there.net.items() if change[1] is not None}
                steps[judgement.name] = replace(there, net=made | exam.step(judgement.name).net)
            recorded = frozenset({j.name for j in exam.judgements if j.recorded} | set(steps))
            facts = without_versions(replayer.tracker.facts, exam.steps)
            after = {j.name: j.standing for j in judge(exam.steps, recorded, facts).judgements}
    except psycopg.Error:
        # The copy could not be made: then nobody knows, and the partial file is set right first.
        return {}
    return steps if all(after[j.name] is Standing.OK for j in blocking) else {}


@contextmanager
def _present(exam: Examination) -> Iterator[PostgresReplayer]:
    """A shadow with the schema that the target has now."""
    import psycopg

    from landed.engines.postgres.catalog.dump import dump_owned
    from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
    from landed.engines.postgres.shadow.server.databases import load_leniently, new_database

    target = exam.workspace.pg.target
    scope = target.scope
    connected = target.connect(readonly=True)
    try:
        text = dump_owned(connected.connection, scope)
    finally:
        connected.connection.close()
    with exam.workspace.pg.shadow().open() as server, new_database(server) as scratch:
        replayer = PostgresReplayer(scratch, scope)
        try:
            if "CREATE ROLE" in text:
                replayer.have_roles_alone()
            with scratch.connect(server.role) as connection:
                try:
                    connection.execute(text.encode())
                except psycopg.Error:
                    # Not everything can be given to everybody here: whose an object is does not matter.
                    load_leniently(connection, text)
            replayer.tracker.reread()
            yield replayer
        finally:
            replayer.close()
