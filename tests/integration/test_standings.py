"""What status says about worlds that are broken in one way each, and what repair and resume make of it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from landed.core.applied import Consent
from landed.core.errors import CannotKnow, NeedsConfirmation, NotProven, UsageError
from landed.ops.apply import run_apply
from landed.ops.lock import plan_lock
from landed.ops.repair import plan_repair, run_repair
from landed.ops.resume import plan_resume
from support.worlds.world import World

FILES = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);",
    "0002_posts.sql": "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);\n"
    "CREATE INDEX posts_title ON posts (title);\nCREATE TABLE tags (name TEXT PRIMARY KEY);",
    "0003_seed.sql": "INSERT INTO tags (name) VALUES ('red'), ('blue');",
    "0004_touch.sql": "UPDATE users SET email = lower(email);",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "p", FILES)
    world.apply()
    return world


def repair(world: World, *names: str, reason: str | None = None) -> list[tuple[str, str]]:
    exam = world.examine()
    plan = plan_repair(exam, names, reason=reason)
    if plan.changes:
        run_repair(exam, plan)
    return [(c.action, c.name) for c in plan.changes]


def resume(world: World, name: str | None = None, **said: frozenset[int]) -> tuple[int, ...]:
    exam = world.examine()
    plan = plan_resume(exam, name, **said)
    run_apply(exam, plan, Consent())
    return plan.items[0].statements if plan.items else ()


def test_all_is_well(world: World) -> None:
    assert world.standings() == {
        "0001_users.sql": "ok",
        "0002_posts.sql": "ok",
        "0003_seed.sql": "ok",
        "0004_touch.sql": "unprovable",
    }
    assert world.examine().position == "after 0004_touch.sql"


def test_seed_rows_deleted_since_prove_nothing(world: World) -> None:
    world.sql("DELETE FROM tags WHERE name = 'red'")
    judgement = world.judgement("0003_seed.sql")
    assert (judgement.verdict, judgement.standing) == ("unprovable", "unprovable")
    assert [e.holds for e in judgement.evidence] == [False]
    assert judgement.evidence[0].weak


def test_unrecorded_data_files(world: World) -> None:
    world.sql("DELETE FROM d1_migrations WHERE id >= 3")
    assert world.standings()["0003_seed.sql"] == "unrecorded"
    assert world.standings()["0004_touch.sql"] == "unknown"
    world.sql("DELETE FROM tags")
    assert world.standings()["0003_seed.sql"] == "pending"
    assert world.apply() == ["0003_seed.sql", "0004_touch.sql"]
    assert world.sql("SELECT count(*) FROM tags") == [(2,)]


def test_phantom_is_repaired_then_applied(world: World) -> None:
    world.write("0005_more.sql", "CREATE TABLE more (a);")
    world.sql("INSERT INTO d1_migrations (name) VALUES ('0005_more.sql')")
    judgement = world.judgement("0005_more.sql")
    assert (judgement.standing, judgement.next) == ("phantom", "landed repair 0005_more.sql")
    assert [(str(e.key), e.statement, e.line) for e in judgement.evidence][:1] == [
        ("column more.a · exists", 1, 1)
    ]
    assert repair(world) == [("remove", "0005_more.sql")]
    assert repair(world) == []
    assert world.apply() == ["0005_more.sql"]
    assert world.standings()["0005_more.sql"] == "ok"


def test_unrecorded_is_repaired(world: World) -> None:
    world.sql("DELETE FROM d1_migrations WHERE name = '0002_posts.sql'")
    assert world.standings()["0002_posts.sql"] == "unrecorded"
    world.write("0009_new.sql", "CREATE TABLE n (a);")
    with pytest.raises(NotProven, match="has to be set right"):
        world.apply()
    assert repair(world, "0002") == [("add", "0002_posts.sql")]
    assert world.standings()["0002_posts.sql"] == "ok"


def test_torn_is_resumed_with_exactly_the_missing_statements(world: World) -> None:
    world.sql("DROP INDEX posts_title")
    judgement = world.judgement("0002_posts.sql")
    assert judgement.standing == "partial"
    assert judgement.location is not None and judgement.location.missing == (2,)
    with pytest.raises(NotProven, match="half-way"):
        repair(world, "0002_posts.sql")
    assert resume(world) == (2,)
    assert world.standings()["0002_posts.sql"] == "ok"
    assert world.ledger().count("0002_posts.sql") == 1


def test_half_a_file_run_by_hand_is_located_and_finished(world: World) -> None:
    world.write("0005_half.sql", "CREATE TABLE a (x);\nCREATE TABLE b (x);\nCREATE TABLE c (x);")
    world.sql("CREATE TABLE a (x); CREATE TABLE b (x)")
    exam = world.examine()
    judgement = exam.judgement("0005_half.sql")
    assert judgement is not None and judgement.location is not None
    assert (judgement.standing, judgement.location.exact, judgement.location.low) == ("partial", True, 2)
    assert exam.position == "after statement 2 of 3 of 0005_half.sql"
    assert resume(world, "0005") == (3,)
    assert world.standings()["0005_half.sql"] == "ok"


def test_half_a_rebuild_run_by_hand_is_seen_by_what_it_left(world: World) -> None:
    world.write(
        "0005_rebuild.sql",
        "CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL, age INTEGER);\n"
        "INSERT INTO users_new (id, email) SELECT id, email FROM users;\n"
        "DROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
    )
    world.sql("CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL, age INTEGER)")
    judgement = world.judgement("0005_rebuild.sql")
    assert judgement.standing == "partial"
    assert judgement.location is not None
    assert (judgement.location.exact, judgement.location.low, judgement.location.high) == (True, 1, 2)
    with pytest.raises(NeedsConfirmation, match="Nothing in the database shows whether"):
        resume(world)
    assert resume(world, run=frozenset({2})) == (2, 3, 4)
    assert world.standings()["0005_rebuild.sql"] == "ok"


def test_the_users_word_counts_only_where_nothing_shows(world: World) -> None:
    world.sql("DROP INDEX posts_title")
    with pytest.raises(NotProven, match="the schema itself shows whether statement 2 has run"):
        resume(world, "0002", ran=frozenset({2}))


def test_another_shape_is_brought_back_with_its_rows(world: World) -> None:
    world.sql("DROP TABLE tags; CREATE TABLE tags (name TEXT PRIMARY KEY, colour TEXT)")
    judgement = world.judgement("0002_posts.sql")
    assert judgement.standing == "ok"
    world.sql("DROP TABLE tags; CREATE TABLE tags (name INTEGER PRIMARY KEY); INSERT INTO tags VALUES (7)")
    judgement = world.judgement("0002_posts.sql")
    assert judgement.standing == "partial"
    assert judgement.next == "landed resume 0002_posts.sql"
    resume(world)
    assert world.judgement("0002_posts.sql").standing == "ok"
    assert world.sql("SELECT name FROM tags") == [("7",)]


def test_a_column_added_by_hand_is_unexplained_and_blames_nobody(world: World) -> None:
    world.sql("ALTER TABLE users ADD COLUMN nick TEXT")
    exam = world.examine()
    assert {str(k.object) for k in exam.unexplained} == {"column users.nick"}
    assert "partial" not in world.standings().values()
    assert exam.position is None


def test_a_property_changed_by_hand_speaks_against_its_owner(world: World) -> None:
    world.sql(
        "DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL DEFAULT 'x')"
    )
    judgement = world.judgement("0001_users.sql")
    assert judgement.standing == "partial"
    assert [(e.fact, e.expected, e.observed) for e in judgement.evidence] == [
        ("column users.email · default", None, "'x'")
    ]


def test_deleted_file_without_history(world: World) -> None:
    world.remove("0004_touch.sql")
    judgement = world.judgement("0004_touch.sql")
    assert (judgement.standing, judgement.verdict) == ("no-file", None)
    with pytest.raises(NotProven, match="no file"):
        repair(world, "0004_touch.sql")
    assert repair(world, "0004_touch.sql", reason="squashed") == [("remove", "0004_touch.sql")]
    assert "0004_touch.sql" not in world.standings()


def test_deleted_file_with_git_history(world: World) -> None:
    world.git("init", "-q")
    world.git("add", ".")
    world.git("commit", "-qm", "one")
    world.git("rm", "-q", "migrations/0004_touch.sql")
    world.git("commit", "-qm", "two")
    advice = world.judgement("0004_touch.sql").next
    assert advice is not None and advice.startswith("git checkout ")
    world.git(*advice.split()[1:])
    assert world.standings()["0004_touch.sql"] == "unprovable"


def test_renamed_file(world: World) -> None:
    world.write("0002_articles.sql", FILES["0002_posts.sql"])
    world.remove("0002_posts.sql")
    assert world.standings()["0002_articles.sql"] == "unrecorded"
    assert world.judgement("0002_posts.sql").renamed == "0002_articles.sql"
    assert repair(world) == [("rename", "0002_posts.sql")]
    assert world.standings()["0002_articles.sql"] == "ok"
    assert "0002_posts.sql" not in world.standings()


class TestEdited:
    EDIT = FILES["0001_users.sql"].replace("NOT NULL", "NOT NULL UNIQUE")

    def test_by_lock_file(self, world: World) -> None:
        world.write("0001_users.sql", "-- only a comment\n" + FILES["0001_users.sql"])
        assert world.standings()["0001_users.sql"] == "ok"
        world.write("0001_users.sql", self.EDIT)
        judgement = world.judgement("0001_users.sql")
        assert judgement.standing == "edited"
        assert any(e.fact == "unique users(email) · exists" for e in judgement.evidence)
        report, digests = plan_lock(world.examine())
        assert report.edited == ("0001_users.sql",) and not digests

    def test_accepting_an_edit(self, world: World) -> None:
        world.write("0001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT  NULL) ;;")
        assert world.standings()["0001_users.sql"] == "ok"
        world.write(
            "0001_users.sql", FILES["0001_users.sql"].replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
        )
        assert world.standings()["0001_users.sql"] == "edited"
        exam = world.examine()
        _, digests = plan_lock(exam, ["0001"])
        exam.workspace.write_lock(digests)
        assert world.standings()["0001_users.sql"] == "ok"

    def test_edit_apply_commit_is_no_edit(self, tmp_path: Path) -> None:
        world = World(tmp_path / "q", FILES)
        world.git("init", "-q")
        world.git("add", ".")
        world.git("commit", "-qm", "one", when="2020-01-01T00:00:00Z")
        world.write("0001_users.sql", self.EDIT)
        world.apply()
        (world.folder / "landed.lock").unlink()
        world.git("commit", "-qam", "two")
        assert world.standings()["0001_users.sql"] == "ok"

    def test_by_git_history(self, world: World) -> None:
        (world.folder / "landed.lock").unlink()
        world.git("init", "-q")
        world.git("add", ".")
        world.git("commit", "-qm", "one", when="2020-01-01T00:00:00Z")
        world.sql("UPDATE d1_migrations SET applied_at = '2021-01-01 00:00:00'")
        world.write("0001_users.sql", self.EDIT)
        world.git("commit", "-qam", "two")
        commit = world.git("rev-parse", "--short=10", "HEAD")
        judgement = world.judgement("0001_users.sql")
        assert judgement.standing == "edited"
        assert any(f"0001_users.sql was changed in commit {commit}" in note for note in judgement.notes)

    def test_with_neither_the_schema_still_speaks(self, world: World) -> None:
        (world.folder / "landed.lock").unlink()
        world.write("0001_users.sql", self.EDIT)
        assert world.standings()["0001_users.sql"] == "partial"


def test_late_and_doubled_numbers(world: World) -> None:
    world.write("0002_b.sql", "CREATE TABLE b (x);")
    judgement = world.judgement("0002_b.sql")
    assert judgement.standing == "out-of-order"
    assert "duplicate-number" in [n.code for n in world.workspace().migrations().notes]
    assert world.apply() == ["0002_b.sql"]
    assert set(world.standings().values()) == {"ok", "unprovable"}


def test_order_of_the_ledger_is_the_order_of_the_replay(tmp_path: Path) -> None:
    world = World(
        tmp_path / "p",
        {"0001_t.sql": "CREATE TABLE t (a TEXT);", "0003_v.sql": "CREATE VIEW v AS SELECT 3 AS n;"},
    )
    world.apply()
    world.write("0002_v.sql", "DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 2 AS n;")
    assert world.apply() == ["0002_v.sql"]
    assert world.standings() == {"0001_t.sql": "ok", "0002_v.sql": "ok", "0003_v.sql": "ok"}
    assert world.judgement("0003_v.sql").superseded_by == ("0002_v.sql",)


def test_a_phantom_whose_object_a_later_file_made(tmp_path: Path) -> None:
    world = World(
        tmp_path / "p",
        {
            "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);",
            "0002_x.sql": "CREATE TABLE x (id INTEGER PRIMARY KEY, old TEXT);",
            "0003_x.sql": "CREATE TABLE IF NOT EXISTS x (id INTEGER PRIMARY KEY, new TEXT);",
        },
    )
    world.apply(to="0001_a.sql")
    world.sql(
        "CREATE TABLE x (id INTEGER PRIMARY KEY, new TEXT);"
        "INSERT INTO d1_migrations (name) VALUES ('0002_x.sql'), ('0003_x.sql')"
    )
    assert world.standings() == {"0001_a.sql": "ok", "0002_x.sql": "phantom", "0003_x.sql": "ok"}
    assert any("made by 0003_x.sql" in note for note in world.judgement("0002_x.sql").notes)
    assert not world.examine().unexplained


def test_an_unreadable_ledger_is_not_judged(world: World) -> None:
    world.sql("ALTER TABLE d1_migrations RENAME COLUMN name TO title")
    with pytest.raises(CannotKnow, match="ledger table d1_migrations cannot be read"):
        world.examine()


def test_names(world: World) -> None:
    with pytest.raises(UsageError, match="There is no migration 0099"):
        repair(world, "0099")
    with pytest.raises(UsageError, match="not partial"):
        resume(world, "0001")


def test_wal_content_is_seen_and_reading_leaves_no_trace(world: World) -> None:
    import apsw

    before = sorted(p.name for p in world.path.parent.iterdir())
    world.examine()
    assert sorted(p.name for p in world.path.parent.iterdir()) == before
    holder = apsw.Connection(str(world.path))
    holder.execute("CREATE TABLE fresh (a)")
    assert world.path.with_name(world.path.name + "-wal").stat().st_size > 0
    assert {str(k.object) for k in world.examine().unexplained} == {"table fresh", "column fresh.a"}
    holder.close()


def test_a_table_that_only_looks_like_part_of_a_virtual_table(tmp_path: Path) -> None:
    world = World(
        tmp_path / "p",
        {
            "0001_s.sql": "CREATE VIRTUAL TABLE s USING rtree (id, x0, x1);\nCREATE TABLE s_data (a);",
            "0002_f.sql": "CREATE VIRTUAL TABLE f USING fts5 (body);",
        },
    )
    world.apply()
    assert set(world.standings().values()) == {"ok"}
    world.sql("DROP TABLE s_data")
    assert world.standings() == {"0001_s.sql": "partial", "0002_f.sql": "ok"}
    assert not world.examine().unexplained


class TestStartingSchema:
    """Histories that do not begin at an empty database."""

    FILES: ClassVar = {"0001_nick.sql": "ALTER TABLE users ADD COLUMN nick TEXT;"}
    BASE = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);"

    def _world(self, tmp_path: Path) -> World:
        world = World(tmp_path / "p", self.FILES)
        (world.folder / "schema.sql").write_text(self.BASE)
        (world.folder / "landed.toml").write_text('[shadow]\nbase = "schema.sql"\n')
        return world

    def test_is_proposed_when_it_is_needed(self, tmp_path: Path) -> None:
        world = World(tmp_path / "p", self.FILES)
        assert "needs-base" in world.judgement("0001_nick.sql").flags

    def test_explains_its_objects_and_lets_the_history_be_judged(self, tmp_path: Path) -> None:
        world = self._world(tmp_path)
        world.sql(self.BASE)
        assert world.apply() == ["0001_nick.sql"]
        exam = world.examine()
        assert world.standings() == {"0001_nick.sql": "ok"}
        assert not exam.unexplained and exam.base is not None and exam.base.verdict == "landed"
        world.sql("ALTER TABLE users DROP COLUMN nick")
        assert world.standings() == {"0001_nick.sql": "phantom"}

    def test_has_to_be_there_before_anything_is_applied(self, tmp_path: Path) -> None:
        world = self._world(tmp_path)
        with pytest.raises(NotProven, match=r"starting schema schema\.sql is not what this database has"):
            world.apply()
        world.sql("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
        with pytest.raises(NotProven) as caught:
            world.apply()
        assert caught.value.details[0] == "column users.email · not null: expected yes, is no"
