"""A file that ``repair`` recorded later than it ran is judged where it ran: nothing sound becomes partial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.core.applied import Consent
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.ops.apply import plan_apply, run_apply
from landed.ops.examine import Examination, examine
from landed.ops.repair import plan_repair, run_repair
from landed.ops.workspace import Workspace, open_workspace
from support.worlds.pgfaults import own_shadow
from support.worlds.world import World

ADDS = {n: f"ALTER TABLE t ADD COLUMN c{n} TEXT;\n" for n in range(2, 9)}
FILES = {1: "CREATE TABLE t (id INTEGER PRIMARY KEY);\n", **ADDS}
OVERWRITES = FILES | {
    3: "CREATE VIEW v AS SELECT id FROM t;\nALTER TABLE t ADD COLUMN c3 TEXT;\n",
    5: "DROP VIEW v;\nCREATE VIEW v AS SELECT id, c2 FROM t;\nALTER TABLE t ADD COLUMN c5 TEXT;\n",
}

CASES = {
    "one": (FILES, [1, 2, 3, 4], [[2]]),
    "the last but one": (FILES, [1, 2, 3, 4], [[3]]),
    "two at once": (FILES, [1, 2, 3, 4, 5], [[2, 4]]),
    "one after the other": (FILES, [1, 2, 3, 4, 5], [[4], [2]]),
    "all": (FILES, [1, 2, 3, 4], [[1, 2, 3, 4]]),
    "an overwritten view": (OVERWRITES, [1, 2, 3, 4, 5, 6], [[3]]),
    "the view that overwrote it": (OVERWRITES, [1, 2, 3, 4, 5, 6], [[5]]),
}
"""Files, the order in which they ran, and whose rows are lost, and repaired, together."""
LATE = {
    "another was late": (FILES, [1, 2, 4, 3, 5], [[2]]),
    "the late one itself": (FILES, [1, 2, 4, 5, 3], [[3]]),
    "two late ones, and one lost": (FILES, [1, 2, 6, 4, 3, 5], [[2]]),
    "late ones, two lost": (FILES, [1, 2, 3, 5, 4, 6], [[2], [6]]),
    "late ones, two lost at once": (FILES, [1, 2, 3, 5, 4, 6], [[2, 3]]),
}
"""The same where the files did not run in the order of their names: only a history with numbers tells."""


def name(number: int) -> str:
    return f"{number:04}_x.sql"


def after_repairs(
    files: dict[int, str],
    ran: list[int],
    lost: list[list[int]],
    write: Callable[[str, str], None],
    apply: Callable[[str], None],
    lose: Callable[[list[int]], None],
    examined: Callable[[], Examination],
) -> None:
    for number in ran:
        write(name(number), files[number])
        apply(name(number))
    fine = dict.fromkeys(sorted(map(name, ran)), "ok")
    assert {j.name: str(j.standing) for j in examined().judgements} == fine
    for numbers in lost:
        lose(numbers)
        exam = examined()
        assert {j.name: str(j.standing) for j in exam.judgements} == fine | {
            name(n): "unrecorded" for n in numbers
        }
        plan = plan_repair(exam)
        assert [change.name for change in plan.changes] == [name(n) for n in sorted(numbers)]
        run_repair(exam, plan)
        exam = examined()
        assert {j.name: str(j.standing) for j in exam.judgements} == fine
        assert exam.unexplained == ()
    # Work goes on from there.
    write(name(8), files[8])
    apply(name(8))
    assert {j.name: str(j.standing) for j in examined().judgements} == fine | {name(8): "ok"}


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("case", [*CASES, *LATE])
def test_a_repaired_file_is_judged_where_it_ran(tmp_path: Path, mode: str, case: str) -> None:
    files, ran, lost = (CASES | LATE)[case]
    world = World(tmp_path / "p", {}, mode=mode)

    def lose(numbers: list[int]) -> None:
        world.sql(f"DELETE FROM d1_migrations WHERE name IN ({', '.join(repr(name(n)) for n in numbers)})")

    after_repairs(
        files, ran, lost, world.write, lambda file: world.apply("out-of-order"), lose, world.examine
    )
    world.sql("ALTER TABLE t DROP COLUMN c8")
    assert world.standings()[name(8)] in ("partial", "phantom")


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with own_shadow():
        yield pg_server(18)


@pytest.mark.parametrize("case", CASES)
def test_a_repaired_file_is_judged_where_it_ran_on_postgres(
    server: ShadowServer, tmp_path: Path, case: str
) -> None:
    files, ran, lost = CASES[case]
    (tmp_path / "migrations").mkdir()
    with new_database(server) as database, database.connect() as other:
        url = f"postgresql:///{database.name}?host={server.host}&port={server.port}&user={server.superuser}"
        opened: list[Workspace] = []

        def examined() -> Examination:
            opened.append(open_workspace(tmp_path, url, None, {}))
            return examine(opened[-1])

        def apply(file: str) -> None:
            exam = examined()
            run_apply(exam, plan_apply(exam), Consent(frozenset({"drop-view:public.v"})))

        def lose(numbers: list[int]) -> None:
            versions = [name(number)[:4] for number in numbers]
            other.execute(
                "DELETE FROM supabase_migrations.schema_migrations WHERE version = ANY(%s)", (versions,)
            )

        def write(file: str, text: str) -> None:
            (tmp_path / "migrations" / file).write_text(text)

        after_repairs(files, ran, lost, write, apply, lose, examined)
        for workspace in opened:
            workspace.target.close()
