"""A history without one of its files has the same steps, whether other replays' steps are at hand or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.core.timeline import Step, net_effects
from landed.engines.cache import Cache
from landed.engines.postgres.catalog import PLAIN
from landed.engines.postgres.shadow.platform.baseline import PLAIN as PLAIN_BASELINE
from landed.engines.postgres.shadow.replay.again import Told, told
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, timeline
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse

HISTORY = (
    "CREATE TABLE a (id int PRIMARY KEY, note text); INSERT INTO a VALUES (1, 'x')",
    "CREATE TABLE IF NOT EXISTS b (id int, a_id int REFERENCES a); COMMENT ON TABLE b IS 'first'",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE IF NOT EXISTS b (id bigint, more text); CREATE INDEX b_more ON b (more)",
    "BEGIN; CREATE TABLE c (id serial, b_id int); CREATE TRIGGER t BEFORE INSERT ON c"
    " FOR EACH ROW EXECUTE FUNCTION touch(); COMMIT",
    "ALTER TABLE a RENAME COLUMN note TO text; CREATE VIEW v AS SELECT text FROM a",
    "SELECT no_such_function(); CREATE TYPE e AS ENUM ('x'); CREATE TABLE a (id int);"
    " GRANT SELECT ON a TO PUBLIC",
    "DO $$ BEGIN IF to_regclass('c') IS NULL THEN CREATE TABLE c (only_here int); END IF; END $$",
    "CREATE INDEX CONCURRENTLY c_b ON c (b_id)",
    "DROP TABLE IF EXISTS c; ALTER TABLE a ADD COLUMN z text DEFAULT 'z';"
    " UPDATE a SET z = 'y' WHERE z IS NULL",
    "CREATE TABLE late (id int); ALTER TABLE late ADD COLUMN text text;"
    " ALTER TABLE a ALTER note SET NOT NULL",
)


def files(texts: Sequence[str] = HISTORY) -> list[Migration]:
    return [Migration(f"{n:03}_x.sql", f"{n:03}", f"{n:03}_x.sql", sql, parse) for n, sql in enumerate(texts)]


def replayed(
    server: ShadowServer, migrations: Sequence[Migration], heard: Sequence[Told | None] = ()
) -> tuple[list[Step], dict[FactKey, str]]:
    with new_database(server) as scratch:
        replayer = PostgresReplayer(scratch, PLAIN)
        try:
            steps = list(replayer.replay_each(migrations, told=heard))
            facts = dict(replayer.facts)
            replayer.tracker.reread()
            assert facts == dict(replayer.facts)
        finally:
            replayer.close()
    return steps, facts


@pytest.fixture(scope="module")
def whole(pg_server: Callable[..., ShadowServer]) -> list[Step]:
    return replayed(pg_server(18), files())[0]


def test_a_history_that_is_known_is_run_and_not_looked_into(
    pg_server: Callable[..., ShadowServer], whole: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    anew: list[str] = []
    really = PostgresReplayer.replay

    def replay(self: PostgresReplayer, file: Migration) -> Step:
        anew.append(file.name)
        return really(self, file)

    monkeypatch.setattr(PostgresReplayer, "replay", replay)
    steps, _ = replayed(pg_server(18), files(), list(told(files(), whole, ())))
    assert steps == whole
    # What runs outside of a transaction is always looked after.
    assert anew == ["008_x.sql"]


@pytest.mark.parametrize("missing", [0, 1, 3, 5, 6, 7, 9])
def test_without_a_file_the_others_do_what_they_do_without_it(
    pg_server: Callable[..., ShadowServer], whole: list[Step], missing: int
) -> None:
    rest = [file for place, file in enumerate(files()) if place != missing]
    heard = list(told(rest, whole[:missing], whole))
    assert all(heard)
    assert replayed(pg_server(18), rest, heard) == replayed(pg_server(18), rest)


def test_what_is_told_of_another_text_or_place_is_not_believed(
    pg_server: Callable[..., ShadowServer], whole: list[Step]
) -> None:
    texts = ["CREATE FUNCTION no_such_function() RETURNS int LANGUAGE sql AS 'SELECT 1'", *HISTORY[1:]]
    other = files(texts)
    heard = list(told(other, (), whole))
    assert heard[0] is None
    assert replayed(pg_server(18), other, heard) == replayed(pg_server(18), other)
    turned = files()[::-1]
    assert replayed(pg_server(18), turned, list(told(turned, (), whole))) == replayed(pg_server(18), turned)


def test_wrong_hearsay_changes_nothing(pg_server: Callable[..., ShadowServer], whole: list[Step]) -> None:
    wrong = []
    for step in whole:
        traces = tuple(t if t.weak else t._replace(effects=()) for t in step.traces)
        wrong.append(replace(step, traces=traces, net=net_effects(traces)))
    steps, _ = replayed(pg_server(18), files(), [Told(step, same=False) for step in wrong])
    assert steps == whole


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    made = Cache(tmp_path)
    yield made
    made.close()


def test_the_timeline_without_a_file_is_the_same_with_and_without_the_others_steps(
    cache: Cache, whole: list[Step]
) -> None:
    choice = ShadowChoice(None, PLAIN_BASELINE)
    steps = timeline(choice, PLAIN, files(), cache=cache, keep=True)
    rest = [file for file in files() if not file.name.startswith("003")]
    assert timeline(choice, PLAIN, rest, cache=cache, like=steps) == timeline(choice, PLAIN, rest)
