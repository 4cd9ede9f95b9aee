"""apply: nothing is recorded that is not proven, and nothing is lost that was not named."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import NotProven
from support.worlds.world import World

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "p", {"0001_users.sql": USERS})


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

    @pytest.mark.parametrize("action", ["SET NULL", "SET DEFAULT"])
    def test_changed_references_abort(self, tmp_path: Path, action: str) -> None:
        world = self._world(tmp_path, action)
        with pytest.raises(NotProven, match="would change 2 rows of the table posts"):
            world.apply()
        assert world.sql("SELECT user_id FROM posts ORDER BY id") == [(1,), (2,), (None,)]

    def test_rows_that_the_file_deletes_itself_are_no_loss(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "CASCADE")
        world.write("0002_rebuild.sql", "DELETE FROM posts;\n" + self.REBUILD)
        assert world.apply() == ["0002_rebuild.sql"]

    def test_new_broken_references_abort(self, tmp_path: Path) -> None:
        world = self._world(tmp_path, "NO ACTION")
        lossy = self.REBUILD.replace("FROM users;", "FROM users WHERE id = 1;")
        world.write(
            "0002_rebuild.sql", f"PRAGMA defer_foreign_keys=on;\n{lossy}\nPRAGMA defer_foreign_keys=off;"
        )
        with pytest.raises(NotProven):
            world.apply("lose-rows:users")
        assert world.sql("SELECT count(*) FROM users") == [(2,)]


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
