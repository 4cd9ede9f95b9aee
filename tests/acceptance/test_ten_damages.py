"""Ten kinds of damage behind landed's back, on a project that the real wrangler applied.

Each damage: what ``status`` says (standing, facts, statement and line, next command), then the printed
commands run as printed until nothing changes any more, then ``status`` again, and at the end wrangler's own
list beside the ledger. ``pytest -s`` prints the table; ``LANDED_TABLE`` names a file for it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

from support.clients.wrangler import DATABASE_ID, Wrangler, database_files
from support.process.landed_process import Answer, Landed

pytestmark = pytest.mark.wrangler

USERS, ORDERS, REGION, TAGS = "0001_users.sql", "0002_orders.sql", "0003_order_region.sql", "0005_tags.sql"
AUDIT = "0006_audit.sql"
BASE = {
    USERS: """-- people
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE
);
""",
    ORDERS: """CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  total INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX orders_user ON orders (user_id);
""",
    REGION: """ALTER TABLE orders ADD COLUMN region TEXT;

CREATE INDEX orders_region ON orders (region);
""",
    TAGS: """CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
CREATE TRIGGER tags_clean AFTER DELETE ON tags BEGIN
  UPDATE orders SET region = CASE WHEN region = old.label THEN NULL ELSE region END;
END;
""",
}
AUDIT_SQL = """CREATE TABLE IF NOT EXISTS audit (
  id INTEGER PRIMARY KEY,
  actor TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_actor ON audit (actor);
ALTER TABLE users ADD COLUMN seen TEXT;
"""
EDITED = BASE[REGION].replace("region TEXT", "region TEXT NOT NULL DEFAULT 'eu'")


class World:
    """One copy of the applied project, and what can be done to it behind landed's back."""

    def __init__(self, folder: Path, cache: Path, witness: str) -> None:
        self.folder = folder
        self.migrations = folder / "migrations"
        self.landed = Landed(folder, cache, GIT_CEILING_DIRECTORIES=str(folder.parent))
        if witness == "lock":
            self.landed("lock")
        if witness == "git":
            self.git("init", "--quiet")
            self.commit("the migrations", "2020-01-01T00:00:00Z")

    def sql(self, *statements: str) -> None:
        """Run SQL by hand on the local database."""
        (file,) = database_files(self.folder / ".wrangler" / "state")
        connection = apsw.Connection(str(file))
        for statement in statements:
            connection.execute(statement).fetchall()
        connection.close()

    def write(self, name: str, text: str) -> None:
        (self.migrations / name).write_text(text)

    def git(self, *words: str, **environ: str) -> None:
        who = [
            "-c",
            "user.name=A Tester",
            "-c",
            "user.email=tester@example.com",
            "-c",
            "commit.gpgsign=false",
        ]
        subprocess.run(
            ["git", *who, *words],
            cwd=self.folder,
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(self.folder.parent), **environ},
            check=True,
            capture_output=True,
        )

    def commit(self, message: str, when: str) -> None:
        self.git("add", "migrations", "wrangler.jsonc")
        dates = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
        self.git("commit", "--quiet", "--all", "-m", message, **dates)


@dataclass(frozen=True, slots=True)
class Fact:
    """A piece of evidence that must be there."""

    migration: str
    fact: str
    expected: str | None
    observed: str | None
    statement: int | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Damage:
    """One damage and everything that landed has to say about it.

    ``standings``, ``next`` and ``after`` name only what is not ``ok``; ``unexplained`` and ``left`` are the
    objects without a migration before and after. ``choose`` answers where the next step asks for a choice
    or for something that only a person can do.
    """

    number: int
    title: str
    do: Callable[[World], None]
    standings: dict[str, str]
    facts: tuple[Fact, ...] = ()
    next: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    witness: str = "lock"
    choose: Callable[[World, str], str | None] | None = None
    ran: tuple[str, ...] = ()
    after: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    verify_after: int = 0

    @property
    def label(self) -> str:
        return f"{self.number}-{self.title}-{self.witness}".replace(" ", "-")


@dataclass(slots=True)
class Outcome:
    """What came of one damage."""

    before: dict[str, Any]
    verify: int
    ran: list[str]
    after: dict[str, Any]
    verify_after: int
    folder: Path
    unapplied: list[str] = field(default_factory=list)

    @property
    def recorded(self) -> list[str]:
        return [m["name"] for m in self.after["migrations"] if m["recorded"]]

    @property
    def files(self) -> list[str]:
        return [m["name"] for m in self.after["migrations"] if m["file"]]


def special(body: dict[str, Any]) -> dict[str, str]:
    """The standings that are not ``ok``."""
    return {m["name"]: m["standing"] for m in body["migrations"] if m["standing"] != "ok"}


def objects(body: dict[str, Any]) -> tuple[str, ...]:
    """The objects of the unexplained facts, without the properties."""
    return tuple(u["fact"].removesuffix(" · exists") for u in body["unexplained"] if "exists" in u["fact"])


def play(world: World, damage: Damage) -> Outcome:
    """Make the damage, ask, follow what is printed until nothing changes, ask again."""
    run = world.landed
    assert special(run("status").body) == {}, "the project was damaged before"
    damage.do(world)
    before = run("status").body
    verify = run("verify", code=None).code
    ran: list[str] = []
    state = before
    for _ in range(8):
        step = next_step(state)
        if step is None or (damage.choose is not None and (step := damage.choose(world, step)) is None):
            break
        ran.append(step)
        if step.startswith("landed "):
            answer = follow(run, step)
        elif step.startswith("git "):
            world.git(*shlex.split(step)[1:])
            answer = None
        else:
            raise AssertionError(f"not a command, and no choice was made: {step}")
        now = run("status").body
        if now == state:
            assert answer is None or answer.code != 0, f"{step} says that it succeeded and changed nothing"
            break
        state = now
    return Outcome(before, verify, ran, state, run("verify", code=None).code, world.folder)


ORDER = ["edited", "partial", "phantom", "unrecorded", "no-file", "duplicate", "out-of-order", "pending"]
ORDER += ["unknown", "unprovable"]


def next_step(body: dict[str, Any]) -> str | None:
    """The ``next`` of the migration that comes first by the gravity of its standing."""
    waiting = [m for m in body["migrations"] if m["next"]]
    waiting.sort(key=lambda m: ORDER.index(m["standing"]))
    return waiting[0]["next"] if waiting else None


def follow(run: Landed, command: str) -> Answer:
    """Run a printed command with the consent that a writing one asks for."""
    writes = shlex.split(command)[1] in ("apply", "resume", "repair")
    if writes:
        refused = run.follow(command, code=4)
        assert refused.error["next"].startswith("landed "), refused
        return run.follow(refused.error["next"], code=None)
    answer = run.follow(command, code=None)
    assert answer.code in (0, 1), answer
    return answer


def put_back(world: World, step: str) -> str | None:
    """Do by hand what the next step says before its ``or:``, nothing to run."""
    world.write(REGION, BASE[REGION])
    return "landed status"


def second_choice(world: World, step: str) -> str | None:
    """The command after ``or:``, a reason filled in."""
    return step.partition("or: ")[2].replace("…", "it is gone for good") or step


def renamed_away(world: World) -> None:
    (world.migrations / REGION).rename(world.migrations / "0004_region.sql")


def committed(change: Callable[[World], None]) -> Callable[[World], None]:
    def do(world: World) -> None:
        change(world)
        world.commit("a change", "2099-01-01T00:00:00Z")

    return do


def edit(world: World) -> None:
    world.write(REGION, EDITED)


def delete(world: World) -> None:
    (world.migrations / REGION).unlink()


def hand_made_audit(world: World) -> None:
    world.sql("CREATE TABLE audit (id INTEGER PRIMARY KEY, who TEXT)")
    world.write(AUDIT, AUDIT_SQL)


REGION_EDITED = (
    Fact(REGION, "column orders.region · not null", "yes", "no", 1, 1),
    Fact(REGION, "column orders.region · default", "'eu'", None, 1, 1),
)
REGION_OBJECTS = ("column orders.region", "index orders_region")


def new_file(world: World, step: str) -> str | None:
    """Write the file that makes the table good, and apply it with the loss named."""
    if not step.startswith("landed resume"):
        return None
    world.write(
        "0007_heal.sql",
        "DROP TABLE IF EXISTS audit;\nCREATE TABLE audit (id INTEGER PRIMARY KEY, actor TEXT NOT NULL);\n",
    )
    return "landed apply --allow 'drop-column:audit.who'"


DAMAGES = (
    Damage(
        1,
        "row inserted without SQL",
        lambda w: (w.write(AUDIT, AUDIT_SQL), w.sql(f"INSERT INTO d1_migrations (name) VALUES ('{AUDIT}')")),
        {AUDIT: "phantom"},
        (
            Fact(AUDIT, "table audit · exists", "yes", None, 1, 1),
            Fact(AUDIT, "index audit_actor · exists", "yes", None, 2, 5),
            Fact(AUDIT, "column users.seen · exists", "yes", None, 3, 6),
        ),
        {AUDIT: f"landed repair {AUDIT}"},
        ran=(f"landed repair {AUDIT}", "landed apply"),
    ),
    Damage(
        2,
        "table dropped by hand",
        lambda w: w.sql("DROP TABLE orders"),
        {ORDERS: "phantom", REGION: "phantom"},
        (
            Fact(ORDERS, "table orders · exists", "yes", None, 1, 1),
            Fact(ORDERS, "index orders_user · exists", "yes", None, 2, 6),
            Fact(REGION, "column orders.region · exists", "yes", None, 1, 1),
            Fact(REGION, "index orders_region · exists", "yes", None, 2, 3),
        ),
        {ORDERS: f"landed repair {ORDERS}", REGION: f"landed repair {REGION}"},
        ran=(f"landed repair {ORDERS}", f"landed repair {REGION}", "landed apply"),
    ),
    Damage(
        3,
        "column added by hand",
        lambda w: w.sql("ALTER TABLE users ADD COLUMN nickname TEXT"),
        {},
        unexplained=("column users.nickname",),
        left=("column users.nickname",),
    ),
    Damage(
        3,
        "column added by hand and by a file",
        lambda w: (
            w.sql("ALTER TABLE users ADD COLUMN nickname TEXT"),
            w.write("0006_nickname.sql", 'alter table "users" add "nickname" text;'),
        ),
        {"0006_nickname.sql": "unrecorded"},
        next={"0006_nickname.sql": "landed repair 0006_nickname.sql"},
        ran=("landed repair 0006_nickname.sql",),
    ),
    Damage(
        4,
        "half of a file run by hand",
        lambda w: (w.write(AUDIT, AUDIT_SQL), w.sql(AUDIT_SQL.partition(";")[0])),
        {AUDIT: "partial"},
        (
            Fact(AUDIT, "index audit_actor · exists", "yes", None, 2, 5),
            Fact(AUDIT, "column users.seen · exists", "yes", None, 3, 6),
        ),
        {AUDIT: f"landed resume {AUDIT}"},
        ran=(f"landed resume {AUDIT}",),
    ),
    Damage(
        4,
        "half of a file recorded",
        lambda w: (
            w.write(AUDIT, AUDIT_SQL),
            w.sql(AUDIT_SQL.partition(";")[0], f"INSERT INTO d1_migrations (name) VALUES ('{AUDIT}')"),
        ),
        {AUDIT: "partial"},
        (Fact(AUDIT, "column users.seen · exists", "yes", None, 3, 6),),
        {AUDIT: f"landed resume {AUDIT}"},
        ran=(f"landed resume {AUDIT}",),
    ),
    Damage(
        5,
        "file edited and put back",
        edit,
        {REGION: "edited"},
        REGION_EDITED,
        {REGION: f"restore migrations/{REGION} as it was applied, or: landed lock --accept {REGION}"},
        notes=("no longer matches landed.lock",),
        choose=put_back,
        ran=("landed status",),
    ),
    Damage(
        5,
        "file edited and accepted",
        edit,
        {REGION: "edited"},
        REGION_EDITED,
        {REGION: f"restore migrations/{REGION} as it was applied, or: landed lock --accept {REGION}"},
        choose=second_choice,
        ran=(f"landed lock --accept {REGION}", f"landed resume {REGION}"),
    ),
    Damage(
        5,
        "file edited",
        edit,
        {REGION: "edited"},
        REGION_EDITED,
        {REGION: f"restore migrations/{REGION} as it was applied, or: landed lock --accept {REGION}"},
        notes=("not committed",),
        witness="git",
        choose=put_back,
        ran=("landed status",),
    ),
    Damage(
        5,
        "file edited and committed",
        committed(edit),
        {REGION: "edited"},
        REGION_EDITED,
        {REGION: f"restore migrations/{REGION} as it was applied, or: landed lock --accept {REGION}"},
        notes=("was changed in commit", "in force when it was applied"),
        witness="git",
        choose=put_back,
        ran=("landed status",),
    ),
    Damage(
        5,
        "file edited",
        edit,
        {REGION: "partial"},
        REGION_EDITED,
        {REGION: f"landed resume {REGION}"},
        witness="nothing",
        ran=(f"landed resume {REGION}",),
    ),
    *(
        Damage(
            6,
            "file renamed",
            do,
            {REGION: "no-file", "0004_region.sql": "unrecorded"},
            next={REGION: f"landed repair {REGION}", "0004_region.sql": "landed repair 0004_region.sql"},
            notes=("the file is now called 0004_region.sql", f"recorded under its old name {REGION}"),
            witness=witness,
            ran=("landed repair 0004_region.sql",),
        )
        for witness, do in (("lock", renamed_away), ("git", renamed_away))
    ),
    Damage(
        6,
        "file renamed",
        renamed_away,
        {REGION: "no-file", "0004_region.sql": "unrecorded"},
        next={
            REGION: f'put the file back, or: landed repair {REGION} --reason "…"',
            "0004_region.sql": "landed repair 0004_region.sql",
        },
        witness="nothing",
        choose=second_choice,
        ran=("landed repair 0004_region.sql", f'landed repair {REGION} --reason "it is gone for good"'),
    ),
    Damage(
        7,
        "file deleted and put back",
        delete,
        {REGION: "no-file"},
        next={REGION: f'put the file back, or: landed repair {REGION} --reason "…"'},
        unexplained=REGION_OBJECTS,
        choose=put_back,
        ran=("landed status",),
    ),
    Damage(
        7,
        "file deleted",
        committed(delete),
        {REGION: "no-file"},
        notes=("deleted in commit",),
        witness="git",
        ran=(f"git checkout COMMIT^ -- migrations/{REGION}",),
    ),
    Damage(
        7,
        "file deleted, not committed",
        delete,
        {REGION: "no-file"},
        next={REGION: f"git checkout HEAD -- migrations/{REGION}"},
        notes=("it is still in the last commit",),
        witness="git",
        ran=(f"git checkout HEAD -- migrations/{REGION}",),
    ),
    Damage(
        7,
        "file deleted",
        delete,
        {REGION: "no-file"},
        next={REGION: f'put the file back, or: landed repair {REGION} --reason "…"'},
        unexplained=REGION_OBJECTS,
        witness="nothing",
        choose=second_choice,
        ran=(f'landed repair {REGION} --reason "it is gone for good"',),
        left=REGION_OBJECTS,
    ),
    Damage(
        8,
        "lower number added late",
        lambda w: w.write("0004_settings.sql", "CREATE TABLE settings (k TEXT PRIMARY KEY) WITHOUT ROWID;"),
        {"0004_settings.sql": "out-of-order"},
        next={"0004_settings.sql": "landed apply"},
        notes=("its number is below that of a file that is already applied",),
        ran=("landed apply",),
    ),
    Damage(
        9,
        "two files with one number",
        lambda w: w.write("0005_yet.sql", "CREATE TABLE yet (id INTEGER PRIMARY KEY);"),
        {"0005_yet.sql": "pending"},
        next={"0005_yet.sql": "landed apply"},
        notes=(f"2 files have the number 5: {TAGS}, 0005_yet.sql; D1 applies them by name",),
        ran=("landed apply",),
    ),
    Damage(
        10,
        "IF NOT EXISTS over another shape",
        lambda w: (
            hand_made_audit(w),
            w.write(AUDIT, AUDIT_SQL.partition(";")[0] + ";\n"),
            # wrangler runs it, prints a tick and records it; the table stays as it was.
            Wrangler(w.folder, w.folder.parent / "apply.home").apply().check(),
        ),
        {AUDIT: "partial"},
        (Fact(AUDIT, "column audit.actor · exists", "yes", None, 1, 1),),
        {AUDIT: f"landed resume {AUDIT}"},
        unexplained=("column audit.who",),
        ran=(f"landed resume {AUDIT}",),
        left=("column audit.who",),
    ),
    Damage(
        10,
        "IF NOT EXISTS over another shape, made good by a new file",
        lambda w: (
            hand_made_audit(w),
            w.write(AUDIT, AUDIT_SQL.partition(";")[0] + ";\n"),
            w.sql(f"INSERT INTO d1_migrations (name) VALUES ('{AUDIT}')"),
        ),
        {AUDIT: "partial"},
        (Fact(AUDIT, "column audit.actor · exists", "yes", None, 1, 1),),
        {AUDIT: f"landed resume {AUDIT}"},
        unexplained=("column audit.who",),
        choose=new_file,
        ran=("landed apply --allow 'drop-column:audit.who'",),
        # A rebuild to what the files say anyhow changes nothing in their own history: nothing proves it.
        after={"0007_heal.sql": "unprovable"},
    ),
    Damage(
        10,
        "IF NOT EXISTS over another shape, undone by hand",
        hand_made_audit,
        {AUDIT: "partial"},
        (
            Fact(AUDIT, "column audit.actor · exists", "yes", None, 1, 1),
            Fact(AUDIT, "index audit_actor · exists", "yes", None, 2, 5),
            Fact(AUDIT, "column users.seen · exists", "yes", None, 3, 6),
        ),
        {AUDIT: f"landed resume {AUDIT}"},
        unexplained=("column audit.who",),
        choose=lambda w, step: (
            (w.sql("DROP TABLE audit"), "landed status")[1] if step.startswith("landed resume") else step
        ),
        ran=("landed status", "landed apply"),
    ),
)


def without_commit(step: str) -> str:
    """A printed command with the commit's name taken out."""
    return re.sub(r"[0-9a-f]{10}(?=\^)", "COMMIT", step)


def render(played: dict[str, Outcome]) -> str:
    """The table: damage × witness × standing × evidence × next × after."""
    lines = []
    for damage in DAMAGES:
        outcome = played[damage.label]
        lines.append(f"{damage.number:>2} {damage.title} (witness: {damage.witness})")
        for migration in outcome.before["migrations"]:
            if migration["standing"] != "ok":
                lines.append(f"     {migration['standing']:<12} {migration['name']}  → {migration['next']}")
                for item in migration["evidence"]:
                    if not item["holds"] and item["fact"].endswith(
                        (" · exists", " · default", " · not null")
                    ):
                        place = f"{migration['file']}:{item['line']}, statement {item['statement']}"
                        seen = f"expected {item['expected']}, observed {item['observed']}"
                        lines.append(f"        {item['fact']}: {seen}  {place}")
        lines += [f"     unexplained  {name}" for name in objects(outcome.before)]
        lines += [f"     $ {without_commit(step)}" for step in outcome.ran]
        counts = ", ".join(f"{n} {standing}" for standing, n in outcome.after["counts"].items())
        left = "".join(f", unexplained: {name}" for name in objects(outcome.after))
        told = "nothing" if not outcome.unapplied else ", ".join(outcome.unapplied)
        lines.append(
            f"     after: {counts}{left}; verify {outcome.verify_after}; wrangler would apply {told}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Apply the project once with the real wrangler, play every damage on a copy, ask wrangler at the end."""
    top = tmp_path_factory.mktemp("damages")
    base = top / "base"
    (base / "migrations").mkdir(parents=True)
    (base / "wrangler.jsonc").write_text(
        '{"name": "landed-test", "compatibility_date": "2026-01-01", "d1_databases": [{"binding": "DB", '
        f'"database_name": "test-db", "database_id": "{DATABASE_ID}"' + "}]}"
    )
    for name, text in BASE.items():
        (base / "migrations" / name).write_text(text)
    Wrangler(base, top / "home").apply().check()

    told: dict[tuple[tuple[str, ...], ...], list[str]] = {}

    def one(damage: Damage) -> Outcome:
        folder = top / damage.label
        shutil.copytree(base, folder)
        outcome = play(World(folder, top / "cache", damage.witness), damage)
        # wrangler's list depends on the names of the files and of the rows only: each case is asked once.
        case = (tuple(sorted(outcome.files)), tuple(sorted(outcome.recorded)))
        if case not in told:
            told[case] = Wrangler(folder, top / f"{damage.label}.home").list_unapplied()
        outcome.unapplied = told[case]
        return outcome

    # Two at a time: most of it is waiting for processes to start.
    with ThreadPoolExecutor(2) as pool:
        played = dict(zip((d.label for d in DAMAGES), pool.map(one, DAMAGES), strict=True))
    table = render(played)
    sys.stdout.write("\n" + table)
    if os.environ.get("LANDED_TABLE"):
        Path(os.environ["LANDED_TABLE"]).write_text(table)
    return played


@pytest.mark.parametrize("damage", DAMAGES, ids=[d.label for d in DAMAGES])
def test_damage(damage: Damage, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[damage.label]
    before = outcome.before
    assert special(before) == damage.standings
    assert objects(before) == damage.unexplained
    for wanted in damage.facts:
        (migration,) = (m for m in before["migrations"] if m["name"] == wanted.migration)
        found = {e["fact"]: e for e in migration["evidence"]}
        assert wanted.fact in found, list(found)
        shown = found[wanted.fact]
        assert Fact(wanted.migration, *(shown[k] for k in Fact.__slots__[1:])) == wanted
        assert shown["holds"] is False
    for name, step in damage.next.items():
        assert next(m["next"] for m in before["migrations"] if m["name"] == name) == step
    said = [n for m in before["migrations"] for n in m["notes"]] + [n["text"] for n in before["notes"]]
    for note in damage.notes:
        assert any(note in text for text in said), said
    bad = {"phantom", "partial", "edited", "no-file"} & set(damage.standings.values())
    assert outcome.verify == (1 if bad else 0)

    assert [without_commit(step) for step in outcome.ran] == list(damage.ran)
    assert special(outcome.after) == damage.after
    assert objects(outcome.after) == damage.left
    assert outcome.verify_after == damage.verify_after

    assert outcome.unapplied == [name for name in outcome.files if name not in outcome.recorded]
    assert outcome.unapplied == []


def test_all_ten_kinds_are_here() -> None:
    assert {d.number for d in DAMAGES} == set(range(1, 11))
    for number in (5, 6, 7):
        assert {d.witness for d in DAMAGES if d.number == number} == {"lock", "git", "nothing"}
