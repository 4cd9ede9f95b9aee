"""Kinds of damage behind landed's back, on a project that the real Supabase CLI applied.

The ten of D1, and what only Postgres has. Of each: what ``status`` says (standing, facts, statement and line,
next command), then the printed commands run as printed until nothing changes any more, then ``status`` and
``verify`` again, and at the end the CLI's own list. ``LANDED_TABLE`` names a file for the table.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.clients.supabase_cli import (
    LEDGER,
    Listed,
    TcpServer,
    World,
    follow_all,
    objects,
    special,
    target_database,
    version,
)

USERS, ORDERS = "20240101000000_users.sql", "20240102000000_orders.sql"
REGION, TAGS = "20240103000000_order_region.sql", "20240105000000_tags.sql"
AUDIT, NICKNAME = "20240106000000_audit.sql", "20240106000000_nickname.sql"
REGION_LATER, SETTINGS = "20240104000000_region.sql", "20240104000000_settings.sql"
YET, HEAL = "20240105000000_yet.sql", "20240107000000_heal.sql"
BASE = {
    USERS: """-- people
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE TABLE public.users (
  id bigint PRIMARY KEY,
  email text NOT NULL UNIQUE,
  mood public.mood
);
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON public.users FOR SELECT USING (auth.uid() IS NOT NULL);
""",
    ORDERS: """CREATE TABLE public.orders (
  id bigint PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
  total integer NOT NULL DEFAULT 0
);
CREATE INDEX orders_user ON public.orders (user_id);
""",
    REGION: """ALTER TABLE public.orders ADD COLUMN region text;

CREATE INDEX orders_region ON public.orders (region);
""",
    TAGS: """CREATE TABLE public.tags (id bigint PRIMARY KEY, label text NOT NULL);
REVOKE ALL ON public.tags FROM anon;
GRANT SELECT ON public.tags TO anon;
ALTER TABLE public.tags ADD CONSTRAINT tags_label CHECK (label <> '');
CREATE FUNCTION public.label_of(tag bigint) RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT label FROM public.tags WHERE id = tag; $$;
""",
}
AUDIT_SQL = """CREATE TABLE IF NOT EXISTS public.audit (
  id bigint PRIMARY KEY,
  actor text NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_actor ON public.audit (actor);
ALTER TABLE public.users ADD COLUMN seen text;
"""
LABEL_OF = "CREATE OR REPLACE FUNCTION public.label_of(tag bigint) RETURNS text LANGUAGE sql STABLE"
EDITED = BASE[REGION].replace("region text", "region text NOT NULL DEFAULT 'eu'")


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
    or for something that only a person can do. ``witness`` is who still knows the SQL that was applied.
    """

    number: int
    title: str
    do: Callable[[World], object]
    standings: dict[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    next: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    witness: str = "ledger"
    choose: Callable[[World, str], str | None] | None = None
    ran: tuple[str, ...] = ()
    after: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    verify_after: int = 0

    @property
    def label(self) -> str:
        return f"{self.number}-{self.title}-{self.witness}".replace(" ", "-")


def second_choice(world: World, step: str) -> str | None:
    """The command after ``or:``, a reason filled in."""
    return step.partition("or: ")[2].replace("…", "it is gone for good") or step


def open_again(world: World, step: str) -> str | None:
    """The second way where something was shut: the command with its consent."""
    return step.partition("open it again: ")[2] or step


def put_back(world: World, step: str) -> str | None:
    """Do by hand what the next step says before its ``or:``, nothing to run."""
    world.write({REGION: BASE[REGION]})
    return "landed status"


def healed_by(sql: str, then: str = "landed apply") -> Callable[[World, str], str | None]:
    """Put the difference into a new migration, as ``status`` says."""

    def choose(world: World, step: str) -> str | None:
        if step.startswith("add a check"):
            return None
        if not step.startswith(("landed resume", "put the statements")):
            return second_choice(world, step)
        world.write({HEAL: sql})
        return then

    return choose


def undone_by(sql: str) -> Callable[[World, str], str | None]:
    """Undo by hand what was done by hand."""
    return lambda world, step: (
        (world.sql(sql), "landed status")[1] if step.startswith("landed resume") else step
    )


def renamed_as_told(world: World, step: str) -> str | None:
    told = re.match(r"rename (\S+) so that its version is its own", step)
    if told:
        file = world.folder / told[1]
        file.rename(file.with_name("20240105000001_yet.sql"))
        return "landed status"
    return step


def record(world: World, name: str) -> None:
    """A row as ``migration repair`` writes it (the CLI's own is compared in another test)."""
    title = name.partition("_")[2].removesuffix(".sql")
    world.sql(f"INSERT INTO {LEDGER} (version, name) VALUES ('{version(name)}', '{title}')")


def statements(text: str) -> list[str]:
    return [part for part in text.split(";\n") if part.strip()]


def edit(world: World) -> None:
    world.write({REGION: EDITED})


def renamed_away(world: World) -> None:
    (world.migrations / REGION).rename(world.migrations / REGION_LATER)


def delete(world: World) -> None:
    (world.migrations / REGION).unlink()


def hand_made_audit(world: World) -> None:
    world.sql("CREATE TABLE public.audit (id bigint PRIMARY KEY, who text)")
    world.write({AUDIT: AUDIT_SQL})


REGION_OBJECTS = ("column public.orders.region", "index public.orders.orders_region")
RESTORE = f"restore supabase/migrations/{REGION} as it was applied, or: landed lock --accept {REGION}"
REGION_EDITED = (
    Fact(REGION, "column public.orders.region · not null", "yes", "no", 1, 1),
    Fact(REGION, "column public.orders.region · default", "'eu'::text", None, 1, 1),
)
AUDIT_MISSING = (
    Fact(AUDIT, "index public.audit.audit_actor · exists", "yes", None, 2, 5),
    Fact(AUDIT, "column public.users.seen · exists", "yes", None, 3, 6),
)
GONE = "20240103000000_order_region"
"""How a row is called that has no file: the ledger holds its version and its name."""
HEALED = {HEAL: "unprovable"}
"""What only restores what the files say anyhow changes nothing in their own history: nothing proves it."""

DAMAGES = (
    Damage(
        1,
        "row inserted without SQL",
        lambda w: (w.write({AUDIT: AUDIT_SQL}), record(w, AUDIT)),
        {AUDIT: "phantom"},
        (Fact(AUDIT, "table public.audit · exists", "yes", None, 1, 1), *AUDIT_MISSING),
        {AUDIT: f"landed repair {AUDIT}"},
        ran=(f"landed repair {AUDIT}", "landed apply"),
    ),
    Damage(
        2,
        "table dropped by hand",
        lambda w: w.sql("DROP TABLE public.orders"),
        {ORDERS: "phantom", REGION: "phantom"},
        (
            Fact(ORDERS, "table public.orders · exists", "yes", None, 1, 1),
            Fact(ORDERS, "index public.orders.orders_user · exists", "yes", None, 2, 6),
            Fact(REGION, "column public.orders.region · exists", "yes", None, 1, 1),
            Fact(REGION, "index public.orders.orders_region · exists", "yes", None, 2, 3),
        ),
        {ORDERS: f"landed repair {ORDERS}", REGION: f"landed repair {REGION}"},
        ran=(f"landed repair {ORDERS}", f"landed repair {REGION}", "landed apply"),
    ),
    Damage(
        3,
        "column added by hand",
        lambda w: w.sql("ALTER TABLE public.users ADD COLUMN nickname text"),
        unexplained=("column public.users.nickname",),
        left=("column public.users.nickname",),
    ),
    Damage(
        3,
        "column added by hand and by a file",
        lambda w: (
            w.sql("ALTER TABLE public.users ADD COLUMN nickname text"),
            w.write({NICKNAME: "alter table users add nickname text;"}),
        ),
        {NICKNAME: "unrecorded"},
        next={NICKNAME: f"landed repair {NICKNAME}"},
        ran=(f"landed repair {NICKNAME}",),
    ),
    Damage(
        4,
        "half of a file run by hand",
        lambda w: (w.write({AUDIT: AUDIT_SQL}), w.sql(statements(AUDIT_SQL)[0])),
        {AUDIT: "partial"},
        AUDIT_MISSING,
        {AUDIT: f"landed resume {AUDIT}"},
        ran=(f"landed resume {AUDIT}",),
    ),
    Damage(
        4,
        "half of a file recorded",
        lambda w: (w.write({AUDIT: AUDIT_SQL}), w.sql(statements(AUDIT_SQL)[0]), record(w, AUDIT)),
        {AUDIT: "partial"},
        AUDIT_MISSING,
        {AUDIT: f"landed resume {AUDIT}"},
        ran=(f"landed resume {AUDIT}",),
    ),
    Damage(
        5,
        "file edited and put back",
        edit,
        {REGION: "edited"},
        REGION_EDITED,
        {REGION: RESTORE},
        notes=("is not the SQL that the ledger holds for it",),
        choose=put_back,
        ran=("landed status",),
    ),
    Damage(
        5,
        "file edited and accepted",
        edit,
        {REGION: "edited"},
        REGION_EDITED,
        {REGION: RESTORE},
        choose=healed_by(
            "ALTER TABLE public.orders ALTER region SET DEFAULT 'eu', ALTER region SET NOT NULL;"
        ),
        ran=(f"landed lock --accept {REGION}", "landed apply"),
        after=HEALED,
    ),
    Damage(
        5,
        "file edited",
        edit,
        {REGION: "partial"},
        REGION_EDITED,
        {REGION: f"landed resume {REGION}"},
        witness="nothing",
        choose=put_back,
        ran=("landed status",),
    ),
    Damage(
        6,
        "file renamed",
        renamed_away,
        {GONE: "no-file", REGION_LATER: "unrecorded"},
        next={GONE: f"landed repair {GONE}", REGION_LATER: f"landed repair {REGION_LATER}"},
        notes=(f"the file is now called {REGION_LATER}", f"recorded under its old name {GONE}"),
        ran=(f"landed repair {REGION_LATER}",),
    ),
    Damage(
        6,
        "file renamed",
        renamed_away,
        {GONE: "no-file", REGION_LATER: "unrecorded"},
        next={
            GONE: f'put the file back, or: landed repair {GONE} --reason "…"',
            REGION_LATER: f"landed repair {REGION_LATER}",
        },
        witness="nothing",
        choose=second_choice,
        ran=(f"landed repair {REGION_LATER}", f'landed repair {GONE} --reason "it is gone for good"'),
    ),
    Damage(
        7,
        "file deleted and put back",
        delete,
        {GONE: "no-file"},
        next={GONE: f"landed repair {GONE} --fetch"},
        notes=("the ledger holds its SQL, so the file can be written again",),
        ran=(f"landed repair {GONE} --fetch",),
    ),
    Damage(
        7,
        "file deleted",
        delete,
        {GONE: "no-file"},
        choose=lambda world, step: f'landed repair {GONE} --reason "it is gone for good"',
        ran=(f'landed repair {GONE} --reason "it is gone for good"',),
        left=REGION_OBJECTS,
    ),
    Damage(
        8,
        "lower number added late",
        lambda w: w.write({SETTINGS: "CREATE TABLE public.settings (k text PRIMARY KEY);"}),
        {SETTINGS: "out-of-order"},
        next={SETTINGS: "landed apply"},
        notes=("its number is below that of a file that is already applied",),
        ran=("landed apply",),
    ),
    Damage(
        9,
        "two files with one version",
        lambda w: w.write({YET: "CREATE TABLE public.yet (id int);"}),
        {YET: "duplicate"},
        next={YET: f"rename supabase/migrations/{YET} so that its version is its own, then: landed status"},
        notes=(f"{TAGS} has the same version, and the ledger can hold only one of them",),
        choose=renamed_as_told,
        ran=("landed status", "landed apply"),
    ),
    Damage(
        10,
        "IF NOT EXISTS over another shape",
        lambda w: (
            hand_made_audit(w),
            w.write({AUDIT: statements(AUDIT_SQL)[0] + ";\n"}),
            # The CLI runs it, says that it finished, and records it; the table stays as it was.
            w.cli.push().check(),
        ),
        {AUDIT: "partial"},
        (Fact(AUDIT, "column public.audit.actor · exists", "yes", None, 1, 1),),
        {AUDIT: f"landed resume {AUDIT}"},
        unexplained=("column public.audit.who",),
        ran=(f"landed resume {AUDIT}",),
        left=("column public.audit.who",),
    ),
    Damage(
        10,
        "IF NOT EXISTS over another shape, undone by hand",
        hand_made_audit,
        {AUDIT: "partial"},
        (Fact(AUDIT, "column public.audit.actor · exists", "yes", None, 1, 1), *AUDIT_MISSING),
        {AUDIT: f"landed resume {AUDIT}"},
        unexplained=("column public.audit.who",),
        choose=undone_by("DROP TABLE public.audit"),
        ran=("landed status", "landed apply"),
    ),
    Damage(
        11,
        "constraint left NOT VALID",
        lambda w: w.sql(
            "ALTER TABLE public.tags DROP CONSTRAINT tags_label",
            "ALTER TABLE public.tags ADD CONSTRAINT tags_label CHECK (label <> '') NOT VALID",
        ),
        {TAGS: "partial"},
        (Fact(TAGS, "constraint public.tags.tags_label · validated", "yes", "no", 4, 4),),
        notes=("it is there but was never validated",),
        ran=(f"landed resume {TAGS}",),
    ),
    Damage(
        11,
        "constraint left NOT VALID, healed by a new file",
        lambda w: w.sql(
            "ALTER TABLE public.tags DROP CONSTRAINT tags_label",
            "ALTER TABLE public.tags ADD CONSTRAINT tags_label CHECK (label <> '') NOT VALID",
        ),
        {TAGS: "partial"},
        choose=healed_by("ALTER TABLE public.tags VALIDATE CONSTRAINT tags_label;"),
        ran=("landed apply",),
        after=HEALED,
    ),
    Damage(
        12,
        "policy dropped",
        lambda w: w.sql("DROP POLICY own_row ON public.users"),
        {USERS: "partial"},
        (Fact(USERS, "policy public.users.own_row · exists", "yes", None, 4, 9),),
        choose=open_again,
        ran=(f"landed resume {USERS} --allow open-access:public.users.own_row",),
    ),
    Damage(
        13,
        "function body changed",
        lambda w: w.sql(f"{LABEL_OF} AS $$ SELECT 'x' $$"),
        {TAGS: "partial"},
        (
            Fact(
                TAGS,
                "function public.label_of(bigint) · body",
                "SELECT label FROM public.tags WHERE id = tag;",
                "SELECT 'x'",
                5,
                5,
            ),
        ),
        ran=(f"landed resume {TAGS}",),
    ),
    Damage(
        13,
        "function body changed, healed by a new file",
        lambda w: w.sql(f"{LABEL_OF} AS $$ SELECT 'x' $$"),
        {TAGS: "partial"},
        choose=healed_by(
            BASE[TAGS][BASE[TAGS].index("CREATE FUNCTION") :].replace("CREATE", "CREATE OR REPLACE")
        ),
        ran=("landed apply",),
        after=HEALED,
    ),
    Damage(
        14,
        "enum value added",
        lambda w: w.sql("ALTER TYPE public.mood ADD VALUE 'happy'"),
        {USERS: "partial"},
        (Fact(USERS, "enum public.mood · values", "'sad', 'ok'", "'sad', 'ok', 'happy'", 1, 2),),
        next={USERS: "put the statements above into a new migration, then: landed status"},
        choose=healed_by(
            "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'happy' AFTER 'ok';", "landed status"
        ),
        ran=("landed status", f"landed repair {HEAL}"),
    ),
    Damage(
        15,
        "column renamed",
        lambda w: w.sql("ALTER TABLE public.users RENAME mood TO feeling"),
        {USERS: "partial"},
        (Fact(USERS, "column public.users.mood · exists", "yes", None, 2, 3),),
        unexplained=("column public.users.feeling",),
        ran=(f"landed resume {USERS}",),
    ),
    Damage(
        15,
        "column renamed and back",
        lambda w: w.sql(
            "ALTER TABLE public.users RENAME mood TO feeling",
            "ALTER TABLE public.users RENAME feeling TO mood",
        ),
    ),
    Damage(
        16,
        "RLS switched off",
        lambda w: w.sql("ALTER TABLE public.users DISABLE ROW LEVEL SECURITY"),
        {USERS: "partial"},
        (Fact(USERS, "table public.users · row level security", "yes", "no", 3, 8),),
        ran=(f"landed resume {USERS}",),
    ),
    Damage(
        17,
        "grant revoked",
        lambda w: w.sql("REVOKE SELECT ON public.tags FROM anon"),
        {TAGS: "partial"},
        (Fact(TAGS, "grant on table public.tags(SELECT to anon) · exists", "yes", None, 3, 3),),
        choose=open_again,
        ran=(f"landed resume {TAGS} --allow open-access:public.tags",),
    ),
)


@pytest.fixture(scope="module")
def base(supabase_tcp: TcpServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The project as the real CLI applied it: its folder and its database, for copies."""
    folder = tmp_path_factory.mktemp("damages") / "base"
    with target_database(supabase_tcp) as database:
        world = World(supabase_tcp, database, folder, folder.parent / "cache")
        world.write(BASE)
        world.cli.push().check()
        yield folder, database


@pytest.fixture
def world(base: tuple[Path, str], supabase_tcp: TcpServer, tmp_path: Path) -> Iterator[World]:
    """A copy of it, to be damaged."""
    folder, database = base
    shutil.copytree(folder, tmp_path / "project")
    with target_database(supabase_tcp, database) as copy:
        yield World(supabase_tcp, copy, tmp_path / "project", folder.parent / "cache")


@dataclass(slots=True)
class Outcome:
    """What came of one damage."""

    before: dict[str, Any]
    verify: int
    ran: list[str]
    after: dict[str, Any]
    verify_after: int


@pytest.fixture(scope="module")
def played() -> dict[str, Outcome]:
    """label → outcome, filled by the tests."""
    return {}


@pytest.fixture(scope="module")
def listed() -> dict[tuple[object, ...], list[Listed]]:
    """What the CLI lists, which depends on the files' and the rows' names only: each case asked once."""
    return {}


@pytest.mark.parametrize("damage", DAMAGES, ids=[d.label for d in DAMAGES])
def test_damage(
    damage: Damage,
    world: World,
    played: dict[str, Outcome],
    listed: dict[tuple[object, ...], list[Listed]],
) -> None:
    if damage.witness == "nothing":
        world.sql(f"UPDATE {LEDGER} SET statements = NULL")
    damage.do(world)
    before = world.landed("status").body
    verify = world.landed("verify", code=None).code
    ran = follow_all(world, before, damage.choose)
    after = world.landed("status").body if ran else before
    played[damage.label] = Outcome(before, verify, ran, after, world.landed("verify", code=None).code)

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
    bad = {"phantom", "partial", "edited", "no-file", "duplicate"} & set(damage.standings.values())
    assert verify == (1 if bad else 0)

    assert ran == list(damage.ran)
    assert special(after) == damage.after
    assert objects(after) == damage.left
    assert played[damage.label].verify_after == damage.verify_after

    files = sorted(version(file.name) for file in world.migrations.glob("*.sql"))
    case = (tuple(files), tuple(world.versions))
    if case not in listed:
        listed[case] = world.cli.list()
    assert listed[case] == [Listed(v, v) for v in files], "the CLI sees something else"


def test_the_table(played: dict[str, Outcome]) -> None:
    table = render(played)
    sys.stdout.write("\n" + table)
    if os.environ.get("LANDED_TABLE"):
        Path(os.environ["LANDED_TABLE"]).write_text(table, encoding="utf-8")
    assert {d.number for d in DAMAGES} == set(range(1, 18))


def render(played: dict[str, Outcome]) -> str:
    """The table: damage × evidence × next × after."""
    lines = []
    for damage in DAMAGES:
        outcome = played.get(damage.label)
        if outcome is None:
            continue
        lines.append(f"{damage.number:>2} {damage.title} (witness: {damage.witness})")
        for migration in outcome.before["migrations"]:
            if migration["standing"] != "ok":
                lines.append(f"     {migration['standing']:<12} {migration['name']}  → {migration['next']}")
                failed = [e for e in migration["evidence"] if not e["holds"]]
                lines += [
                    f"        {e['fact']}: expected {e['expected']}, observed {e['observed']}  "
                    f"{migration['file']}:{e['line']}, statement {e['statement']}"
                    for e in failed
                    if e["fact"].endswith(" · exists") or len(failed) < 3
                ]
        lines += [f"     unexplained  {name}" for name in objects(outcome.before)]
        lines += [f"     $ {step}" for step in outcome.ran]
        counts = ", ".join(f"{n} {standing}" for standing, n in outcome.after["counts"].items())
        left = "".join(f", unexplained: {name}" for name in objects(outcome.after))
        lines.append(f"     after: {counts}{left}; verify {outcome.verify_after}")
    return "\n".join(lines) + "\n"
