"""What is printed as the next command can be pasted: odd names are quoted, the user's options are put in."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import apsw
import pytest

from landed.cli.options import Common
from landed.core.next import BREAK, Next, landed, shell_word
from support.clients.wrangler import DATABASE_ID, database_files
from support.process.landed_process import Landed

ODD = "0002 it's two.sql"


@pytest.fixture
def project(tmp_path: Path) -> Landed:
    folder = tmp_path / "a project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "wrangler.jsonc").write_text(
        f'{{"d1_databases": [{{"binding": "DB", "database_id": "{DATABASE_ID}"}}]}}'
    )
    (folder / "migrations" / "0001_one.sql").write_text("CREATE TABLE one (id INTEGER PRIMARY KEY);")
    run = Landed(folder, tmp_path / "cache", GIT_CEILING_DIRECTORIES=str(tmp_path))
    run("apply", "--yes")
    (folder / "migrations" / ODD).write_text("CREATE TABLE two (a);\nCREATE TABLE three (a);\n")
    return run


def sql(run: Landed, *statements: str) -> None:
    (file,) = database_files(run.folder / ".wrangler" / "state")
    connection = apsw.Connection(str(file))
    for statement in statements:
        connection.execute(statement).fetchall()
    connection.close()


def record(run: Landed) -> None:
    sql(run, f"INSERT INTO d1_migrations (name) VALUES ({apsw.format_sql_value(ODD)})")


@pytest.mark.parametrize("damage", ["phantom", "partial"])
def test_a_name_with_spaces_and_a_quote(damage: str, project: Landed) -> None:
    if damage == "partial":
        sql(project, "CREATE TABLE two (a)")
    else:
        record(project)
    status = project("status")
    assert status.standings()[ODD] == damage
    step = status.migration(ODD)["next"].rpartition("or: ")[2]
    asked = project.follow(step, code=4)
    project.follow(asked.error["next"], code=0)
    assert project("status").standings()[ODD] == {"phantom": "pending", "partial": "ok"}[damage]


def test_the_folder_that_the_user_named_is_in_every_command(project: Landed) -> None:
    elsewhere = Landed(project.folder.parent, project.folder.parent / "cache")
    record(project)
    given = ("--project", str(project.folder))
    step = elsewhere("status", *given).migration(ODD)["next"]
    asked = elsewhere.follow(step, code=4)
    elsewhere.follow(asked.error["next"], code=0)
    assert project("status").standings()[ODD] == "pending"


def test_a_target_that_a_variable_holds_is_named_by_it(project: Landed) -> None:
    """As a shell would put it in, and as a program hands it on: no secret has to stand among arguments."""
    record(project)
    (file,) = database_files(project.folder / ".wrangler" / "state")
    held = Landed(project.folder, project.folder.parent / "cache", SHOP=f"sqlite://{file}")
    for given in (f"sqlite://{file}", "$SHOP"):
        status = held("status", "--target", given)
        assert status.body["target"]["kind"] == "sqlite"
        (action,) = status.migration(ODD)["actions"]
        assert action["argv"] == ["landed", "--target", "$SHOP", "repair", ODD]
        assert status.migration(ODD)["next"].startswith('landed --target "$SHOP" repair ')
    held(*action["argv"][1:], "--yes")
    assert held("status", "--target", "$SHOP").standings()[ODD] == "pending"
    assert project("status", "--target", "$SHOP", code=2).error["code"] == "unknown-target"


def test_git_commands_name_the_folder_as_well(project: Landed) -> None:
    outside = project.folder.parent
    environ = os.environ | {"GIT_CEILING_DIRECTORIES": str(outside)}

    def git(*words: str, cwd: Path = project.folder) -> None:
        who = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.com"]
        subprocess.run(["git", *who, *words], cwd=cwd, env=environ, check=True, capture_output=True)

    record(project)
    git("init", "--quiet")
    git("add", "migrations")
    git("commit", "--quiet", "-m", "x")
    (project.folder / "migrations" / ODD).unlink()
    elsewhere = Landed(outside, outside / "cache", GIT_CEILING_DIRECTORIES=str(outside))
    step = elsewhere("status", "--project", str(project.folder)).migration(ODD)["next"]
    words = shlex.split(step)
    assert words[0] == "git"
    git(*words[1:], cwd=outside)
    assert (project.folder / "migrations" / ODD).exists()


def test_prose_about_landed_is_left_alone() -> None:
    common = Common(project="a b", words=["--project", "a b"])
    ran, run = landed("resume", "x", ran=1), landed("resume", "x", run=1)
    told = Next("landed checks it. If it has run: ", ran, BREAK, "If not: ", run)
    assert common.command(told) == (
        "landed checks it. If it has run: landed --project 'a b' resume x --ran 1\n"
        "If not: landed --project 'a b' resume x --run 1"
    )
    assert Common().command(told) == told
    assert common.command("landed apply") == "landed apply"


def test_plain_names_stay_as_they_are() -> None:
    assert shell_word("2_core/10_posts.sql") == "2_core/10_posts.sql"
    assert shell_word("a b") == "'a b'"
    assert shlex.split(shell_word("it's $HOME")) == ["it's $HOME"]
    assert shell_word("") == "''"
