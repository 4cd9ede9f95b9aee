"""What landed applied, the real Supabase CLI calls applied and goes on from; and the other way round."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from support import ROOT
from support.clients.supabase_cli import LEDGER, Listed, World, follow, program, special, version
from support.clients.wrangler import environment, package_version

Make = Callable[..., World]

ODD = {
    name: case["text"]
    for name, case in json.loads(
        (Path(__file__).parents[1] / "cases" / "supabase_ledger" / "cli-3.1.0.json").read_text("utf-8")
    ).items()
}
"""Files whose SQL is hard to cut: comments, strings, bodies, missing semicolons."""

FILES = {
    "20240101000000_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE);\n",
    "20240102000000_posts.sql": """CREATE TABLE posts (
  id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX CONCURRENTLY posts_author ON posts (author);
ALTER TABLE posts ADD COLUMN title text NOT NULL DEFAULT 'it''s; -- fine';
""",
    "20240103000000_whole.sql": "BEGIN;\nCREATE TABLE tags (id int);\nCOMMIT;\n",
    "20240104000000_function.sql": """-- a body with semicolons
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.title := NEW.title || ';';
  RETURN NEW;
END $$;
CREATE TRIGGER posts_touch BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch()""",
    "20240105000000_policy.sql": """ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON posts USING (auth.uid() IS NOT NULL); -- the end
""",
    "20240106000000_empty.sql": "-- nothing yet\n",
    # Its version is another on the shadow's major than on the target's: no matter of the file's.
    "20240107000000_extension.sql": "CREATE EXTENSION btree_gist WITH SCHEMA extensions;\n",
}


def both(names: dict[str, str]) -> list[Listed]:
    return [Listed(version(name), version(name)) for name in sorted(names)]


def all_ok(world: World) -> None:
    assert special(world.landed("status").body).items() <= {"20240101000012_params.sql": "unprovable"}.items()
    verdict = world.landed("verify")
    assert (verdict.body["proven"], verdict.body["unexplained"]) == (True, [])


def test_the_cli_is_the_pinned_one(supabase_world: Make, tmp_path: Path) -> None:
    supabase_world()  # skips where there is no CLI for the platform
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["optionalDependencies"]
    pinned = asked["supabase-cli"].rpartition("@")[2]
    assert pinned == "3.1.0", "facts and tests are of this version"
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert lock["node_modules/supabase-cli"]["version"] == pinned
    shown = subprocess.run(
        [program(), "--version"], capture_output=True, text=True, check=True, env=environment(tmp_path)
    )
    assert shown.stdout.strip() == pinned == package_version("supabase-cli")


def test_rows_are_the_cli_s_own_and_each_goes_on_from_the_other(supabase_world: Make) -> None:
    files = {**ODD, **FILES}
    theirs = supabase_world(files, name="theirs")
    theirs.cli.push().check()
    all_ok(theirs)

    ours = supabase_world(files, name="ours")
    applied = ours.landed("apply", "--yes").body["files"]
    assert [file["outcome"] for file in applied] == ["applied"] * len(files)
    all_ok(ours)
    assert ours.ledger == theirs.ledger
    assert ours.cli.list() == both(files)
    assert "Remote database is up to date." in ours.cli.push().check().text
    same = theirs.url.rpartition("/")[0]
    assert same == ours.url.rpartition("/")[0], "both databases are on one server"
    assert ours.landed("drift", ours.url, theirs.url).body["differences"] == []


def test_a_history_that_both_write(supabase_world: Make) -> None:
    world = supabase_world()
    names = list(FILES)
    for at, name in enumerate(names):
        world.write({name: FILES[name]})
        if at % 2:
            world.cli.push().check()
        else:
            world.landed("apply", "--yes")
        assert world.versions == [version(n) for n in names[: at + 1]]
    all_ok(world)
    assert world.landed("apply", "--yes").body["files"] == []
    assert world.cli.list() == both(FILES)


def test_repair_and_fetch_of_either(supabase_world: Make) -> None:
    world = supabase_world(FILES)
    world.landed("apply", "--yes")
    whole = world.ledger
    names = list(FILES)

    # Rows that the CLI took away, landed proves and puts back as they were; and the other way round.
    gone = [version(name) for name in names[1:3]]
    world.cli("migration", "repair", "--status", "reverted", *gone).check()
    assert special(world.landed("status").body).keys() >= {names[1], names[2]}
    follow(world, "landed repair")
    assert world.ledger == whole
    world.sql(f"DELETE FROM {LEDGER} WHERE version = '{version(names[4])}'")
    assert world.landed("status").standings()[names[4]] == "unrecorded"
    world.cli("migration", "repair", "--status", "applied", version(names[4])).check()
    assert world.ledger == whole
    all_ok(world)

    # What landed wrote is enough for the CLI to write the files anew, and they are no edits.
    for name in names:
        (world.migrations / name).unlink()
    world.cli("migration", "fetch").check()
    assert sorted(file.name for file in world.migrations.iterdir()) == names
    all_ok(world)


def test_rows_of_a_dashboard_are_paired_with_the_files_in_one_proposal(supabase_world: Make) -> None:
    """The dashboard, Lovable and the MCP server record files under versions of their own (mcp#241)."""
    body = "CREATE TABLE t{0} (id int PRIMARY KEY);\nCOMMENT ON TABLE t{0} IS 'table {0}';\n"
    foreign = {f"202401010000{n:02}_step_{n}.sql": body.format(n) for n in range(37)}
    world = supabase_world(foreign)
    world.cli.push().check()
    real = world.ledger
    local = {f"20240201{n:06}_step_{n}.sql": text for n, text in enumerate(foreign.values())}
    for name in foreign:
        (world.migrations / name).unlink()
    world.write(local)

    failed = world.cli.push()
    assert (failed.code, failed.text.count("202401010000")) == (1, 37), "it proposes to delete all rows"
    said = world.landed("status").standings()
    assert list(said.values()).count("no-file") == 37
    assert list(said.values()).count("unrecorded") == 37
    world.landed("verify", code=1)

    proposed = world.landed("repair", code=4).error
    done = world.landed.follow(proposed["next"], code=0)
    assert len(done.body["changes"]) == 37
    all_ok(world)
    assert world.cli.list() == both(local)
    assert [row.statements for row in world.ledger] == [row.statements for row in real]
