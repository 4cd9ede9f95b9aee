"""Judging files that nobody recorded: how far they got, what was overwritten since, what a phantom owns."""

from __future__ import annotations

from collections.abc import Mapping

import apsw
import pytest

from landed.core.judge import Ruling, judge
from landed.core.migration import Migration
from landed.core.standing import Standing, Verdict
from landed.core.timeline import Step
from landed.engines.sqlite.catalog.facts import SchemaRow, snapshot
from landed.engines.sqlite.shadow.timeline import timeline
from landed.engines.sqlite.sql import split as dialect


def replayed(files: Mapping[str, str]) -> list[Step]:
    migrations = [Migration(name, "", name, text, dialect.parse) for name, text in files.items()]
    return timeline("d1", "d1_migrations", migrations)


def judged(files: Mapping[str, str], recorded: set[str], ran: str) -> Ruling:
    """The ruling on these files when ``ran`` is the SQL that really ran."""
    database = apsw.Connection(":memory:")
    database.execute(ran)
    rows = [
        SchemaRow(*row) for row in database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    ]
    return judge(replayed(files), frozenset(recorded), snapshot(rows, "d1_migrations"))


def standings(ruling: Ruling) -> dict[str, Standing]:
    return {j.name: j.standing for j in ruling.judgements}


def test_what_the_first_file_has_not_made_yet_was_not_removed_by_the_second() -> None:
    files = {
        "1": "CREATE TABLE t (id INTEGER PRIMARY KEY, a); ALTER TABLE t ADD COLUMN b;"
        "ALTER TABLE t ADD COLUMN c;",
        "2": "ALTER TABLE t RENAME TO u;",
    }
    ruling = judged(files, set(), "CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    assert standings(ruling) == {"1": Standing.PARTIAL, "2": Standing.PENDING}
    location = ruling.judgements[0].location
    assert location is not None
    assert (location.exact, location.low, location.missing) == (True, 1, (2, 3))


_UNSHOWN = {"1": Standing.UNKNOWN}
"""Of what later files overwrite nothing shows that it ran."""


def test_every_boundary_of_unrecorded_files_is_found() -> None:
    files = {
        "1": "CREATE TABLE a (x); CREATE INDEX i ON a (x);",
        "2": "ALTER TABLE a RENAME TO b; DROP INDEX i; CREATE TABLE a (y);",
        "3": "DROP TABLE b;",
    }
    statements = [(name, s.strip()) for name, text in files.items() for s in text.split(";") if s.strip()]
    ends = {name: max(i for i, (n, _) in enumerate(statements) if n == name) + 1 for name in files}
    starts = {name: min(i for i, (n, _) in enumerate(statements) if n == name) for name in files}
    for reach in range(len(statements) + 1):
        found = standings(judged(files, set(), ";".join(s for _, s in statements[:reach])))
        for name in files:
            if reach <= starts[name]:
                assert found[name] is Standing.PENDING, (reach, name)
            elif reach >= ends[name]:
                # All that the first did is of the second once that has renamed the table.
                assert found[name] in (Standing.UNRECORDED, _UNSHOWN.get(name)), (reach, name)
            else:
                assert found[name] is Standing.PARTIAL, (reach, name)


def test_a_table_made_by_hand_does_not_hide_the_boundary() -> None:
    files = {"1": "CREATE TABLE t (id, a); CREATE TABLE s (id);", "2": "DROP TABLE t;"}
    ruling = judged(files, set(), "CREATE TABLE t (id, a); CREATE TABLE by_hand (z)")
    assert standings(ruling) == {"1": Standing.PARTIAL, "2": Standing.PENDING}
    assert {key.object.name for key in ruling.unexplained if key.kind == "table"} == {"by_hand"}


def test_a_drop_that_ran_is_located_after_it_though_its_creators_own_nothing_any_more() -> None:
    files = {
        "1": "CREATE TABLE t (id INTEGER PRIMARY KEY);",
        "2": "DROP TABLE t; CREATE TABLE u (id INTEGER PRIMARY KEY);",
    }
    location = judged(files, {"1"}, "").judgements[1].location
    assert location is not None
    assert (location.exact, location.low, location.high) == (True, 1, 1)


def test_an_unrecorded_file_that_later_ones_overwrote_shows_nothing() -> None:
    files = {"1": "CREATE TABLE users (id, mail);", "2": "ALTER TABLE users RENAME TO accounts;"}
    ruling = judged(files, {"2"}, "CREATE TABLE accounts (id, mail)")
    assert standings(ruling) == {"1": Standing.UNKNOWN, "2": Standing.OK}
    assert ruling.judgements[0].verdict is Verdict.SUPERSEDED
    assert ruling.judgements[0].superseded_by == ("2",)


REBUILD = """CREATE TABLE new (id INTEGER PRIMARY KEY, a TEXT);
INSERT INTO new SELECT id, a FROM t; DROP TABLE t; ALTER TABLE new RENAME TO t;"""


@pytest.mark.parametrize("recorded", [{"1"}, {"1", "2"}], ids=["unrecorded", "recorded"])
def test_a_rebuild_that_stopped_before_its_rename_owes_the_table(recorded: set[str]) -> None:
    files = {"1": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);", "2": REBUILD}
    ruling = judged(files, recorded, "CREATE TABLE new (id INTEGER PRIMARY KEY, a TEXT)")
    assert standings(ruling)["2"] is Standing.PARTIAL
    assert ruling.judgements[0].standing is Standing.OK
    location = ruling.judgements[1].location
    assert location is not None
    assert (location.exact, location.low, location.high) == (True, 3, 3)


def test_a_table_dropped_by_hand_is_owed_by_the_file_that_made_it() -> None:
    files = {"1": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);", "2": REBUILD}
    ruling = judged(files, {"1", "2"}, "CREATE TABLE other (id)")
    assert standings(ruling) == {"1": Standing.PHANTOM, "2": Standing.UNPROVABLE}


def test_overwritten_needs_that_what_overwrote_it_is_there() -> None:
    files = {"1": "CREATE VIEW v AS SELECT 1 AS a;", "2": "DROP VIEW v; CREATE VIEW v AS SELECT 2 AS b;"}
    assert standings(judged(files, {"2"}, "CREATE TABLE t (id)"))["1"] is Standing.PENDING
    assert standings(judged(files, {"2"}, files["2"].partition(";")[2]))["1"] is Standing.UNRECORDED


def test_a_phantom_has_overwritten_nothing() -> None:
    files = {"1": "CREATE TABLE t (a);", "2": "DROP TABLE t;", "3": "CREATE TABLE t (b TEXT);"}
    ruling = judged(files, {"3"}, "CREATE TABLE other (id)")
    assert standings(ruling) == {"1": Standing.PENDING, "2": Standing.PENDING, "3": Standing.PHANTOM}
    everything = judged(files, {"1", "2", "3"}, "CREATE TABLE other (id)")
    assert standings(everything)["3"] is Standing.PHANTOM
    assert 2 not in everything.applied
