"""apply: nothing is recorded that is not proven, and nothing is lost that was not named."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import NeedsConfirmation, NotProven
from support.worlds.world import World

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "p", {"0001_users.sql": USERS})


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_applies_creates_the_database_and_records(tmp_path: Path, mode: str) -> None:
    world = World(
        tmp_path / "p", {"0001_users.sql": USERS, "0002_no_semicolon.sql": "CREATE TABLE t (a)"}, mode=mode
    )
    assert world.standings() == {"0001_users.sql": "pending", "0002_no_semicolon.sql": "pending"}
    assert not world.path.exists()
    assert world.apply() == ["0001_users.sql", "0002_no_semicolon.sql"]
    assert world.ledger() == ["0001_users.sql", "0002_no_semicolon.sql"]
    assert set(world.standings().values()) == {"ok"}
    assert world.apply() == []


def test_if_not_exists_over_another_shape_is_not_recorded(world: World) -> None:
    world.sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    world.apply(to="0001_users.sql")
    # Hidden from the plan: what makes it partial is only seen inside the transaction.
    exam = world.examine()
    world.write("0002_notes.sql", "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT);")
    assert world.standings()["0002_notes.sql"] == "partial"
    with pytest.raises(NotProven, match="has to be set right"):
        world.apply()
    assert exam.judgement("0001_users.sql") is not None
    assert world.ledger() == ["0001_users.sql"]


def test_a_file_that_does_nothing_here_is_rolled_back(world: World) -> None:
    """The race that no plan can see: somebody makes the table between plan and execution."""
    from landed.core.applied import Consent
    from landed.ops.apply import plan_apply, run_apply

    world.apply()
    world.write("0002_notes.sql", "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT);")
    exam = world.examine()
    plan = plan_apply(exam)
    world.sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    with pytest.raises(NotProven, match="ran without an error, but") as caught:
        run_apply(exam, plan, Consent())
    assert any("column notes.body" in line for line in caught.value.details)
    assert any("IF NOT EXISTS" in line for line in caught.value.details)
    assert caught.value.where == "migrations/0002_notes.sql:1"
    assert world.ledger() == ["0001_users.sql"]


def test_a_failing_statement_leaves_nothing_behind(world: World) -> None:
    world.apply()
    world.sql("INSERT INTO users VALUES (1, 'a'), (2, 'a')")
    world.write("0002_unique.sql", "CREATE TABLE extra (a);\nCREATE UNIQUE INDEX u ON users (name);")
    with pytest.raises(NotProven, match="UNIQUE constraint failed") as caught:
        world.apply()
    assert caught.value.where == "migrations/0002_unique.sql:2"
    assert "statement 2 of 2" in caught.value.details[0]
    assert world.standings() == {"0001_users.sql": "ok", "0002_unique.sql": "pending"}
    assert world.sql("SELECT name FROM sqlite_master WHERE name = 'extra'") == []


def test_a_broken_file_is_found_before_anything_is_touched(world: World) -> None:
    world.write("0002_ok.sql", "CREATE TABLE fine (a);")
    world.write("0003_broken.sql", "ALTER TABLE nowhere ADD COLUMN x;")
    with pytest.raises(NotProven, match="cannot run") as caught:
        world.apply()
    assert "landed apply --to 0002_ok.sql" in (caught.value.next or "")
    assert not world.path.exists()
    assert world.apply(to="0002_ok.sql") == ["0001_users.sql", "0002_ok.sql"]


class TestRowGuard:
    SCHEMA = (
        USERS + "CREATE TABLE posts (id INTEGER PRIMARY KEY, "
        "user_id INTEGER REFERENCES users (id) ON DELETE {action});"
    )
    REBUILD = (
        "CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '');\n"
        "INSERT INTO users_new SELECT id, name FROM users;\n"
        "DROP TABLE users;\n"
        "ALTER TABLE users_new RENAME TO users;"
    )

    def _world(self, tmp_path: Path, action: str) -> World:
        world = World(tmp_path / "p", {"0001_init.sql": self.SCHEMA.format(action=action)})
        world.apply()
        world.sql("INSERT INTO users VALUES (1,'a'),(2,'b'); INSERT INTO posts VALUES (1,1),(2,2),(3,NULL)")
        world.write("0002_rebuild.sql", self.REBUILD)
        return world

    def test_cascade_aborts_and_says_what_would_be_lost(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "CASCADE")
        with pytest.raises(NotProven, match="would lose 2 rows of the table posts") as caught:
            world.apply()
        text = "\n".join(caught.value.details)
        assert "DROP TABLE users fires ON DELETE CASCADE on posts(user_id)" in text
        assert caught.value.where == "migrations/0002_rebuild.sql:3"
        assert "--allow 'lose-rows:posts'" in (caught.value.next or "")
        assert world.sql("SELECT count(*) FROM posts") == [(3,)]
        assert world.ledger() == ["0001_init.sql"]

    def test_allowed_by_name_it_goes_through(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "CASCADE")
        world.apply("lose-rows:posts")
        assert world.sql("SELECT count(*) FROM posts") == [(1,)]

    @pytest.mark.parametrize("action", ["SET NULL", "SET DEFAULT"])
    def test_changed_references_abort(self, tmp_path: Path, action: str) -> None:
        world = self._world(tmp_path, action)
        with pytest.raises(NotProven, match="would change 2 rows of the table posts"):
            world.apply()
        assert world.sql("SELECT user_id FROM posts ORDER BY id") == [(1,), (2,), (None,)]

    def test_a_table_with_rows_goes_only_by_name(self, world: World) -> None:
        world.apply()
        world.sql("INSERT INTO users VALUES (1, 'a')")
        world.write("0002_drop.sql", "DROP TABLE users;")
        with pytest.raises(NeedsConfirmation, match="drops the table users, which holds data") as caught:
            world.apply()
        assert "--allow 'drop-table:users'" in (caught.value.next or "")
        assert world.apply("drop-table:users") == ["0002_drop.sql"]

    def test_an_empty_table_goes_without_a_word(self, world: World) -> None:
        world.apply()
        world.write("0002_drop.sql", "DROP TABLE users;")
        assert world.apply() == ["0002_drop.sql"]

    def test_a_column_with_values_goes_only_by_name(self, tmp_path: Path) -> None:
        world = World(tmp_path / "p", {"0001_t.sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT);"})
        world.apply()
        world.sql("INSERT INTO t VALUES (1, NULL)")
        world.write("0002_drop.sql", "ALTER TABLE t DROP COLUMN note;")
        world.sql("INSERT INTO t VALUES (2, 'x')")
        with pytest.raises(NeedsConfirmation, match=r"drops the column t\.note"):
            world.apply()
        assert world.apply("drop-column:t.note") == ["0002_drop.sql"]

    def test_rows_that_the_file_deletes_itself_are_no_loss(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "CASCADE")
        world.write("0002_rebuild.sql", "DELETE FROM posts;\n" + self.REBUILD)
        assert world.apply() == ["0002_rebuild.sql"]

    def test_an_index_made_by_hand_is_not_lost_silently(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "NO ACTION")
        world.sql("CREATE INDEX by_hand ON users (name); DELETE FROM posts")
        with pytest.raises(NeedsConfirmation, match="would remove index by_hand, which no migration made"):
            world.apply()
        assert world.apply("drop-index:by_hand") == ["0002_rebuild.sql"]

    def test_new_broken_references_abort(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "NO ACTION")
        lossy = self.REBUILD.replace("FROM users;", "FROM users WHERE id = 1;")
        world.write(
            "0002_rebuild.sql", f"PRAGMA defer_foreign_keys=on;\n{lossy}\nPRAGMA defer_foreign_keys=off;"
        )
        with pytest.raises(NotProven):
            world.apply("lose-rows:users")
        assert world.sql("SELECT count(*) FROM users") == [(2,)]


def test_a_check_of_the_file_itself_is_part_of_the_proof(world: World) -> None:
    world.apply()
    world.sql("INSERT INTO users VALUES (1, '')")
    world.write(
        "0002_fill.sql",
        "-- landed:verify SELECT count(*) = 0 FROM users WHERE name = ''\n"
        "UPDATE users SET name = 'x' WHERE id = 99;",
    )
    with pytest.raises(NotProven, match="its own check is not true"):
        world.apply()
    assert world.ledger() == ["0001_users.sql"]
    world.write(
        "0002_fill.sql",
        "-- landed:verify SELECT count(*) = 0 FROM users WHERE name = ''\nUPDATE users SET name = 'x';",
    )
    assert world.apply() == ["0002_fill.sql"]
    assert world.standings()["0002_fill.sql"] == "ok"


def test_a_check_cannot_write(world: World) -> None:
    world.apply()
    world.write(
        "0002_bad.sql", "-- landed:verify DELETE FROM users RETURNING 1\nUPDATE users SET name = 'x';"
    )
    world.sql("INSERT INTO users VALUES (1, 'a')")
    with pytest.raises(NotProven):
        world.apply()
    assert world.sql("SELECT name FROM users") == [("a",)]
    world.examine()
    assert world.sql("SELECT name FROM users") == [("a",)]


class TestPlainSqlite:
    def test_a_wrapping_transaction_is_what_happens_anyway(self, tmp_path: Path) -> None:
        world = World(tmp_path / "p", {"0001_t.sql": "BEGIN;\nCREATE TABLE t (a);\nCOMMIT;"}, mode="sqlite")
        assert world.apply() == ["0001_t.sql"]
        assert world.standings() == {"0001_t.sql": "ok"}

    def test_a_commit_in_the_middle_is_refused(self, tmp_path: Path) -> None:
        world = World(
            tmp_path / "p", {"0001_t.sql": "CREATE TABLE t (a);\nCOMMIT;\nCREATE TABLE u (a);"}, mode="sqlite"
        )
        with pytest.raises(NotProven, match="COMMIT in the middle of a file"):
            world.apply()
        assert not world.path.exists()

    def test_no_file_reaches_another_database(self, tmp_path: Path) -> None:
        other = tmp_path / "other.db"
        world = World(
            tmp_path / "p", {"0001_t.sql": f"ATTACH '{other}' AS o; CREATE TABLE o.t (a);"}, mode="sqlite"
        )
        world.examine()
        assert not other.exists()
        with pytest.raises(NotProven, match="remove ATTACH"):
            world.apply()
        assert not other.exists()
